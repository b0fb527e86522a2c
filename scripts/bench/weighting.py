#!/usr/bin/python3
"""What weighting faces by their quality is worth in clustering a labelled album.

    facenet embed PHOTOS --output album.jsonl
    facenet align PHOTOS --output CHIPS --json > chips.jsonl
    scripts/bench/weighting.py album.jsonl LABELS.csv --chips chips.jsonl

Average linkage in which a face counts by a power of its detection score, of its size and of its
sharpness (the variance of the chip's Laplacian over that of the sharpest tenth, at most 1), with the
rule that one photo shows a person once, and without. A second pass is judged as well: all faces but
the worst share by one of these are grouped, and the rest join the nearest person within the
threshold. Settings are those of the highest B-cubed F on half A of the identities; half B reports
what they are worth. Needs numpy and Pillow.
"""

import argparse
import itertools
import json

import numpy as np

from bench_data import box_area, halves, read_labels, read_photos
from measures import bcubed, clusters_report
from sweep import judged_faces


def merges_of(vectors, weights, groups):
    """Joins (i, j, height) of weighted average linkage; clusters are named by their first point.
    `groups`: no two points of one number join, or None."""
    n = len(vectors)
    distance = 2 - 2 * (vectors @ vectors.T).astype(np.float64)
    np.fill_diagonal(distance, np.inf)
    if groups is not None:
        groups = np.array(groups)
        distance[groups[:, None] == groups[None, :]] = np.inf
    weight = weights.astype(np.float64).copy()
    joins = []
    for _ in range(n - 1):
        at = int(np.argmin(distance))
        i, j = sorted(divmod(at, n))
        if not np.isfinite(distance[i, j]):
            break
        joins.append((i, j, distance[i, j]))
        row = (weight[i] * distance[i] + weight[j] * distance[j]) / (weight[i] + weight[j])
        weight[i] += weight[j]
        distance[i], distance[:, i] = row, row
        distance[i, i] = np.inf
        distance[j], distance[:, j] = np.inf, np.inf
    return joins


def cut(n, joins, threshold):
    home = np.arange(n)
    for i, j, height in joins:
        if height > threshold:
            break
        home[home == j] = i
    return home


def best_cut(joins, count, judged, thresholds):
    """(B-cubed F on half A, threshold)."""
    truth = [name for _, name in judged]
    half_a = halves(truth)[0][1]
    best = (-1.0, 0.0)
    for threshold in thresholds:
        home = cut(count, joins, threshold)
        score = bcubed([truth[i] for i in half_a], [home[judged[i][0]] for i in half_a])[2]
        best = max(best, (score, threshold))
    return best


def report(title, home, judged, threshold):
    truth = [name for _, name in judged]
    print(f"{title}, threshold {threshold:.2f}")
    for name, chosen in halves(truth):
        print(f"    {name:6} " + clusters_report([truth[i] for i in chosen],
                                                 [home[judged[i][0]] for i in chosen]))


def second_pass(vectors, groups, good, threshold):
    """Clusters of the good faces; the others join, one by one, the person that is nearest on average
    and not in their photo. Returns the cluster of every face."""
    chosen = np.flatnonzero(good)
    joins = merges_of(vectors[chosen], np.ones(len(chosen)), [groups[i] for i in chosen])
    small = cut(len(chosen), joins, threshold)
    home = np.arange(len(vectors))
    home[chosen] = chosen[small]
    people = {}
    for i in chosen:
        people.setdefault(home[i], []).append(i)
    means = {person: vectors[faces].mean(0) for person, faces in people.items()}
    photos = {person: {groups[i] for i in faces} for person, faces in people.items()}
    order, matrix = list(means), np.array(list(means.values()))
    for i in np.flatnonzero(~good):
        distances = 2 - 2 * matrix @ vectors[i]
        for place in np.argsort(distances, kind="stable"):
            if distances[place] > threshold:
                break
            if groups[i] not in photos[order[place]]:
                home[i] = order[place]
                photos[order[place]].add(groups[i])
                break
    return home


