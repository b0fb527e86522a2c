#!/usr/bin/python3
"""Checks `facenet cluster --embeddings` against flat clusters that fastcluster made.

    scripts/bench/clustering.py FACENET_BINARY DATA_DIR

DATA_DIR holds pairs of files NAME.npy (float32, one row a face) and NAME.csv, whose columns
cluster_at_T number the cluster of each row for average linkage on squared Euclidean distance cut at
T. Prints a line for each cut; exit status 1 when a partition differs. Needs numpy.
"""

import argparse
import csv
import glob
import os
import sys

from bench_data import cluster
from measures import clusters_report


def by_first_appearance(labels):
    number = {}
    return [number.setdefault(label, len(number)) for label in labels]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("facenet", metavar="FACENET_BINARY")
    parser.add_argument("data", metavar="DATA_DIR")
    options = parser.parse_args()
    prefix = "cluster_at_"
    cuts = differing = 0
    for path in sorted(glob.glob(os.path.join(options.data, "*.csv"))):
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
        for column in (name for name in rows[0] if name.startswith(prefix)):
            expected = by_first_appearance([row[column] for row in rows])
            found = cluster(options.facenet, os.path.splitext(path)[0] + ".npy",
                            float(column.removeprefix(prefix)))
            same = by_first_appearance(found) == expected
            cuts += 1
            differing += not same
            print(f"{os.path.basename(path)} {column}: {max(expected) + 1} clusters,",
                  "the same" if same else "DIFFERENT: " + clusters_report(expected, found))
    if not cuts:
        sys.exit(f"no column {prefix}T in any CSV file of {options.data}")
    sys.exit(differing > 0)


if __name__ == "__main__":
    main()
