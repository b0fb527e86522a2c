#!/usr/bin/python3
"""Verification on Labeled Faces in the Wild, unrestricted, with labelled outside data.

    facenet embed LFW_DIR/images --output lfw.jsonl
    scripts/bench/lfw.py lfw.jsonl LFW_DIR              View 2: ten folds of 600 pairs
    scripts/bench/lfw.py lfw.jsonl LFW_DIR --view 1     threshold from pairsDevTrain, on pairsDevTest
    scripts/bench/lfw.py lfw.jsonl LFW_DIR --calibrate  logistic fit and threshold, pairsDevTrain

LFW_DIR holds pairs.txt, pairsDevTrain.txt, pairsDevTest.txt; images are NAME/NAME_0001.jpg. Of
each image the face nearest its centre counts. A pair with an image that has no face is called
different. VAL@FAR takes each fold's threshold from the other nine; with 2,700 different pairs
there, FAR 0.001 rests on three of them. Needs numpy.
"""

import argparse
import json
import os

import numpy as np

from bench_data import read_photos
from measures import (accuracy_at, auc, best_threshold, mean_and_error, pairs_report,
                      threshold_at_far)


def distance_to_centre(face, photo):
    x, y, width, height = face["box"]
    return np.hypot(x + width / 2 - photo["width"] / 2, y + height / 2 - photo["height"] / 2)


def read_embeddings(path):
    """{NAME_0001: embedding of the central face}; images without a face are left out."""
    embeddings = {}
    for photo in read_photos(path):
        if photo["faces"]:
            face = min(photo["faces"], key=lambda face: distance_to_centre(face, photo))
            name = os.path.splitext(os.path.basename(photo["photo"]))[0]
            embeddings[name] = np.array(face["embedding"], float)
    return embeddings


def read_pairs(path):
    """[(first, second, same, fold)] of a pairs file of LFW, whose first line is "folds pairs" or
    "pairs": in each fold so many pairs of one person and as many of two."""
    with open(path) as file:
        lines = [line.split() for line in file if line.strip()]
    header = [int(number) for number in lines[0]]
    folds, half = header if len(header) == 2 else (1, header[0])
    pairs = []
    for number, words in enumerate(lines[1:]):
        if len(words) == 3:
            words = [words[0], words[1], words[0], words[2]]
        same = words[0] == words[2]
        pairs.append((f"{words[0]}_{int(words[1]):04}", f"{words[2]}_{int(words[3]):04}", same,
                      number // (2 * half)))
    if len(pairs) != folds * 2 * half:
        raise SystemExit(f"{path}: {len(pairs)} pairs, but its first line promises "
                         f"{folds * 2 * half}")
    return pairs


class Pairs:
    """A pairs file with its distances; infinite where an image has no face."""

    def __init__(self, path, embeddings):
        pairs = read_pairs(path)
        self.same = np.array([same for _, _, same, _ in pairs])
        self.fold = np.array([fold for _, _, _, fold in pairs])
        self.distance = np.array([
            np.sum((embeddings[a] - embeddings[b]) ** 2)
            if a in embeddings and b in embeddings else np.inf for a, b, _, _ in pairs])
        images = {name for a, b, _, _ in pairs for name in (a, b)}
        self.no_face = sorted(name for name in images if name not in embeddings)


def fit_logistic(distance, same):
    """Maximum likelihood of P(same | d) = 1/(1 + exp(slope (d - middle))), by Newton's method with
    steps halved until they help: (middle, slope)."""
    design = np.stack([np.ones_like(distance), distance], 1)
    scale = design.std(0) + [1, 0]
    design = (design - [0, distance.mean()]) / scale

    def loss(weights):
        return np.sum(np.logaddexp(0, np.where(same, -1, 1) * (design @ weights)))

    weights = np.zeros(2)
    for _ in range(200):
        probability = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (probability - same)
        curvature = (design.T * (probability * (1 - probability))) @ design
        step = np.linalg.solve(curvature + 1e-12 * np.eye(2), gradient)
        while loss(weights - step) > loss(weights) and np.abs(step).max() > 1e-12:
            step = step / 2
        weights = weights - step
        if np.abs(step).max() < 1e-10:
            break
    slope = -weights[1] / scale[1]
    return distance.mean() + weights[0] / slope, slope


def calibrate(pairs):
    known = np.isfinite(pairs.distance)
    middle, slope = fit_logistic(pairs.distance[known], pairs.same[known])
    threshold, accuracy = best_threshold(pairs.distance, pairs.same)
    return {"pairs": int(known.sum()), "middle": float(middle), "slope": float(slope),
            "threshold": threshold, "accuracy": accuracy}


def view1(train, test, far=1e-3):
    threshold, trained = best_threshold(train.distance, train.same)
    right = (test.distance < threshold) == test.same
    at_far = threshold_at_far(train.distance, train.same, far)
    return {"pairs": len(test.same), "train_accuracy": trained, "threshold": threshold,
            "accuracy": accuracy_at(test.distance, test.same, threshold),
            "standard_error": mean_and_error(right)[1], "auc": auc(test.distance, test.same),
            "far": far, "val": float(np.mean(test.distance[test.same] < at_far)),
            "far_measured": float(np.mean(test.distance[~test.same] < at_far))}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("embeddings", metavar="EMBEDDINGS.jsonl")
    parser.add_argument("lfw", metavar="LFW_DIR")
    parser.add_argument("--view", type=int, choices=(1, 2), default=2)
    parser.add_argument("--calibrate", action="store_true",
                        help="fit distance -> probability on the training pairs of View 1")
    options = parser.parse_args()
    embeddings = read_embeddings(options.embeddings)

    def pairs(name):
        return Pairs(os.path.join(options.lfw, name), embeddings)

    if options.calibrate:
        judged = pairs("pairsDevTrain.txt")
        report = calibrate(judged)
    elif options.view == 1:
        judged = pairs("pairsDevTest.txt")
        report = view1(pairs("pairsDevTrain.txt"), judged)
    else:
        judged = pairs("pairs.txt")
        report = pairs_report(judged.distance, judged.same, judged.fold)
    report["no_face"] = judged.no_face
    print(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
