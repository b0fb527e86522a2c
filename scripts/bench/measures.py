#!/usr/bin/python3
"""Measures of clusterings and of verification, and a command that prints them.

    scripts/bench/measures.py --clusters FILE.csv   columns truth,cluster: one row a face
    scripts/bench/measures.py --pairs FILE.csv      columns distance,same,fold: one row a pair
    scripts/bench/measures.py --selftest            compares each measure with a brute-force one

Distances are squared Euclidean; a pair is accepted when its distance is at most the threshold.
Needs numpy.
"""

import argparse
import csv
import random
from collections import Counter

import numpy as np


def f_measure(precision, recall):
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def bcubed(truth, cluster):
    """B-cubed precision, recall and F: the mean over faces of how pure, and how complete, the
    cluster of each is."""
    if not truth:
        return 0.0, 0.0, 0.0
    both = Counter(zip(truth, cluster))
    people, clusters = Counter(truth), Counter(cluster)
    precision = sum(n * n / clusters[c] for (_, c), n in both.items()) / len(truth)
    recall = sum(n * n / people[t] for (t, _), n in both.items()) / len(truth)
    return precision, recall, f_measure(precision, recall)


def pairwise(truth, cluster):
    """Precision, recall and F over pairs of faces. Without any pair to judge, a share is 1."""
    def pairs(counter):
        return sum(n * (n - 1) // 2 for n in counter.values())
    together, same = pairs(Counter(cluster)), pairs(Counter(truth))
    right = pairs(Counter(zip(truth, cluster)))
    precision = right / together if together else 1.0
    recall = right / same if same else 1.0
    return precision, recall, f_measure(precision, recall)


def accuracy_at(distance, same, threshold):
    return float(np.mean((distance <= threshold) == same))


def best_threshold(distance, same):
    """The threshold of the highest accuracy, among all that differ in effect; the middle one where
    several are best. Returns (threshold, accuracy)."""
    finite = np.unique(distance[np.isfinite(distance)])
    if not len(finite):
        return 0.0, accuracy_at(distance, same, 0.0)
    candidates = np.concatenate([finite[:1] - 1e-6, (finite[:-1] + finite[1:]) / 2, finite[-1:]])
    accepted_same = np.searchsorted(np.sort(distance[same]), candidates, "right")
    accepted_other = np.searchsorted(np.sort(distance[~same]), candidates, "right")
    right = accepted_same + (np.count_nonzero(~same) - accepted_other)
    best = np.flatnonzero(right == right.max())
    return float(candidates[best[len(best) // 2]]), float(right.max() / len(distance))


def folds_of(fold):
    """For each fold, the masks (the other folds, this fold)."""
    return [(fold != f, fold == f) for f in np.unique(fold)]


def mean_and_error(values):
    """The mean and its standard error."""
    values = np.asarray(values, float)
    error = values.std(ddof=1) / np.sqrt(len(values)) if len(values) > 1 else 0.0
    return float(values.mean()), float(error)


def accuracy_over_folds(distance, same, fold):
    """Each fold judged at the best threshold of the others: (accuracies, thresholds)."""
    thresholds = [best_threshold(distance[rest], same[rest])[0] for rest, _ in folds_of(fold)]
    accuracies = [accuracy_at(distance[this], same[this], threshold)
                  for threshold, (_, this) in zip(thresholds, folds_of(fold))]
    return accuracies, thresholds


def threshold_at_far(distance, same, far):
    """Where the false accept rate is `far`, interpolated between the distances of the different
    pairs. Below the first of them nothing is accepted falsely; a rate that is out of reach of so
    few pairs gives that."""
    others = np.sort(distance[~same])
    if far * len(others) < 1:
        return float(np.nextafter(others[0], -np.inf))
    return float(np.interp(far * len(others), np.arange(1, len(others) + 1), others))


def val_at_far(distance, same, fold, far):
    """Validation rate of each fold at the threshold where the other folds have that false accept
    rate: (VAL of each fold, FAR of each fold)."""
    vals, fars = [], []
    for rest, this in folds_of(fold):
        accepted = distance[this] <= threshold_at_far(distance[rest], same[rest], far)
        vals.append(float(accepted[same[this]].mean()))
        fars.append(float(accepted[~same[this]].mean()))
    return vals, fars


def auc(distance, same):
    """The share of (same, different) pairs of pairs in the right order; ties count half."""
    others = np.sort(distance[~same])
    mine = distance[same]
    below = np.searchsorted(others, mine, "left")
    up_to = np.searchsorted(others, mine, "right")
    return 1 - float(np.mean((below + up_to) / 2)) / len(others)


def clusters_report(truth, cluster):
    """The clustering measures in one line."""
    return ("B-cubed P {:.4f} R {:.4f} F {:.4f}   pairwise P {:.4f} R {:.4f} F {:.4f}"
            .format(*bcubed(truth, cluster), *pairwise(truth, cluster)))


def pairs_report(distance, same, fold, far=1e-3):
    """The verification measures as a dictionary."""
    accuracies, thresholds = accuracy_over_folds(distance, same, fold)
    accuracy, error = mean_and_error(accuracies)
    vals, fars = val_at_far(distance, same, fold, far)
    val, val_error = mean_and_error(vals)
    return {"pairs": len(distance), "accuracy": accuracy, "standard_error": error,
            "auc": auc(distance, same), "far": far, "val": val, "val_standard_error": val_error,
            "far_measured": float(np.mean(fars)), "thresholds": thresholds,
            "threshold": best_threshold(distance, same)[0]}


def brute_bcubed(truth, cluster):
    n = range(len(truth))
    precision = recall = 0.0
    for i in n:
        right = sum(truth[j] == truth[i] and cluster[j] == cluster[i] for j in n)
        precision += right / sum(cluster[j] == cluster[i] for j in n) / len(truth)
        recall += right / sum(truth[j] == truth[i] for j in n) / len(truth)
    return precision, recall, f_measure(precision, recall)


def brute_pairwise(truth, cluster):
    pairs = [(truth[i] == truth[j], cluster[i] == cluster[j])
             for i in range(len(truth)) for j in range(i)]
    right = sum(t and c for t, c in pairs)
    together, same = sum(c for _, c in pairs), sum(t for t, _ in pairs)
    precision = right / together if together else 1.0
    recall = right / same if same else 1.0
    return precision, recall, f_measure(precision, recall)


def selftest_clusters(rng):
    for _ in range(300):
        n = rng.randint(1, 25)
        truth = [rng.randint(0, 6) for _ in range(n)]
        cluster = [rng.randint(0, 6) for _ in range(n)]
        assert np.allclose(bcubed(truth, cluster), brute_bcubed(truth, cluster))
        assert np.allclose(pairwise(truth, cluster), brute_pairwise(truth, cluster))
    # By hand: aab|b. Precision (2/3 + 2/3 + 1/3 + 1)/4, recall (1 + 1 + 1/2 + 1/2)/4.
    assert np.allclose(bcubed("aabb", [0, 0, 0, 1])[:2], (2 / 3, 3 / 4))
    assert np.allclose(pairwise("aabb", [0, 0, 0, 1])[:2], (1 / 3, 1 / 2))


def selftest_pairs(rng):
    for _ in range(200):
        n = rng.randint(6, 40)
        # Few different values, so that ties are common.
        distance = np.array([rng.randint(0, 12) / 4 for _ in range(n)])
        same = np.array([rng.random() < 0.5 for _ in range(n)])
        same[:2] = True, False
        every = [accuracy_at(distance, same, t) for t in np.arange(-1, 4, 0.05)]
        threshold, accuracy = best_threshold(distance, same)
        assert np.isclose(accuracy, max(every))
        assert np.isclose(accuracy, accuracy_at(distance, same, threshold))
        order = [(a < b) + (a == b) / 2 for a in distance[same] for b in distance[~same]]
        assert np.isclose(auc(distance, same), np.mean(order))
    distance = np.arange(1.0, 11.0)
    other = np.zeros(10, bool)
    assert np.isclose(threshold_at_far(distance, other, 0.25), 2.5)
    assert np.isclose(threshold_at_far(distance, other, 0.01), 1.0)
    # Two folds, hand-made: each fold's threshold at FAR 0.5 comes from the other.
    distance = np.array([0.1, 0.9, 0.2, 1.0, 0.3, 2.0, 1.5, 3.0])
    same = np.array([True, True, False, False] * 2)
    fold = np.array([0] * 4 + [1] * 4)
    assert val_at_far(distance, same, fold, 0.5) == ([1.0, 0.0], [1.0, 0.0])
    assert np.allclose(mean_and_error([1, 2, 3]), (2, 1 / np.sqrt(3)))


def selftest():
    rng = random.Random(1)
    selftest_clusters(rng)
    selftest_pairs(rng)
    print("measures: as brute force has them")


def read_columns(path, *names):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return [[row[name] for row in rows] for name in names]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--clusters", metavar="FILE.csv")
    what.add_argument("--pairs", metavar="FILE.csv")
    what.add_argument("--selftest", action="store_true")
    options = parser.parse_args()
    if options.selftest:
        selftest()
    elif options.clusters:
        print(clusters_report(*read_columns(options.clusters, "truth", "cluster")))
    else:
        distance, same, fold = read_columns(options.pairs, "distance", "same", "fold")
        report = pairs_report(np.array(distance, float), np.array(same) == "1", np.array(fold))
        for name, value in report.items():
            print(name, value)


if __name__ == "__main__":
    main()
