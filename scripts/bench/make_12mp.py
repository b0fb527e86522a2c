#!/usr/bin/python3
"""Makes 12-megapixel JPEGs, such as a phone writes, from a folder of small photos.

    make_12mp.py PHOTOS OUT N

Every run makes the same files. Of five photos two show one source photo enlarged to fill the frame,
two a mosaic of 2 x 2 and one a mosaic of 3 x 3 different photos. Noise of a small sensor is added,
because enlarged photos are so smooth that they would be decoded faster than a camera's.
Needs the Debian packages python3-pil and python3-numpy.
"""

import pathlib
import random
import sys

import numpy
from PIL import Image

SIZE = (4000, 3000)
GRIDS = (1, 2, 1, 2, 3)  # cells a side, photo by photo
QUALITY = 92
NOISE = 3.0  # standard deviation, in grey levels


def fill(photo, width, height):
    """The photo enlarged to cover width x height; what does not fit is cut off, most of it below,
    because heads are at the top."""
    scale = max(width / photo.width, height / photo.height)
    crop_width, crop_height = width / scale, height / scale
    left, top = max(0, (photo.width - crop_width) / 2), max(0, (photo.height - crop_height) / 4)
    box = (left, top, min(photo.width, left + crop_width), min(photo.height, top + crop_height))
    return photo.resize((width, height), Image.Resampling.BICUBIC, box=box)


def compose(paths, cells):
    frame = Image.new("RGB", SIZE)
    width, height = -(-SIZE[0] // cells), -(-SIZE[1] // cells)
    for i, path in enumerate(paths):
        with Image.open(path) as photo:
            cell = fill(photo.convert("RGB"), width, height)
        frame.paste(cell, (i % cells * width, i // cells * height))
    return frame


def add_noise(frame, noise):
    pixels = numpy.asarray(frame, dtype=numpy.int16) + noise[:, :, None]
    return Image.fromarray(pixels.clip(0, 255).astype(numpy.uint8))


def main(photos, out, count):
    sources = sorted(p for p in pathlib.Path(photos).iterdir() if p.suffix.lower() in (".jpg", ".jpeg"))
    if len(sources) < max(GRIDS) ** 2:
        sys.exit(f"make_12mp: {photos} has {len(sources)} JPEGs; at least {max(GRIDS) ** 2} are needed")
    random.Random(1).shuffle(sources)
    noise = numpy.random.default_rng(1).normal(0, NOISE, SIZE[::-1]).astype(numpy.int16)
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    used = 0
    for number in range(count):
        cells = GRIDS[number % len(GRIDS)]
        paths = [sources[(used + i) % len(sources)] for i in range(cells * cells)]
        used += len(paths)
        frame = add_noise(compose(paths, cells), numpy.roll(noise, 97 * number, axis=(0, 1)))
        frame.save(out / f"{number:04}.jpg", quality=QUALITY, subsampling="4:2:0")


if __name__ == "__main__":
    if len(sys.argv) != 4 or not sys.argv[3].isdigit():
        sys.exit(__doc__)
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
