#!/usr/bin/python3
"""Time and peak memory of average linkage: facenet against fastcluster and scikit-learn.

    scripts/bench/linkage.py FACENET_BINARY DATA_DIR [--peers 5000,10000,20000]
        [--alone 50000,100000,200000] [--approximate 1000000] [--dimension 512] [--weak]

Vectors are synthetic people: sizes by Zipf's law, twenty faces a person in the mean; how far a face
lies from its person is drawn from what a file NAME.npy with NAME.csv (column identity) of DATA_DIR
shows, and the axes of the space vary as there. --weak halves the cosine of a face to its person, so
that far more pairs are within the threshold. Every program runs in a process of its own. Prints a
line for each run, the partitions of facenet compared with those of fastcluster at several cuts, and
the growth exponent between sizes. Needs numpy, scipy, fastcluster and scikit-learn.
"""

import argparse
import csv
import glob
import json
import math
import os
import subprocess
import sys
import tempfile
import time

import numpy as np

FACES_PER_PERSON = 20
# A process starts with the peak memory of the one that it comes from: this one is small.
LAUNCHER = """
import json, os, sys, time
start = time.monotonic()
child = os.fork()
if child == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    json.dump([time.monotonic() - start, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024],
              file)
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""
PEER = """
import sys, numpy as np
x = np.load(sys.argv[2]).astype(float)
if sys.argv[1] == "fastcluster":
    import fastcluster
    from scipy.spatial.distance import pdist
    tree = fastcluster.linkage(pdist(x, "sqeuclidean"), "average", preserve_input=False)
    np.save(sys.argv[3], tree)
else:
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.metrics import pairwise_distances
    AgglomerativeClustering(None, metric="precomputed", linkage="average",
                            distance_threshold=float(sys.argv[4])
                            ).fit(pairwise_distances(x, metric="sqeuclidean"))
