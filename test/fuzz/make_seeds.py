#!/usr/bin/env python3
"""Makes the seeds of the fuzz targets that can be made without facenet: seeds/TARGET/made-*.

    test/fuzz/make_seeds.py

Pictures need the vips program (Debian's libvips-tools), and videos ffmpeg. The seeds of weights, onnx, tflite and dlib that are
called test-* are files which the tests of these readers write. Whatever else stands in seeds/ was found by a
fuzzer, and is named after what was wrong.
"""
import pathlib
import random
import struct
import subprocess
import tempfile

SEEDS = pathlib.Path(__file__).parent / "seeds"


def put(target, name, content):
    folder = SEEDS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"made-{name}").write_bytes(content)


def photos():
    with tempfile.TemporaryDirectory() as folder:
        def vips(*words):
            subprocess.run(["vips", *words], cwd=folder, check=True)

        vips("sines", "grey.v", "24", "16", "--uchar")
        vips("bandjoin", "grey.v grey.v grey.v", "colour.v")
        for name, target in {
                "jpeg": "x.jpg[Q=60]", "progressive-jpeg": "x.jpg[Q=60,interlace=true]", "png": "x.png",
                "interlaced-png": "x.png[interlace=true]", "webp": "x.webp", "lossless-webp": "x.webp[lossless=true]",
                "tiff": "x.tif", "deflated-tiff": "x.tif[compression=deflate]",
                "tiled-tiff": "x.tif[tile=true,tile-width=16,tile-height=16,compression=jpeg]", "gif": "x.gif",
                "bmp": "x.bmp", "heic": "x.heic", "avif": "x.avif", "jpeg-xl": "x.jxl"}.items():
            vips("copy", "colour.v", target)
            put("photo", name, (pathlib.Path(folder) / target.split("[")[0]).read_bytes())


def videos():
    kinds = {"mp4": ("mp4", "libx264 -bf 2"), "fragmented-mp4": ("mp4", "libx264 -movflags frag_keyframe+empty_moov"),
             "turned-mov": ("mov", "libx265 -x265-params log-level=none -metadata:s:v rotate=90"),
             "matroska": ("matroska", "libx264"), "live-matroska": ("matroska", "libx264 -live 1"),
             "webm": ("webm", "libvpx-vp9"), "vp8": ("webm", "libvpx"), "mpeg4-avi": ("avi", "mpeg4"),
             "motion-jpeg-avi": ("avi", "mjpeg -pix_fmt yuvj420p"), "mpegts": ("mpegts", "mpeg2video"),
             "unknown-colours": ("mpegts", "mpeg2video -bsf:v mpeg2_metadata=matrix_coefficients=37")}
    with tempfile.TemporaryDirectory() as folder:
        for name, (container, codec) in kinds.items():
            film = pathlib.Path(folder) / name
            subprocess.run(["ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=96x64:r=2:d=4",
                            "-pix_fmt", "yuv420p", "-g", "2", "-threads", "1", "-fflags", "+bitexact", "-flags", "+bitexact",
                            "-c:v", *codec.split(), "-f", container, film], check=True)
            put("video", name, film.read_bytes())


