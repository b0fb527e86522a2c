#!/usr/bin/python3
"""Average linkage as `facenet cluster` has it, next to DBSCAN and Chinese whispers.

    facenet embed PHOTOS --output faces.jsonl
    scripts/bench/methods.py faces.jsonl LABELS.csv|folders --facenet build/release/cmd/facenet

All three group the same vectors of all faces; judged is the largest face of each labelled photo
("folders": a photo's label is the name of its folder, as in LFW). DBSCAN (scikit-learn, two faces
make a core, what it calls noise is a person of its own) and Chinese whispers (Biemann 2006, with
equal weights, as dlib and its users have it) know no rule about photos; facenet runs with the rule
that one photo shows a person once, and without. Each has its threshold of the highest B-cubed F on
half A of the people; half B and all say what it is worth. Needs numpy and scikit-learn.
"""

import argparse
import os
import time

import numpy as np

from bench_data import cluster, halves, read_labels, read_photos
from measures import bcubed, clusters_report
from sweep import judged_faces

PASSES = 20  # of Chinese whispers; dlib makes 100, but labels stand still long before


def near_pairs(vectors, largest):
    """(i, j, squared distance) of the pairs below, block by block."""
    rows, columns, distances = [], [], []
    for begin in range(0, len(vectors), 2048):
        d = 2 - 2 * vectors[begin:begin + 2048] @ vectors.T
        i, j = np.nonzero(d < largest)
        kept = i + begin < j
        rows.append(i[kept] + begin)
        columns.append(j[kept])
        distances.append(d[i[kept], j[kept]])
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(distances)


def graph(pairs, count, threshold):
    from scipy.sparse import coo_matrix
    i, j, d = pairs
    kept = d < threshold
    matrix = coo_matrix((np.maximum(d[kept], 1e-9), (i[kept], j[kept])), (count, count)).tocsr()
    return matrix + matrix.T


def dbscan(pairs, count, threshold):
    from sklearn.cluster import DBSCAN
    from sklearn.neighbors import sort_graph_by_row_values
    edges = sort_graph_by_row_values(graph(pairs, count, threshold), warn_when_not_sorted=False)
    found = DBSCAN(eps=threshold, min_samples=2, metric="precomputed").fit(edges).labels_
    noise = found < 0
    found[noise] = found.max() + 1 + np.arange(noise.sum())
    return found.tolist()


def chinese_whispers(pairs, count, threshold, seed=1):
    edges = graph(pairs, count, threshold)
    label = np.arange(count)
    random = np.random.default_rng(seed)
    for _ in range(PASSES):
        changed = 0
        for node in random.permutation(count):
            near = edges.indices[edges.indptr[node]:edges.indptr[node + 1]]
            if not len(near):
                continue
            names, votes = np.unique(label[near], return_counts=True)
            name = names[votes.argmax()]
            changed += name != label[node]
            label[node] = name
        if not changed:
            break
    return label.tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("embeddings", metavar="EMBEDDINGS.jsonl")
    parser.add_argument("labels", metavar="LABELS.csv|folders")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    parser.add_argument("--linkage", type=lambda text: [float(t) for t in text.split(",")],
                        default=[1.3, 1.34, 1.38, 1.42, 1.46])
    parser.add_argument("--peers", type=lambda text: [float(t) for t in text.split(",")],
                        default=[0.7, 0.8, 0.9, 1.0, 1.1, 1.2])
    options = parser.parse_args()

    photos = read_photos(options.embeddings)
    if options.labels == "folders":
        labels = {os.path.basename(photo["photo"]):
                  os.path.basename(os.path.dirname(photo["photo"])) for photo in photos}
    else:
        labels = read_labels(options.labels)
    vectors, groups, judged = judged_faces(photos, labels)
    identity = [name for _, name in judged]
    print(f"{len(vectors)} faces, {len(judged)} judged, {len(set(identity))} people")
    pairs = near_pairs(vectors, max(options.peers))
    count = len(vectors)
    methods = {
        "facenet": (options.linkage, lambda t: cluster(options.facenet, vectors, t, groups)),
        "facenet, any photo": (options.linkage, lambda t: cluster(options.facenet, vectors, t)),
        "DBSCAN": (options.peers, lambda t: dbscan(pairs, count, t)),
        "Chinese whispers": (options.peers, lambda t: chinese_whispers(pairs, count, t)),
    }
    for name, (thresholds, method) in methods.items():
        best = (-1.0,)
        for threshold in thresholds:
            start = time.perf_counter()
            found = method(threshold)
            seconds = time.perf_counter() - start
            reports = {}
            for half, chosen in halves(identity):
                pair = ([identity[i] for i in chosen], [found[judged[i][0]] for i in chosen])
                reports[half] = (bcubed(*pair)[2], clusters_report(*pair))
            best = max(best, (reports["half A"][0], threshold, seconds, reports))
        _, threshold, seconds, reports = best
        print(f"{name}: threshold {threshold}, {seconds:.1f} s")
        for half, (_, report) in reports.items():
            print(f"  {half:6}  {report}", flush=True)


if __name__ == "__main__":
    main()
