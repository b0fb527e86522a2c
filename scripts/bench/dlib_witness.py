#!/usr/bin/python3
"""Compares facenet's dlib-resnet and mmod with what dlib_witness says of the same pixels.

    scripts/bench/dlib_witness.py --facenet PROGRAM --witness PROGRAM --weights DIR PHOTOS...

scripts/bench/dlib_witness.sh gets all that. DIR holds dlib's .dat files. Needs numpy and PIL.
"""

import argparse
import json
import os
import subprocess
import tempfile

import numpy as np
from PIL import Image, ImageOps

LARGEST_EDGE = 1600  # what facenet shows the detector; larger photos are shrunk here, once for both
WINDOW = 80          # the detector's: smaller faces would need an enlarged image


def photos_in(paths):
    for path in paths:
        if os.path.isdir(path):
            yield from sorted(os.path.join(path, name) for name in os.listdir(path)
                              if name.lower().endswith((".jpg", ".jpeg", ".png")))
        else:
            yield path


def as_png(photos, folder):
    """The photos as PNG: both programs see the same pixels whatever their JPEG decoders do."""
    images = []
    for number, photo in enumerate(photos):
        image = ImageOps.exif_transpose(Image.open(photo)).convert("RGB")
        image.thumbnail((LARGEST_EDGE, LARGEST_EDGE))
        images.append(os.path.join(folder, f"{number:05}.png"))
        image.save(images[-1])
    return images


def lines_of(command, **environment):
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False,
                          env={**os.environ, **environment})
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{command[0]} ended with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def witness(options, what, network, images):
    libraries = {"LD_LIBRARY_PATH": options.libraries} if options.libraries else {}
    return lines_of([options.witness, what, os.path.join(options.weights, network), *images],
                    **libraries)


def compare_vectors(options, images, folder):
    detection = ["--detector", "mmod", "--no-progress"]
    chips = os.path.join(folder, "chips")
    cut = lines_of([options.facenet, "align", "--template", "dlib-150", "--output", chips, "--jsonl",
                    *detection, *images])
    vectors = os.path.join(folder, "vectors.jsonl")
    lines_of([options.facenet, "embed", "--model", "dlib-resnet", "--no-flip", "--output", vectors,
              *detection, *images])
    with open(vectors) as file:
        ours = [face["embedding"] for line in file for face in json.loads(line)["faces"]]
    names = [face["chip"] for line in cut for face in line["faces"]]
    theirs = [line["vector"] for line in witness(
        options, "resnet", "dlib_face_recognition_resnet_model_v1.dat", names)]
    theirs = np.array(theirs) / np.linalg.norm(theirs, axis=1, keepdims=True)
    return {"faces": len(names), "largest_difference": float(np.abs(np.array(ours) - theirs).max())}


def compare_boxes(options, images):
    ours = lines_of([options.facenet, "detect", "--detector", "mmod", "--min-face", "0",
                     "--min-face-pixels", str(WINDOW), "--jsonl", "--no-progress", *images])
    theirs = witness(options, "mmod", "mmod_human_face_detector.dat", images)
    report = {"images": len(images), "both": 0, "facenet_alone": 0, "dlib_alone": 0,
              "largest_distance": 0.0}
    for mine, other in zip(ours, theirs):
        # Rounding makes some faces a pixel smaller than the window, which facenet leaves out.
        rest = [face[:4] for face in other["faces"] if min(face[2:4]) >= WINDOW]
        for face in mine["faces"]:
            distance = [np.abs(edges(face["box"]) - edges(box)).max() for box in rest]
            if not distance or min(distance) > 5:
                report["facenet_alone"] += 1
                continue
            report["both"] += 1
            report["largest_distance"] = max(report["largest_distance"], float(min(distance)))
            rest.pop(int(np.argmin(distance)))
        report["dlib_alone"] += len(rest)
    return report


def edges(box):
    x, y, width, height = box
    return np.array([x, y, x + width, y + height], float)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--facenet", required=True)
    parser.add_argument("--witness", required=True)
    parser.add_argument("--libraries", metavar="DIR", help="LD_LIBRARY_PATH of the witness")
    parser.add_argument("--weights", required=True, metavar="DIR")
    parser.add_argument("photos", nargs="+", metavar="PHOTOS")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        images = as_png(photos_in(options.photos), folder)
        print(json.dumps({"mmod": compare_boxes(options, images),
                          "dlib-resnet": compare_vectors(options, images, folder)}, indent=1))


if __name__ == "__main__":
    main()
