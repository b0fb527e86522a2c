#!/usr/bin/python3
"""What facenet makes of photos and videos that are damaged.

    scripts/torture/damaged_photos.py [--videos] [--count 10000] [--seed 1] [--keep FOLDER]
        [--facenet PROGRAM]

Draws pictures, saves them in every format that facenet reads, and damages the files: cut short, bits
flipped, blocks of noise, zeros or other parts of the file, bytes taken out or put in, lengths that are
too large. The same seed makes the same files. `facenet cluster` takes all of them; it must not end
otherwise than with status 3, and every file must be a photo of the catalog or be listed with a reason.
Prints for each format how many were decoded, refused, and how many crashed their decoder, took too
long or too much memory; then the most frequent reasons. Needs the vips program (libvips-tools).
With --videos, films take the place of photos; that needs the ffmpeg program.
"""

import argparse
import collections
import hashlib
import itertools
import json
import os
import random
import re
import subprocess
import sys
import tempfile
import time

FORMATS = {
    "jpeg": ".jpg[Q=75]", "progressive": ".jpg[Q=60,interlace=true]", "png": ".png",
    "interlaced": ".png[interlace=true]", "palette": ".png[palette=true]", "webp": ".webp",
    "lossless": ".webp[lossless=true]", "tiff": ".tif", "deflated": ".tif[compression=deflate,predictor=horizontal]",
    "lzw": ".tif[compression=lzw]", "tiled": ".tif[tile=true,tile-width=64,tile-height=64,compression=jpeg]",
    "gif": ".gif", "bmp": ".bmp", "heic": ".heic", "avif": ".avif[effort=0]",
}
FILMS = {
    "h264": ".mp4", "fragments": ".mp4 -movflags frag_keyframe+empty_moov",
    "hevc": ".mov -c:v libx265 -x265-params log-level=none", "vp9": ".webm -deadline realtime", "matroska": ".mkv",
    "avi": ".avi -c:v mpeg4", "mjpeg": ".avi -c:v mjpeg", "transport": ".mts -f mpegts",
}
SIZES = [(64, 48), (200, 133), (333, 500)]


def draw_pictures(folder):
    """For each format the bytes of some pictures."""
    def vips(*words):
        subprocess.run(["vips", *words], cwd=folder, check=True)

    pictures = collections.defaultdict(list)
    for number, (width, height) in enumerate(SIZES):
        for band, waves in enumerate((2, 5, 9)):
            vips("sines", f"s{band}.v", str(width), str(height), "--hfreq", str(waves), "--vfreq", str(band + 1))
            vips("perlin", f"p{band}.v", str(width), str(height), "--cell-size", "32", "--seed", str(band + 3 * number))
            vips("add", f"s{band}.v", f"p{band}.v", f"t{band}.v")
            vips("scale", f"t{band}.v", f"b{band}.v")
        vips("bandjoin", "b0.v b1.v b2.v", "all.v")
        vips("copy", "all.v", "picture.v", "--interpretation", "srgb")
        for name, target in FORMATS.items():
            vips("copy", "picture.v", "out" + target)
            with open(os.path.join(folder, "out" + target.partition("[")[0]), "rb") as file:
                pictures[name].append(file.read())
    return pictures


def draw_films(folder):
    """The same for films."""
    films = collections.defaultdict(list)
    for (width, height), (name, target) in itertools.product(SIZES, FILMS.items()):
        extension, *options = target.split()
        file = os.path.join(folder, "film" + extension)
        source = f"testsrc2=s={width // 2 * 2}x{height // 2 * 2}:r=10:d=3"
        subprocess.run(["ffmpeg", "-nostdin", "-y", "-v", "error", "-f", "lavfi", "-i", source, "-pix_fmt",
                        "yuvj420p" if name == "mjpeg" else "yuv420p", "-g", "5", *options, file], check=True)
        with open(file, "rb") as made:
            films[name].append(made.read())
    return films


