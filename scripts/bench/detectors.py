#!/usr/bin/python3
"""What the detectors find and what they cost.

    scripts/bench/detectors.py [--facenet PROGRAM] [--detectors yunet,mtcnn,mmod,hog]
        [--centred DIR] [--album DIR --labels LABELS.csv] [--boxes DIR]
        [--wider DIR --wider-boxes FILE [--half 0|1]] [--turned DIR]
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
--wider    photos of WIDER FACE, and its file of boxes (wider_face_val_bbx_gt.txt): by the shorter side
           of the box, recall and false detections at the default score, recall at 10 and 20 false
           detections, and average precision. A detection is right at intersection over union 0.5;
           boxes that are marked invalid or are smaller count neither way. --half takes every other
           photo: what was chosen on one half is judged on the other.
--turned   turns each photo by 90, 180 and 270 degrees and looks for the faces that are found in the
           upright one: the share of photos in which all of them are, with the eyes where they belong,
           and how many more faces there are than upright. Needs the Debian package python3-pil.
--timed    milliseconds a photo and folder, decoding included, start-up not: the time for all photos
           less that for the first, on all processors; the least of --rounds.

Detectors run with facenet's default options, but for --centred, --album, --boxes and --timed with the smallest
face of --min-face SHARE (0: the default).
"""

import argparse
import json
import os
import re
import resource
import subprocess
import tempfile
import time

import numpy as np

from bench_data import read_labels

SIZES = (16, 20, 32, 64, 128)
EXTENSIONS = (".jpg", ".jpeg", ".png")


def photos_in(folder):
    found = []
    for place, _, names in os.walk(folder, followlinks=True):
        found += [os.path.join(place, name) for name in names
                  if name.lower().endswith(EXTENSIONS)]
    return sorted(found)


def detect(options, detector, photos, more=None):
    """The lines of `facenet detect` for these photos."""
    if more is None:
        more = ["--min-face", str(options.min_face)]
    command = [options.facenet, "detect", "--detector", detector, "--jsonl", "--no-progress", *more,
               *photos]
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


def read_wider(path):
    """{file name: [(box, is valid)]}"""
    drawn = {}
    with open(path) as file:
        lines = [line.split() for line in file if line.strip()]
    at = 0
    while at < len(lines):
        name, count = os.path.basename(lines[at][0]), int(lines[at + 1][0])
        rows = [[int(word) for word in line] for line in lines[at + 2:at + 2 + count]]
        drawn[name] = [(row[:4], not row[7]) for row in rows]
        at += 2 + max(count, 1)
    return drawn


def judge(photos, drawn, least):
    """[(score, is right)], the surest first, of faces of `least` pixels and more; and how many
    are drawn."""
    judged, total = [], 0
    for photo in photos:
        boxes = drawn[os.path.basename(photo["photo"])]
        counts = [valid and min(box[2:]) >= least for box, valid in boxes]
        total += sum(counts)
        used = set()
        for face in sorted(photo["faces"], key=lambda face: -face["score"]):
            best = max(((overlap(face["box"], box), i) for i, (box, _) in enumerate(boxes)
                        if i not in used and min(box[2:]) > 0), default=(0, -1))
            if best[0] >= 0.5:
                used.add(best[1])
                if counts[best[1]]:
                    judged.append((face["score"], True))
            elif min(face["box"][2:]) >= least:
                judged.append((face["score"], False))
    return sorted(judged, reverse=True), total


def by_size(photos, drawn, least):
    judged, total = judge(photos, drawn, least)
    right = np.cumsum([is_right for _, is_right in judged])
    wrong = np.arange(1, len(judged) + 1) - right
    sure = sum(score >= 0.9 for score, _ in judged)
    report = {"faces": total,
              "recall": float(right[sure - 1] / total) if sure else 0.0,
              "precision": float(right[sure - 1] / sure) if sure else 0.0,
              "false": int(wrong[sure - 1]) if sure else 0}
    for most in (10, 20):
        report[f"recall_at_{most}_false"] = float(max(right[wrong <= most], default=0) / total)
    is_right = np.array([is_right for _, is_right in judged], bool)
    report["average_precision"] = float((right / (right + wrong))[is_right].sum() / total)
    return report


