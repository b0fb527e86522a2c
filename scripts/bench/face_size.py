#!/usr/bin/python3
"""How well small faces are found and told apart, for the choice of --min-face-pixels.

    scripts/bench/face_size.py DIR [--images N] [--sizes 12,16,20,...] [--model NAME] [--json]

DIR holds a folder for each person (LFW). Of each photo the face nearest the centre counts. The photo
is shrunk until the shorter side of that face's box, which --min-face-pixels speaks of, has so many
pixels, and saved as a JPEG of quality 90. `facenet embed` looks for it anew and gives its vector, so
that landmarks suffer as they do in a photo of small faces.

For each size: the share of the faces that is found; then over all pairs of found faces, at the
model's verification threshold, the share of pairs of one person that is accepted (VAL), that of pairs
of two people (FAR), and the accuracy for as many pairs of the one kind as of the other. Once with a
small face and the other photo's face as it was (a new photo meets a library), once with two small
faces. Needs numpy and PIL.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from PIL import Image

from bench_data import read_photos


def photos_of(folder, limit):
    """Up to `limit` photos, at most four a person, of people with several."""
    photos = []
    for person in sorted(os.listdir(folder)):
        place = os.path.join(folder, person)
        names = sorted(os.listdir(place)) if os.path.isdir(place) else []
        if len(names) > 1:
            photos += [os.path.join(place, name) for name in names[:4]]
        if len(photos) >= limit:
            break
    return photos[:limit]


def central(photo):
    def distance(face):
        x, y, width, height = face["box"]
        return np.hypot(x + width / 2 - photo["width"] / 2, y + height / 2 - photo["height"] / 2)
    return min(photo["faces"], key=distance) if photo["faces"] else None


def embed(options, photos, smallest, output):
    """{file name without its end: central face} of `facenet embed`."""
    command = [options.facenet, "embed", "--model", options.model, "--min-face", "0",
               "--min-face-pixels", str(smallest), "--no-progress", "-q", "--force", "--output", output, *photos]
    done = subprocess.run(command, check=False)
    if done.returncode not in (0, 1, 3):
        sys.exit(f"{' '.join(command[:8])} ended with status {done.returncode}")
    faces = {}
    for photo in read_photos(output):
        face = central(photo)
        if face is not None:
            faces[os.path.splitext(os.path.basename(photo["photo"]))[0]] = face
    return faces


def shrink(photo, box, size, folder):
    """The path of the photo with its face `size` pixels wide; None when that would enlarge it."""
    factor = size / min(box[2:])
    if factor > 1:
        return None
    with Image.open(photo) as image:
        small = image.convert("RGB").resize((max(1, round(image.width * factor)),
                                             max(1, round(image.height * factor))), Image.LANCZOS)
    path = os.path.join(folder, os.path.splitext(os.path.basename(photo))[0] + ".jpg")
    small.save(path, quality=90)
    return path


def judged(distance, same, threshold):
    val, far = np.mean(distance[same] <= threshold), np.mean(distance[~same] <= threshold)
    return {"val": float(val), "far": float(far), "accuracy": float((val + 1 - far) / 2)}


def compare(small, large, names, threshold):
    """judged() over pairs of different photos: one small, one large."""
    people = np.array([name.rsplit("_", 1)[0] for name in names])
    rows, columns = np.nonzero(~np.eye(len(names), dtype=bool))
    distance = 2 - 2 * small @ large.T
    same = people[:, None] == people[None, :]
    return judged(distance[rows, columns], same[rows, columns], threshold)


def vectors(faces, names):
    return np.array([faces[name]["embedding"] for name in names], np.float64)


def threshold_of(options):
    command = [options.facenet, "model", "info", options.model, "--json"]
    info = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(info)["thresholds"]["mirrored"]["verification"]


def measure(options, photos, originals, size, threshold):
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for photo in photos:
            name = os.path.splitext(os.path.basename(photo))[0]
            if name in originals:
                path = shrink(photo, originals[name]["box"], size, folder)
                paths += [path] if path else []
        # Boxes of one face differ in size by less than a third.
        faces = embed(options, paths, size * 2 // 3, os.path.join(folder, "small.jsonl"))
    names = sorted(faces)
    small, large = vectors(faces, names), vectors(originals, names)
    return {"size": size, "photos": len(paths), "found": len(faces) / len(paths),
            "small_and_large": compare(small, large, names, threshold),
            "small_and_small": compare(small, small, names, threshold)}


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", metavar="DIR")
    parser.add_argument("--facenet", default="facenet")
    parser.add_argument("--model", default="mobilefacenet-512")
    parser.add_argument("--images", type=int, default=1500)
    parser.add_argument("--sizes", default="12,16,20,24,32,40,64,90")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    threshold = threshold_of(options)
    photos = photos_of(options.folder, options.images)
    with tempfile.TemporaryDirectory() as folder:
        originals = embed(options, photos, 50, os.path.join(folder, "large.jsonl"))
    for size in map(int, options.sizes.split(",")):
        row = measure(options, photos, originals, size, threshold)
        if options.json:
            print(json.dumps(row), flush=True)
            continue
        cells = [f"{row[pair][key]:.4f}" for pair in ("small_and_large", "small_and_small")
                 for key in ("val", "far", "accuracy")]
        print(f"{size:4} px  {row['photos']} photos  found {row['found']:.3f}  {'  '.join(cells)}",
              flush=True)


if __name__ == "__main__":
    main()
