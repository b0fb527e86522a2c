#!/usr/bin/python3
"""Makes faces that can hardly be recognised of faces that can.

    scripts/bench/degrade.py PEOPLE OUT [--people N]

PEOPLE is a folder with a folder of photos for each person. N of the people (300) go to OUT: three in
ten photos as they are, three shrunk by 1.5 to 8 (half of these enlarged again), a quarter blurred by a
Gaussian of 0.5 to 5 pixels, the rest with a rectangle over a part of the face; all saved as JPEG of
quality 30, 60 or 90. File names say what was done. The same people and photos at every run. Needs
Pillow (Debian's python3-pil).
"""

import argparse
import os
import random

from PIL import Image, ImageDraw, ImageFilter


def shrunk(image, chance):
    factor = chance.uniform(1.5, 8)
    small = image.resize([max(8, round(edge / factor)) for edge in image.size], Image.LANCZOS)
    if chance.random() < 0.5:
        small = small.resize(image.size, Image.BICUBIC)
    return small, f"small{factor:.1f}"


def blurred(image, chance):
    radius = chance.uniform(0.5, 5)
    return image.filter(ImageFilter.GaussianBlur(radius)), f"blur{radius:.1f}"


def covered(image, chance):
    width, height = image.size
    left, top = chance.uniform(0, 0.6) * width, chance.uniform(0.1, 0.6) * height
    right, bottom = left + chance.uniform(0.2, 0.5) * width, top + chance.uniform(0.2, 0.5) * height
    colour = tuple(chance.randrange(256) for _ in range(3))
    ImageDraw.Draw(image).rectangle([left, top, right, bottom], fill=colour)
    return image, "cover"


def degraded(image, chance):
    kind = chance.random()
    if kind < 0.3:
        return image, "clean"
    if kind < 0.6:
        return shrunk(image, chance)
    if kind < 0.85:
        return blurred(image, chance)
    return covered(image, chance)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("people", metavar="PEOPLE")
    parser.add_argument("out", metavar="OUT")
    parser.add_argument("--people", dest="count", type=int, default=300)
    options = parser.parse_args()
    chance = random.Random(5)
    people = sorted(os.listdir(options.people))
    chance.shuffle(people)
    for person in people[:options.count]:
        os.makedirs(os.path.join(options.out, person), exist_ok=True)
        for name in sorted(os.listdir(os.path.join(options.people, person))):
            with Image.open(os.path.join(options.people, person, name)) as photo:
                image, what = degraded(photo.convert("RGB"), chance)
            stem = os.path.splitext(name)[0]
            image.save(os.path.join(options.out, person, f"{what}_{stem}.jpg"),
                       quality=chance.choice([30, 60, 90]))


if __name__ == "__main__":
    main()