def wider(options, detector):
    photos = photos_in(options.wider)
    if options.half is not None:
        photos = photos[options.half::2]
    found = detect(options, detector, photos, ["--score", "0.5", "--min-face-pixels", "8"])
    drawn = read_wider(options.wider_boxes)
    return {"photos": len(found), **{str(least): by_size(found, drawn, least) for least in SIZES}}


def turn(point, quarters, width, height):
    """Where a point of an upright photo is after so many quarters clockwise."""
    x, y = point
    return [(x, y), (height - y, x), (width - x, height - y), (y, width - x)][quarters]


def turn_box(box, quarters, width, height):
    x1, y1 = turn(box[:2], quarters, width, height)
    x2, y2 = turn((box[0] + box[2], box[1] + box[3]), quarters, width, height)
    return [min(x1, x2), min(y1, y2), abs(x2 - x1), abs(y2 - y1)]


def is_there(face, quarters, photo, found):
    box = turn_box(face["box"], quarters, photo["width"], photo["height"])
    eyes = [turn(eye, quarters, photo["width"], photo["height"]) for eye in face["landmarks"][:2]]
    wide = np.hypot(*np.subtract(*eyes))
    return any(overlap(box, other["box"]) >= 0.5 and
               all(np.hypot(*np.subtract(eye, there)) < wide / 3
                   for eye, there in zip(eyes, other["landmarks"])) for other in found)


def turned(options, detector):
    from PIL import Image, ImageOps  # no other measurement needs it

    upright = detect(options, detector, photos_in(options.turned), [])
    report = {}
    with tempfile.TemporaryDirectory() as folder:
        for quarters, operation in ((1, Image.Transpose.ROTATE_270), (2, Image.Transpose.ROTATE_180),
                                    (3, Image.Transpose.ROTATE_90)):
            names = [os.path.join(folder, f"{i:06}.jpg") for i in range(len(upright))]
            for name, photo in zip(names, upright):
                with Image.open(photo["photo"]) as image:
                    straight = ImageOps.exif_transpose(image).convert("RGB")
                    straight.transpose(operation).save(name, quality=95)
            found = detect(options, detector, names, [])
            pairs = [(before, after["faces"]) for before, after in zip(upright, found)
                     if before["faces"]]
            right = [all(is_there(face, quarters, before, after) for face in before["faces"])
                     for before, after in pairs]
            faces = sum(len(before["faces"]) for before, _ in pairs)
            there = sum(is_there(face, quarters, before, after) for before, after in pairs
                        for face in before["faces"])
            report[str(90 * quarters)] = {"photos": len(right), "all_found": float(np.mean(right)),
                                          "faces": faces, "found": there / faces,
                                          "faces_when_turned": sum(len(one["faces"]) for one in found)}
    return report


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
    parser.add_argument("--detectors", default="yunet,mtcnn,mmod,hog")
    parser.add_argument("--min-face", type=float, default=0.025)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--half", type=int, choices=(0, 1))
    for name in ("centred", "album", "labels", "boxes", "wider", "wider-boxes", "turned", "timed"):
        parser.add_argument(f"--{name}")
    options = parser.parse_args()
    if bool(options.album) != bool(options.labels):
        parser.error("--album and --labels go together")
    if bool(options.wider) != bool(options.wider_boxes):
        parser.error("--wider and --wider-boxes go together")
    for detector in options.detectors.split(","):
        measured = {name: measure(options, detector)
                    for name, measure in (("centred", centred), ("album", album),
                                          ("boxes", boxes), ("wider", wider),
                                          ("turned", turned), ("timed", timed))
                    if getattr(options, name)}
        print(json.dumps({detector: measured}), flush=True)


if __name__ == "__main__":
    main()