def sharpness_of(path):
    """The variance of the Laplacian of a chip's grey values."""
    from PIL import Image
    grey = np.asarray(Image.open(path).convert("L"), float)
    laplacian = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]
                 - 4 * grey[1:-1, 1:-1])
    return laplacian.var()


def qualities(photos, chips):
    """{name: value of each face between 0 and 1}"""
    faces = [face for photo in photos for face in photo["faces"]]
    edge = np.sqrt(np.array([box_area(face) for face in faces]))
    found = {"score": np.array([face["score"] for face in faces]),
             "size": np.minimum(edge / 112, 1)}
    if chips:
        with open(chips) as file:
            of_photo = {line["photo"]: line["faces"] for line in map(json.loads, file)}
        sharp = np.array([sharpness_of(face["chip"])
                          for photo in photos for face in of_photo[photo["photo"]]])
        found["sharpness"] = np.minimum(sharp / np.quantile(sharp, 0.9), 1)
    return found


def try_weights(vectors, groups, judged, quality, thresholds):
    powers = {"score": (0, 1, 4, 16), "size": (0, 0.5, 1, 2), "sharpness": (0, 0.25, 0.5, 1)}
    results = []
    for chosen in itertools.product(*(powers[name] for name in quality)):
        weights = np.prod([value ** power for value, power in zip(quality.values(), chosen)], 0)
        joins = merges_of(vectors, np.maximum(weights, 1e-3), groups)
        value, threshold = best_cut(joins, len(vectors), judged, thresholds)
        title = " ".join(f"{name}^{power}" for name, power in zip(quality, chosen))
        results.append((value, [-power for power in chosen], threshold, title, joins))
        print(f"  {title}: half A {value:.4f} at {threshold:.2f}")
    _, _, threshold, title, joins = max(results, key=lambda result: result[:2])
    report(f"weights {title}", cut(len(vectors), joins, threshold), judged, threshold)


def try_second_pass(vectors, groups, judged, quality, thresholds):
    truth = [name for _, name in judged]
    half_a = halves(truth)[0][1]
    results = []
    for name, share in itertools.product(quality, (0.05, 0.1, 0.2, 0.4)):
        good = np.ones(len(vectors), bool)
        good[np.argsort(quality[name], kind="stable")[:int(share * len(vectors))]] = False
        for threshold in thresholds:
            home = second_pass(vectors, groups, good, threshold)
            score = bcubed([truth[i] for i in half_a], [home[judged[i][0]] for i in half_a])[2]
            results.append((score, -share, f"{name}, {share:.0%} later", threshold, home))
    _, _, title, threshold, home = max(results, key=lambda result: result[:2])
    report(f"second pass by {title}", home, judged, threshold)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("embeddings", metavar="EMBEDDINGS.jsonl")
    parser.add_argument("labels", metavar="LABELS.csv")
    parser.add_argument("--chips", metavar="CHIPS.jsonl", help="of `facenet align --json`")
    options = parser.parse_args()
    photos = read_photos(options.embeddings)
    vectors, groups, judged = judged_faces(photos, read_labels(options.labels))
    quality = qualities(photos, options.chips)
    thresholds = np.round(np.arange(1.1, 1.65, 0.02), 2)
    n = len(vectors)

    for title, rule in (("no rule for photos", None), ("one photo, one face", groups)):
        joins = merges_of(vectors, np.ones(n), rule)
        threshold = best_cut(joins, n, judged, thresholds)[1]
        report(f"plain, {title}", cut(n, joins, threshold), judged, threshold)
    try_weights(vectors, groups, judged, quality, thresholds)
    try_second_pass(vectors, groups, judged, quality, np.round(np.arange(1.1, 1.65, 0.04), 2))


if __name__ == "__main__":
    main()
