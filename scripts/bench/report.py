#!/usr/bin/python3
"""How long `facenet report` takes for a large library, and how its page of everybody behaves in Chromium.

    scripts/bench/report.py --faces 100000 --facenet build/release/cmd/facenet --modules build/browser/node_modules

Draws photos of ten faces each, fills a catalog with as many links to them as it takes, with people and vectors as growth.py
makes them, but that people are well apart (three quarters of the faces are of people with one), and groups it. Writes the report, and prints how long that
took and how large it is. Then report_page.cjs opens the page and that of the largest person, and prints times, the longest
frame while it scrolls, and the memory of the tab. With --keep the folder stays, and what it holds is not made again. Needs
Pillow, numpy, node, Chromium, and the modules that scripts/setup/browser.sh installs.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

import numpy as np
from PIL import Image, ImageDraw

from growth import people_of, run, vectors_of

SIZE = (1280, 960)
PICTURES = 24
INSIDE = 0.6  # mean squared distance of a person's faces
FACES = [(40 + 250 * column, 60 + 470 * row, 180, 240) for row in range(2) for column in range(5)]  # x, y, width, height


def draw_photo(path, rng):
    def colour(low, high):
        return tuple(int(value) for value in rng.integers(low, high, 3))

    photo = Image.new("RGB", SIZE, colour(60, 200))
    draw = ImageDraw.Draw(photo)
    for x, y, width, height in FACES:
        skin, hair = colour(120, 240), colour(10, 120)
        draw.ellipse((x - 15, y - 30, x + width + 15, y + height * 0.7), hair)
        draw.ellipse((x, y, x + width, y + height), skin)
        for eye in (0.3, 0.7):
            draw.ellipse((x + eye * width - 14, y + height * 0.4, x + eye * width + 14, y + height * 0.48), (20, 20, 20))
        draw.arc((x + width * 0.3, y + height * 0.6, x + width * 0.7, y + height * 0.85), 20, 160, (120, 30, 30), 6)
    noise = rng.normal(0, 4, (*SIZE[::-1], 1))
    Image.fromarray((np.asarray(photo) + noise).clip(0, 255).astype(np.uint8)).save(path, quality=88)


def fill(catalog, folder, vectors, rng):
    """Ten faces a photo, each photo a link to one that was drawn."""
    drawn = os.path.join(folder, "drawn")
    os.makedirs(drawn)
    for i in range(PICTURES):
        draw_photo(os.path.join(drawn, f"{i}.jpg"), rng)
    connection = sqlite3.connect(catalog)
    model = connection.execute("SELECT id FROM model").fetchone()[0]
    photos, paths, faces = [], [], []
    for photo in range(1, -(-len(vectors) // len(FACES)) + 1):
        picture = os.path.join(drawn, f"{photo % PICTURES}.jpg")
        link = os.path.join(folder, "photos", f"{photo // 1000}", f"{photo}.jpg")
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(picture, link)
        photos.append((photo, rng.bytes(32), *SIZE, int(rng.integers(2**62))))
        paths.append((link.encode(), os.path.getsize(picture), photo))
    for face in range(len(vectors)):
        faces.append((face + 1, face // len(FACES) + 1, *FACES[face % len(FACES)]))
    with connection:
        connection.executemany("INSERT INTO photo (id, sha256, format, width, height, taken, perceptual_hash) "
                               "VALUES (?, ?, 'jpeg', ?, ?, 0, ?)", photos)
        connection.executemany("INSERT INTO path (path, size, mtime_ns, photo, error, missing) VALUES (?, ?, 1, ?, '', 0)", paths)
        connection.executemany("INSERT INTO face (id, photo, x, y, width, height, score, landmarks) "
                               "VALUES (?, ?, ?, ?, ?, ?, 0.99, x'')", faces)
        connection.executemany("INSERT INTO embedding (face, model, vector) VALUES (?, ?, ?)",
                               ((i, model, vector.tobytes()) for i, vector in enumerate(vectors, 1)))
    connection.close()


def make_library(options, folder):
    """The catalog's path."""
    catalog = os.path.join(folder, "catalog.db")
    if os.path.exists(catalog):
        return catalog
    empty = os.path.join(folder, "empty")
    os.mkdir(empty)
    began = time.monotonic()
    run(options.facenet, catalog, empty)  # makes the catalog and its model
    rng = np.random.default_rng(1)
    fill(catalog, folder, vectors_of(rng, people_of(rng, options.faces), options.dimension, INSIDE), rng)
    filled = time.monotonic()
    _, groups = run(options.facenet, catalog)
    print(f"{options.faces} faces in {len(groups)} people; filled in {filled - began:.0f} s, grouped in {time.monotonic() - filled:.0f} s",
          flush=True)
    return catalog


def size_of(folder):
    """Bytes and files."""
    sizes = [os.path.getsize(os.path.join(place, name)) for place, _, names in os.walk(folder) for name in names]
    return sum(sizes), len(sizes)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512, help="that of the default model")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    parser.add_argument("--modules", default="build/browser/node_modules", help="where puppeteer-core is")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    parser.add_argument("--screenshots", help="put pictures of the pages into this folder")
    parser.add_argument("--keep", help="make the catalog and the report in this folder, or use those that are there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(options.keep or scratch)
        os.makedirs(folder, exist_ok=True)
        catalog, pages = make_library(options, folder), os.path.join(folder, "report")
        if not os.path.exists(pages):
            began = time.monotonic()
            done = subprocess.run([options.facenet, "report", "-o", pages, "--json", "-q", "--catalog", catalog],
                                  stdout=subprocess.PIPE, text=True, check=True)
            written = json.loads(done.stdout)
            print(f"written in {time.monotonic() - began:.0f} s: {written['people_count']} people, {written['face_count']} faces, "
                  f"{written['photo_count']} photos", flush=True)
        total, files = size_of(pages)
        index = os.path.join(pages, "index.html")
        people = os.path.join(pages, "people")
        largest = max(os.scandir(people), key=lambda entry: entry.stat().st_size).path
        print(f"{total / 2**20:.0f} MiB in {files} files; index.html has {os.path.getsize(index) / 2**20:.1f} MiB, "
              f"the largest person's page {os.path.getsize(largest) / 2**20:.1f} MiB", flush=True)
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "report_page.cjs")
        looked = subprocess.run(["node", script, options.chromium, os.path.abspath(options.modules), options.screenshots or "",
                                 f"file://{index}", f"file://{largest}"], check=False)
        sys.exit(looked.returncode)


if __name__ == "__main__":
    main()