def raw_photo():
    """A DNG of 16 x 12 pixels, without a preview."""
    def directory(entries, place):
        sizes = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 10: 8}
        head, rest = struct.pack("<H", len(entries)), b""
        for tag, kind, value in sorted(entries):
            head += struct.pack("<HHI", tag, kind, len(value) // sizes[kind])
            if len(value) > 4:
                head += struct.pack("<I", place + 6 + 12 * len(entries) + len(rest))
                rest += value + b"\0" * (len(value) % 2)
            else:
                head += value.ljust(4, b"\0")
        return head + struct.pack("<I", 0) + rest

    def shorts(*values):
        return struct.pack(f"<{len(values)}H", *values)

    def longs(*values):
        return struct.pack(f"<{len(values)}I", *values)

    one, zero = (1, 1), (0, 1)
    matrix = one + zero * 3 + one + zero * 3 + one
    first = [(271, 2, b"M\0"), (272, 2, b"C\0"), (274, 3, shorts(6)), (330, 4, longs(512)), (50706, 1, b"\1\4\0\0"),
             (50707, 1, b"\1\1\0\0"), (50708, 2, b"M C\0"), (50721, 10, longs(*matrix)), (50728, 5, longs(*one * 3)),
             (50778, 3, shorts(21))]
    sensor = [(254, 4, longs(0)), (256, 4, longs(16)), (257, 4, longs(12)), (258, 3, shorts(16)), (259, 3, shorts(1)),
              (262, 3, shorts(32803)), (273, 4, longs(1024)), (277, 3, shorts(1)), (278, 4, longs(12)),
              (279, 4, longs(384)), (33421, 3, shorts(2, 2)), (33422, 1, b"\0\1\1\2"), (50717, 4, longs(65535))]
    content = (b"II" + struct.pack("<HI", 42, 8) + directory(first, 8)).ljust(512, b"\0")
    content = (content + directory(sensor, 512)).ljust(1024, b"\0")
    put("photo", "dng", content + shorts(*(300 * i for i in range(192))))


def marks():
    regions = """<mwg-rs:Regions rdf:parseType="Resource"><mwg-rs:AppliedToDimensions stDim:w="40" stDim:h="30"
stDim:unit="pixel"/><mwg-rs:RegionList><rdf:Bag><rdf:li rdf:parseType="Resource"><mwg-rs:Area stArea:x="0.5"
stArea:y="0.5" stArea:w="0.25" stArea:h="0.5" stArea:unit="normalized"/><mwg-rs:Name>Marie</mwg-rs:Name>
<mwg-rs:Type>Face</mwg-rs:Type></rdf:li></rdf:Bag></mwg-rs:RegionList></mwg-rs:Regions><MP:RegionInfo
rdf:parseType="Resource"><MPRI:Regions><rdf:Bag><rdf:li MPReg:Rectangle="0.1, 0.2, 0.3, 0.4"
MPReg:PersonDisplayName="Pierre"/></rdf:Bag></MPRI:Regions></MP:RegionInfo><dc:subject><rdf:Bag><rdf:li>Marie</rdf:li>
</rdf:Bag></dc:subject>"""
    names = {"rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
             "mwg-rs": "http://www.metadataworkinggroup.com/schemas/regions/",
             "stDim": "http://ns.adobe.com/xap/1.0/sType/Dimensions#", "stArea": "http://ns.adobe.com/xmp/sType/Area#",
             "MP": "http://ns.microsoft.com/photo/1.2/", "MPRI": "http://ns.microsoft.com/photo/1.2/t/RegionInfo#",
             "MPReg": "http://ns.microsoft.com/photo/1.2/t/Region#", "dc": "http://purl.org/dc/elements/1.1/"}
    spaces = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in names.items())
    put("xmp", "regions", f"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF {spaces}><rdf:Description rdf:about="">{regions}
</rdf:Description></rdf:RDF></x:xmpmeta>""".encode())
    put("xmp", "nothing", b'<x:xmpmeta xmlns:x="adobe:ns:meta/"/>')
    put("xmp", "picasa", b"[Contacts2]\r\n1=Ann;;\r\n[a.jpg]\r\nfaces=rect64(4000200080006000),1;rect64(1),f\r\n")
    put("xmp", "contacts", b'<?xml version="1.0"?><contacts><contact id="0a1B" name="A &amp; B" display="A">'
        b'<subject id="1"/></contact><contact id="2" display="C"/></contacts>')
    put("xmp", "takeout", b'{"title": "a.jpg", "people": [{"name": "Ann"}, {"name": "Bob"}, {}], "views": [1, 2.5, null]}')


def arrays():
    def npy(descr, shape, values, version=1):
        header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
        length = "<H" if version == 1 else "<I"
        size = 8 + struct.calcsize(length) + len(header) + 1
        header = header + " " * (-size % 64) + "\n"
        return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(length, len(header)) + header.encode() + values

    put("npy", "float32", npy("<f4", "(2, 3)", struct.pack("<6f", *range(6))))
    put("npy", "float64", npy("<f8", "(3, 1)", struct.pack("<3d", 0.5, -1e300, 2)))
    put("npy", "version-2", npy("<f4", "(1, 2)", struct.pack("<2f", 1, 2), version=2))
    put("npy", "empty", npy("<f4", "(0, 4)", b""))


def field(number, value):
    """A field of a protocol buffer: a varint or bytes."""
    def varint(n):
        out = b""
        while n > 127:
            out += bytes([n & 127 | 128])
            n >>= 7
        return out + bytes([n])

    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    if isinstance(value, str):
        value = value.encode()
    return varint(number << 3 | 2) + varint(len(value)) + value


def onnx():
    def value(name, *extents):
        shape = b"".join(field(1, field(1, extent)) for extent in extents)
        return field(1, name) + field(2, field(1, field(1, 1) + field(2, shape)))

    def tensor(name, extents, values):
        return b"".join(field(1, e) for e in extents) + field(2, 1) + field(8, name) + field(
            9, struct.pack(f"<{len(values)}f", *values))

    def node(op, inputs, output, attributes=b""):
        return field(1, b"".join(field(1, i) for i in inputs) + field(2, output) + field(4, op) + attributes)

    def integers(name, *values):
        return field(5, field(1, name) + b"".join(field(8, v) for v in values) + field(20, 7))

    graph = (node("Conv", ["in", "w", "b"], "c", integers("kernel_shape", 3, 3) + integers("pads", 1, 1, 1, 1))
             + node("BatchNormalization", ["c", "s", "s", "s", "s"], "n")
             + node("PRelu", ["n", "p"], "r") + node("Add", ["r", "c"], "a")
             + node("MaxPool", ["a"], "m", integers("kernel_shape", 2, 2) + integers("strides", 2, 2))
             + node("Flatten", ["m"], "f") + node("Gemm", ["f", "g"], "out")
             + field(2, "graph")
             + field(5, tensor("w", [2, 3, 3, 3], [0.1 * (i % 7) for i in range(54)]))
             + field(5, tensor("b", [2], [0.5, -0.5])) + field(5, tensor("s", [2], [1, 2]))
             + field(5, tensor("p", [2, 1, 1], [0.25, 0.25])) + field(5, tensor("g", [8, 2], [0.1] * 16))
             + field(11, value("in", 1, 3, 4, 4)) + field(12, value("out", 1, 2)))
    put("onnx", "small", field(1, 8) + field(8, field(2, 13)) + field(7, graph))


def command_lines():
    put("command_line", "options", b"--json\n--threads=4\n-t\n2\n--threshold\n1.25\n--exclude=a*\n--no-flip\n--\n-x\nphoto.jpg")
    put("command_line", "configuration",
        b"photo.jpg\0# mine\nmodel = mobilefacenet-512\nthreads = 3\ndetector = yunet\nexclude = *.tif\ncatalog = ~/c.db\n")
    put("command_line", "mistakes", b"--jsn\n--threads\nmany\n--max-pixels=99999999999999999999\nx\0detector = hg\nno line\n")


def sequences():
    for target, longest in {"merge_tree": 160, "facts": 200, "catalog": 60}.items():
        for seed in range(6):
            draw = random.Random(f"{target} {seed}")
            put(target, str(seed), draw.randbytes(draw.randrange(longest // 4, longest)))


if __name__ == "__main__":
    photos()
    videos()
    raw_photo()
    marks()
    arrays()
    onnx()
    command_lines()
    sequences()
