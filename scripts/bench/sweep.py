#!/usr/bin/python3
"""Finds the clustering threshold of a model on a labelled album.

    facenet embed PHOTOS --output album.jsonl
    scripts/bench/sweep.py album.jsonl LABELS.csv --facenet build/release/cmd/facenet

Clusters all faces at each threshold and judges the largest face of each labelled photo (columns
photo,identity). The threshold of the highest B-cubed F on half A of the identities is the tuned
one; half B reports what it is worth. Needs numpy.
"""

import argparse
import os

import numpy as np

from bench_data import box_area, cluster, halves, read_labels, read_photos
from measures import bcubed, clusters_report


def judged_faces(photos, labels):
    """(embeddings of all faces, the photo number of each, [(row, identity)] of those judged)."""
    embeddings, groups, judged = [], [], []
    for number, photo in enumerate(photos):
        faces = photo["faces"]
        identity = labels.get(os.path.basename(photo["photo"]))
        if faces and identity is not None:
            largest = max(range(len(faces)), key=lambda i: box_area(faces[i]))
            judged.append((len(embeddings) + largest, identity))
        embeddings += [face["embedding"] for face in faces]
        groups += [number] * len(faces)
    return np.array(embeddings, np.float32), groups, judged


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("embeddings", metavar="EMBEDDINGS.jsonl")
    parser.add_argument("labels", metavar="LABELS.csv")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    parser.add_argument("--from", dest="low", type=float, default=0.7)
    parser.add_argument("--to", dest="high", type=float, default=1.8)
    parser.add_argument("--step", type=float, default=0.05)
    parser.add_argument("--no-photos", action="store_true",
                        help="let two faces of one photo be one person")
    options = parser.parse_args()

    embeddings, groups, judged = judged_faces(read_photos(options.embeddings),
                                              read_labels(options.labels))
    identity = [name for _, name in judged]
    print(f"{len(embeddings)} faces, {len(judged)} judged, {len(set(identity))} identities")
    best = (-1.0, 0.0, "")
    steps = round((options.high - options.low) / options.step)
    for threshold in (round(options.low + i * options.step, 6) for i in range(steps + 1)):
        clusters = cluster(options.facenet, embeddings, threshold,
                           None if options.no_photos else groups)
        found = [clusters[row] for row, _ in judged]
        lines = []
        for name, chosen in halves(identity):
            truth, guess = [identity[i] for i in chosen], [found[i] for i in chosen]
            lines.append(f"{threshold:8.3f}  {name:6}  {clusters_report(truth, guess)}")
            if name == "half A":
                tuned = bcubed(truth, guess)[2]
        print("\n".join(lines), flush=True)
        if tuned > best[0]:
            best = (tuned, threshold, lines[1])
    print(f"\nbest on half A: {best[1]} (B-cubed F {best[0]:.4f}); on the other half:\n{best[2]}")


if __name__ == "__main__":
    main()
