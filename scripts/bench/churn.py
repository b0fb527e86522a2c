#!/usr/bin/python3
"""How many faces leave their group as a library grows, by the default rule and by a plain cut.

    scripts/bench/churn.py album.db LABELS.csv crowd.db --model M [--facenet PROGRAM] [--before D]

Catalogs as for libraries.py. Of each library (the album, the crowd, both together, in an order that
was drawn) half is grouped, then all; then 99 % and all. A face has left if it is not with the faces
that most of its group of before are with. Then the album alone, and with 10 times as many strangers.
"""

import random
import tempfile
from collections import Counter

import numpy as np

from libraries import cut, group, parser_of, read_album, read_crowd, strangers


def share_left(before, after):
    """Of the faces of `before`, those that are not in the main part of their group in `after`."""
    parts = {}
    for old, new in zip(before, after):
        parts.setdefault(old, Counter())[new] += 1
    stayed = sum(part.most_common(1)[0][1] for part in parts.values())
    return 1 - stayed / len(before)


def main():
    options = parser_of(__doc__.partition("\n")[0]).parse_args()
    album = read_album(options.album, options.labels, options.model)
    crowd = read_crowd(options.crowd, options.model)

    def grow(name, first, rest):
        with tempfile.TemporaryDirectory() as folder:
            results = []
            for faces in (first, first + rest):
                vectors = np.stack([vector for _, vector in faces])
                clusters, tree = group(options.facenet, options.model, vectors, folder)
                results.append((clusters, cut(tree, options.before)))
        shares = [share_left(results[0][way], results[1][way]) for way in (0, 1)]
        print(f"{name:34} {len(first):6} + {len(rest):5}  rule {100 * shares[0]:.2f} %"
              f"  cut {options.before} {100 * shares[1]:.2f} %", flush=True)

    for name, faces in (("album", album), ("crowd", crowd), ("album and crowd", album + crowd)):
        order = list(faces)
        random.Random(2).shuffle(order)
        half, most = len(order) // 2, len(order) * 99 // 100
        grow(name + ", doubled", order[:half], order[half:])
        grow(name + ", 1 % more", order[:most], order[most:])
    grow("album, 10x strangers added", album, strangers(crowd, 10 * len(album)))


if __name__ == "__main__":
    main()