def damage(picture, draw):
    """One to four kinds of damage, one after the other."""
    data = bytearray(picture)
    for _ in range(draw.randint(1, 4)):
        # Half of it where formats say what they hold.
        most = len(data) if draw.random() < 0.5 else min(len(data), 200)
        at = draw.randrange(max(1, most))
        length = draw.choice([1, 2, 4, 16, 100, 1000])
        kind = draw.randrange(8)
        if kind == 0:
            del data[max(1, at):]
        elif kind == 1:
            for _ in range(length % 17):
                at = draw.randrange(max(1, most))
                data[at:at + 1] = bytes([data[at] ^ 1 << draw.randrange(8)]) if at < len(data) else b""
        elif kind == 2:
            data[at:at + length] = draw.randbytes(length)
        elif kind == 3:
            data[at:at + length] = bytes(length)
        elif kind == 4:
            source = draw.randrange(max(1, len(data)))
            data[at:at + length] = data[source:source + length]
        elif kind == 5:
            del data[at:at + length]
        elif kind == 6:
            data[at:at] = draw.randbytes(length)
        else:
            data[at:at + 4] = draw.choice([b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x80"])
    return bytes(data)


def make_files(folder, formats, count, seed):
    with tempfile.TemporaryDirectory() as drawn:
        pictures = draw_films(drawn) if formats is FILMS else draw_pictures(drawn)
    draw = random.Random(seed)
    for number in range(count):
        name = list(formats)[number % len(formats)]
        extension = re.split(r"[\[ ]", formats[name])[0]
        with open(os.path.join(folder, f"{name}-{number:05}{extension}"), "wb") as file:
            file.write(damage(draw.choice(pictures[name]), draw))


def hash_of(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).digest()


def outcome_of(reason):
    if "crashed" in reason:
        return "crashed"
    if "now" in reason:  # facenet will try it again
        return "memory"
    if "takes more than" in reason:
        return "too long"
    return "refused"


def report(files, formats, reasons, decoded):
    table = {name: collections.Counter() for name in formats}
    lost = []
    for path in files:
        name = os.path.basename(path).partition("-")[0]
        if path in reasons:
            table[name][outcome_of(reasons[path])] += 1
        elif path in decoded:
            table[name]["decoded"] += 1
        else:
            lost.append(path)
    columns = ["decoded", "refused", "crashed", "too long", "memory"]
    print(f"{'format':12}" + "".join(f"{column:>10}" for column in columns))
    for name, counts in table.items():
        print(f"{name:12}" + "".join(f"{counts[column]:10}" for column in columns))
    total = sum(table.values(), collections.Counter())
    print(f"{'all':12}" + "".join(f"{total[column]:10}" for column in columns))
    kinds = collections.Counter(re.sub(r"[0-9][0-9,.]*", "N", reason) for reason in reasons.values())
    for reason, count in kinds.most_common(20):
        print(f"{count:6} {reason}")
    for path, reason in sorted(reasons.items()):
        if outcome_of(reason) != "refused":
            print(f"{path}: {reason}")
    for path in lost:
        print(f"{path}: neither a photo nor listed")
    return len(lost)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--videos", action="store_true", help="damage films, not photos")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", help="folder to make the files in (default: one that is removed)")
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.realpath(options.keep or os.path.join(scratch, "photos"))
        os.makedirs(folder, exist_ok=True)
        formats = FILMS if options.videos else FORMATS
        make_files(folder, formats, options.count, options.seed)
        files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
        command = [options.facenet, "--catalog", os.path.join(scratch, "catalog.db")]

        def facenet(*words):
            return subprocess.run([command[0], *words, *command[1:]], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  text=True, check=False, env={**os.environ, "FACENET_CONFIG": ""})

        began = time.monotonic()
        scanned = facenet("cluster", folder, "--quiet", "--json", *["--videos"] * options.videos)
        print(f"{len(files)} files in {time.monotonic() - began:.0f} s, status {scanned.returncode}")
        listed = json.loads(facenet("photos", "--unreadable", "--json").stdout)["photos"]
        reasons = {photo["photo"]: photo["error"] for photo in listed}
        skipped = json.loads(facenet("photos", "--skipped", "--json").stdout)["photos"]
        reasons.update({photo["photo"]: "skipped: " + photo["skipped"] for photo in skipped})
        decoded = {photo["photo"] for photo in json.loads(facenet("photos", "--json").stdout)["photos"]}
        # Of files with the same bytes one is listed.
        contents = {path: hash_of(path) for path in files}
        photos = {contents[path] for path in decoded}
        decoded |= {path for path in files if contents[path] in photos}
        lost = report(files, formats, reasons, decoded)
        sound = facenet("catalog", "check").returncode == 0
        print("the catalog is sound" if sound else "THE CATALOG IS NOT SOUND")
    sys.exit(scanned.returncode not in (0, 3) or lost > 0 or not sound)


if __name__ == "__main__":
    main()
