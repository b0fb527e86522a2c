#!/usr/bin/python3
"""What the detectors find and what they cost.

    scripts/bench/detectors.py [--facenet PROGRAM] [--detectors mtcnn,mmod,hog]
        [--centred DIR] [--album DIR --labels LABELS.csv] [--boxes DIR]
        [--timed DIR[,DIR...] [--rounds N]]

--centred  photos with one face that counts, at the centre (LFW): the share in which the face
           nearest the centre covers the centre.
--album    photos of one labelled person each (--labels: columns photo,identity): the share in which
           any face is found; the labels say that there is one, not where.
--boxes    photos with dlib's box files (*.xml) beside them, as Debian's libdlib19.1 ships: recall
           and precision, where a detection is right when its centre lies in a box, the box's in it,
           and their areas differ by less than a factor of four. Detectors draw the same face's box
           at different sizes (dlib's from the brows down, MTCNN's up to the hair), so that overlap
           would measure the drawing; recall at intersection over union 0.5 is given as well.
--timed    milliseconds a photo and folder, decoding included, start-up not: the time for all photos
           less that for the first, on all processors; the least of --rounds.

Detectors run with facenet's default options, but for the smallest face: --min-face SHARE.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import time

import numpy as np

from bench_data import read_labels

EXTENSIONS = (".jpg", ".jpeg", ".png")


def photos_in(folder):
    found = []
    for place, _, names in os.walk(folder, followlinks=True):
        found += [os.path.join(place, name) for name in names
                  if name.lower().endswith(EXTENSIONS)]
    return sorted(found)


def detect(options, detector, photos):
    """The lines of `facenet detect` for these photos."""
    command = [options.facenet, "detect", "--detector", detector, "--jsonl", "--no-progress",
               "--min-face", str(options.min_face), *photos]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1, 3):
        raise SystemExit(f"{' '.join(command[:6])} ended with status {done.returncode}")
    return [json.loads(line) for line in done.stdout.splitlines()]


def covers(box, x, y):
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def centre(box):
    return box[0] + box[2] / 2, box[1] + box[3] / 2


def centred(options, detector):
    photos = detect(options, detector, photos_in(options.centred))
    found = sum(any(covers(face["box"], photo["width"] / 2, photo["height"] / 2)
                    for face in photo["faces"]) for photo in photos)
    return {"photos": len(photos), "found": found, "share": found / len(photos)}


def album(options, detector):
    labels = read_labels(options.labels)
    photos = [photo for photo in detect(options, detector, photos_in(options.album))
              if os.path.basename(photo["photo"]) in labels]
    found = sum(bool(photo["faces"]) for photo in photos)
    return {"photos": len(photos), "found": found, "share": found / len(photos),
            "faces": sum(len(photo["faces"]) for photo in photos)}


def read_boxes(folder):
    """{file name: [box]} of dlib's box files; boxes marked to be ignored are left out."""
    boxes = {}
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".xml"):
            continue
        with open(os.path.join(folder, name), encoding="latin-1") as file:
            text = file.read()
        for photo, content in re.findall(r"<image file='([^']+)'[^>]*>(.*?)</image>", text, re.S):
            edges = [dict(re.findall(r"(\w+)='(-?\d+)'", box))
                     for box in re.findall(r"<box ([^>]*)>", content)]
            boxes[photo] = [[float(edge[key]) for key in ("left", "top", "width", "height")]
                            for edge in edges if edge.get("ignore", "0") == "0"]
    return boxes


def overlap(a, b):
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / (a[2] * a[3] + b[2] * b[3] - shared)


def agree(found, drawn):
    ratio = found[2] * found[3] / (drawn[2] * drawn[3])
    return covers(drawn, *centre(found)) and covers(found, *centre(drawn)) and 1 / 4 < ratio < 4


def matches(found, drawn, judge):
    """How many pairs there are when each box is used once, the best overlap first."""
    pairs = sorted(((overlap(f, d), i, j) for i, f in enumerate(found)
                    for j, d in enumerate(drawn) if judge(f, d)), reverse=True)
    used_found, used_drawn = set(), set()
    for _, i, j in pairs:
        if i not in used_found and j not in used_drawn:
            used_found.add(i)
            used_drawn.add(j)
    return len(used_found)


def boxes(options, detector):
    drawn = read_boxes(options.boxes)
    photos = detect(options, detector, [os.path.join(options.boxes, name) for name in sorted(drawn)])
    faces = detections = right = overlapping = 0
    for photo in photos:
        found = [face["box"] for face in photo["faces"]]
        expected = drawn[os.path.basename(photo["photo"])]
        faces += len(expected)
        detections += len(found)
        right += matches(found, expected, agree)
        overlapping += matches(found, expected, lambda a, b: overlap(a, b) >= 0.5)
    return {"photos": len(photos), "faces": faces, "detections": detections,
            "recall": right / faces, "precision": right / max(detections, 1),
            "recall_at_iou_0.5": overlapping / faces}


def cost(options, detector, photos):
    """Least wall and processor seconds of `facenet detect` over these photos."""
    wall, processor = [], []
    for _ in range(options.rounds):
        start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
        detect(options, detector, photos)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        wall.append(time.monotonic() - start)
        processor.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return np.array([min(wall), min(processor)])


def timed(options, detector):
    report = {}
    for folder in options.timed.split(","):
        photos = photos_in(folder)
        if len(photos) < 2:
            raise SystemExit(f"{folder}: at least two photos are needed to take the time")
        more = cost(options, detector, photos) - cost(options, detector, photos[:1])
        wall, processor = 1000 * more / (len(photos) - 1)
        report[folder] = {"photos": len(photos), "ms_a_photo": float(wall),
                          "processor_ms_a_photo": float(processor)}
    return report


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--facenet", default="facenet")
    parser.add_argument("--detectors", default="mtcnn,mmod,hog")
    parser.add_argument("--min-face", type=float, default=0.025)
    parser.add_argument("--rounds", type=int, default=3)
    for name in ("centred", "album", "labels", "boxes", "timed"):
        parser.add_argument(f"--{name}")
    options = parser.parse_args()
    if bool(options.album) != bool(options.labels):
        parser.error("--album and --labels go together")
    for detector in options.detectors.split(","):
        measured = {name: measure(options, detector)
                    for name, measure in (("centred", centred), ("album", album),
                                          ("boxes", boxes), ("timed", timed))
                    if getattr(options, name)}
        print(json.dumps({detector: measured}), flush=True)


if __name__ == "__main__":
    main()
