#!/usr/bin/python3
"""What weighting faces by their quality is worth in clustering a labelled album.

    facenet embed PHOTOS --output album.jsonl
    scripts/bench/weighting.py album.jsonl LABELS.csv

Average linkage in which a face counts by a power of its detection score and of its size, with the
rule that one photo shows a person once, and without. Powers and threshold are those of the highest
B-cubed F on half A of the identities; half B reports what they are worth. Needs numpy.
"""

import argparse

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


def report(title, joins, count, judged, threshold):
    truth = [name for _, name in judged]
    home = cut(count, joins, threshold)
    print(f"{title}, threshold {threshold:.2f}")
    for name, chosen in halves(truth):
        print(f"    {name:6} " + clusters_report([truth[i] for i in chosen],
                                                 [home[judged[i][0]] for i in chosen]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("embeddings", metavar="EMBEDDINGS.jsonl")
    parser.add_argument("labels", metavar="LABELS.csv")
    options = parser.parse_args()
    photos = read_photos(options.embeddings)
    vectors, groups, judged = judged_faces(photos, read_labels(options.labels))
    faces = [face for photo in photos for face in photo["faces"]]
    score = np.array([face["score"] for face in faces])
    edge = np.sqrt(np.array([box_area(face) for face in faces]))
    thresholds = np.round(np.arange(1.1, 1.65, 0.02), 2)
    n = len(vectors)

    for title, rule in (("no rule for photos", None), ("one photo, one face", groups)):
        joins = merges_of(vectors, np.ones(n), rule)
        report(f"plain, {title}", joins, n, judged, best_cut(joins, n, judged, thresholds)[1])
    results = []
    for score_power in (0, 1, 4, 16):
        for edge_power in (0, 0.5, 1, 2):
            weights = score ** score_power * np.minimum(edge / 112, 1) ** edge_power
            joins = merges_of(vectors, np.maximum(weights, 1e-3), groups)
            value, threshold = best_cut(joins, n, judged, thresholds)
            results.append((value, -score_power, -edge_power, threshold, joins))
            print(f"  score^{score_power} size^{edge_power}: half A {value:.4f} at {threshold:.2f}")
    value, score_power, edge_power, threshold, joins = max(results, key=lambda result: result[:4])
    report(f"weights score^{-score_power} size^{-edge_power}", joins, n, judged, threshold)


if __name__ == "__main__":
    main()
