#!/usr/bin/python3
"""Writes golden_linkage.h: what fastcluster makes of the vectors of golden_test.cpp.

    python3 test/index/make_golden.py > test/index/golden_linkage.h

Needs numpy, scipy and fastcluster. The vectors come from the same generator as in the test; all
are multiples of 2^-10 below 64, so that float32 holds them exactly.
"""

import fastcluster
import numpy as np
from scipy.cluster.hierarchy import fcluster
from scipy.spatial.distance import pdist

COUNT, DIMENSION, PEOPLE = 80, 12, 13
CUTS = (80.0, 120.0, 500.0, 1100.0)


def generator(state=20150612):
    while True:
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        yield state >> 33


def vectors():
    random = generator()
    centres = [[next(random) % 30 for _ in range(DIMENSION)] for _ in range(PEOPLE)]
    rows = []
    for _ in range(COUNT):
        centre = centres[next(random) % PEOPLE]
        rows.append([c + (next(random) % 8192) / 1024 for c in centre])
    return np.array(rows)


def by_first_appearance(labels):
    number = {}
    return [number.setdefault(label, len(number)) for label in labels]


def table(values, text):
    lines, line = [], "   "
    for value in values:
        item = f" {text(value)},"
        if len(line) + len(item) > 100:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join(lines + [line])


def main():
    linkage = fastcluster.linkage(pdist(vectors(), "sqeuclidean"), "average")
    heights = linkage[:, 2]
    gaps = np.diff(np.sort(heights))
    assert gaps.min() > 1e-6, "ties would make the partition a matter of taste"
    print("// Written by make_golden.py with fastcluster", fastcluster.__version__)
    print("#pragma once\n\n#include <array>\n\nnamespace facenet::golden {\n")
    print(f"inline constexpr std::array<double, {COUNT - 1}> kHeights{{")
    print(table(heights, lambda h: repr(float(h))), "\n};", sep="")
    print(f"\nstruct Cut {{\n  double threshold;\n  std::array<int, {COUNT}> cluster;\n}};")
    print(f"inline constexpr std::array<Cut, {len(CUTS)}> kCuts{{{{")
    for cut in CUTS:
        assert np.abs(heights - cut).min() > 1e-6
        clusters = by_first_appearance(fcluster(linkage, cut, "distance"))
        print(f"    {{{cut},\n     {{{{\n{table(clusters, str)}\n     }}}}}},")
    print("}};\n\n}  // namespace facenet::golden")


if __name__ == "__main__":
    main()
