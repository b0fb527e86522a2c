#!/usr/bin/python3
"""How much the boxes of two detectors overlap around one face, and around two faces of one photo: what
kSameFaceOverlap (lib/pipeline/redetect.h) lies between.

    face_overlap.py FACENET FOLDER... [-- OPTIONS OF THE ONE [-- OPTIONS OF THE OTHER]]

By default mtcnn against hog. Two faces are one when the middles of their landmarks are closer than a quarter
of the larger box's edge. 127 photos (every fifth of the album, and Debian's dlib faces/ with --min-face 0.01):
140 pairs of one face, 0.427 and more, 1 % of them below 0.5; 573 pairs of two faces, 0.173 and less.
"""

import json
import subprocess
import sys
from itertools import product


def found(program: str, folders: list[str], options: list[str]) -> dict[str, list[dict]]:
    command = [program, "detect", "--json", *options, *folders]
    output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    photos = [json.loads(line) for line in output.splitlines()]
    return {photo["photo"]: photo.get("faces", []) for photo in photos}


def overlap(a: list[float], b: list[float]) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def middle(face: dict) -> list[float]:
    return [sum(values) / 5 for values in zip(*face["landmarks"], strict=True)]


def are_one(a: dict, b: dict) -> bool:
    (ax, ay), (bx, by) = middle(a), middle(b)
    return ((ax - bx) ** 2 + (ay - by) ** 2) ** 0.5 < max(a["box"][2], b["box"][2]) / 4


def main() -> None:
    groups: list[list[str]] = [[]]
    for word in sys.argv[1:]:
        if word == "--":
            groups.append([])
        else:
            groups[-1].append(word)
    if len(groups[0]) < 2:
        sys.exit(__doc__)
    program, *folders = groups[0]
    options = groups[1:] + [[], ["--detector", "hog"]][len(groups) - 1 :]
    one, other = (found(program, folders, words) for words in options)
    same, different = [], []
    for photo, faces in one.items():
        for a, b in product(faces, other.get(photo, [])):
            (same if are_one(a, b) else different).append(overlap(a["box"], b["box"]))
    print(f"{len(same)} pairs of one face: {min(same, default=1):.3f} and more")
    print(f"{len(different)} pairs of two faces of one photo: {max(different, default=0):.3f} and less")


if __name__ == "__main__":
    main()