"""


def calibrate(folder):
    """(cosines of faces to the centre of their person's other faces, variances along the axes)"""
    cosines, variances = [], []
    for path in sorted(glob.glob(os.path.join(folder, "*.csv"))):
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        if not rows or "identity" not in rows[0]:
            continue
        x = np.load(os.path.splitext(path)[0] + ".npy").astype(float)
        identity = np.array([row["identity"] for row in rows])
        for person in sorted(set(identity)):
            faces = x[identity == person]
            if len(faces) < 4:
                continue
            rest = faces.sum(0) - faces
            cosines += list((faces * rest).sum(1) / np.linalg.norm(rest, axis=1))
        variances = np.maximum(np.linalg.eigvalsh(np.cov(x.T))[::-1], 0)
    if not cosines:
        sys.exit(f"no NAME.npy with NAME.csv (column identity) in {folder}")
    return np.array(cosines), variances


def people(count, dimension, cosines, variances, seed=1):
    """count unit vectors, and the person of each."""
    random = np.random.default_rng(seed)
    persons = max(1, count // FACES_PER_PERSON)
    share = 1 / np.arange(1, persons + 1)
    person = random.choice(persons, count, p=share / share.sum())
    axes = np.linspace(0, 1, dimension)
    spread = np.sqrt(np.interp(axes, np.linspace(0, 1, len(variances)), variances))
    spread = spread.astype(np.float32)

    def directions(n):
        x = random.standard_normal((n, dimension), np.float32) * spread
        return x / np.linalg.norm(x, axis=1, keepdims=True)

    centres = directions(persons)
    vectors = np.empty((count, dimension), np.float32)
    for begin in range(0, count, 1 << 16):
        centre = centres[person[begin:begin + (1 << 16)]]
        cosine = random.choice(cosines, len(centre)).astype(np.float32)[:, None]
        aside = directions(len(centre))
        aside -= (aside * centre).sum(1, keepdims=True) * centre
        aside /= np.linalg.norm(aside, axis=1, keepdims=True)
        vectors[begin:begin + (1 << 16)] = centre * cosine + aside * np.sqrt(1 - cosine**2)
    return vectors, person


def describe(vectors, person):
    pairs = np.random.default_rng(0).integers(0, len(vectors), (200_000, 2))
    distance = ((vectors[pairs[:, 0]] - vectors[pairs[:, 1]]) ** 2).sum(1)
    same = person[pairs[:, 0]] == person[pairs[:, 1]]
    return (f"{len(set(person))} people, mean squared distance {distance[same].mean():.2f} within, "
            f"{distance[~same].mean():.2f} between (deviation {distance[~same].std():.2f})")


def run(command):
    """(wall seconds, CPU seconds, peak MiB, stdout) of a process."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as out:
        figures = os.path.join(folder, "figures")
        done = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, figures, *command],
                              stdout=out, check=False)
        if done.returncode:
            sys.exit(f"{' '.join(command[:6])} ended with status {done.returncode}")
        out.seek(0)
        with open(figures) as file:
            return (*json.load(file), out.read())


def by_first_appearance(labels):
    _, first, inverse = np.unique(labels, return_index=True, return_inverse=True)
    rank = np.empty(len(first), int)
    rank[np.argsort(first)] = np.arange(len(first))
    return rank[inverse]


class Bench:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.cosines, self.variances = calibrate(options.data)
        if options.weak:
            self.cosines = self.cosines / 2
        self.before = None

    def make(self, count):
        path = os.path.join(self.folder, "vectors.npy")
        vectors, person = people(count, self.options.dimension, self.cosines, self.variances)
        np.save(path, vectors)
        print(f"\n{count:,} vectors of {self.options.dimension}: {describe(vectors, person)}")
        return path, person

    def facenet(self, path, *more):
        return [self.options.facenet, "cluster", "--embeddings", path, "--threshold",
                repr(self.options.threshold), "--json", *more]

    def report(self, name, result, note=""):
        wall, cpu, peak, _ = result
        print(f"  {name:22} {wall:9.2f} s  CPU {cpu:9.2f} s  peak {peak:8.0f} MiB  {note}",
              flush=True)

    def ours(self, count, path, person, *more):
        result = run(self.facenet(path, *more))
        found = json.loads(result[3])
        clusters = found["clusters"]
        note = f"{max(clusters) + 1} clusters, B-cubed F {bcubed_f(person, clusters):.4f}"
        if "recall" in found:
            note += f", recall {found['recall']:.4f}"
        if self.before:
            n, wall = self.before
            note += f", exponent {math.log(result[0] / wall) / math.log(count / n):.2f}"
        self.before = None if more else (count, result[0])
        self.report("facenet " + " ".join(more), result, note)
        return result

    def against_peers(self, count):
        from scipy.cluster.hierarchy import fcluster
        path, person = self.make(count)
        ours = self.ours(count, path, person)
        tree = os.path.join(self.folder, "tree.npy")
        for peer in ("fastcluster", "scikit-learn"):
            theirs = run([sys.executable, "-c", PEER, peer, path, tree,
                          repr(self.options.threshold)])
            self.report(peer, theirs,
                        f"{theirs[0] / ours[0]:.1f} times the time, "
                        f"{theirs[2] / ours[2]:.1f} times the memory")
        linkage = np.load(tree)
        for cut in self.options.cuts:
            command = self.facenet(path)
            command[command.index("--threshold") + 1] = repr(cut)
            found = json.loads(run(command)[3])["clusters"]
            expected = by_first_appearance(fcluster(linkage, cut, "distance"))
            same = np.array_equal(found, expected)
            print(f"  cut {cut}: {max(found) + 1} clusters, "
                  + ("as fastcluster" if same else "DIFFERENT from fastcluster"))
            if not same:
                sys.exit(1)


def bcubed_f(truth, cluster):
    """As measures.bcubed, for a million faces."""
    pair, both = np.unique(np.stack([truth, cluster]), axis=1, return_counts=True)
    people, clusters = np.bincount(truth), np.bincount(cluster)
    precision = (both**2 / clusters[pair[1]]).sum() / len(truth)
    recall = (both**2 / people[pair[0]]).sum() / len(truth)
    return 2 * precision * recall / (precision + recall)


def sizes(text):
    return [int(size) for size in text.split(",") if size]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("facenet", metavar="FACENET_BINARY")
    parser.add_argument("data", metavar="DATA_DIR")
    parser.add_argument("--peers", type=sizes, default=[5000, 10000, 20000])
    parser.add_argument("--alone", type=sizes, default=[])
    parser.add_argument("--approximate", type=sizes, default=[])
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--threshold", type=float, default=1.2)
    parser.add_argument("--cuts", type=lambda text: [float(cut) for cut in text.split(",")],
                        default=[0.6, 0.9, 1.2, 1.5])
    parser.add_argument("--weak", action="store_true")
    options = parser.parse_args()

    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, folder)
        for count in options.peers:
            bench.against_peers(count)
        for count in options.alone:
            path, person = bench.make(count)
            bench.ours(count, path, person)
        bench.before = None
        for count in options.approximate:
            path, person = bench.make(count)
            bench.ours(count, path, person, "--approximate")
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
