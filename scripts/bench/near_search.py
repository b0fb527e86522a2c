#!/usr/bin/python3
"""The search of `facenet cluster --embeddings FILE --approximate` against FAISS's inverted file.

    scripts/bench/near_search.py NEAR_SEARCH_BENCH DATA_DIR [--counts 20000,200000]
        [--probes 8,16,32] [--threads 1] [--dimension 512] [--threshold 1.2]

Vectors are the synthetic people of linkage.py, which also says what DATA_DIR holds. NEAR_SEARCH_BENCH
is the program of test/bench (cmake -DFACENET_BUILD_BENCH=ON). One line for each way: seconds of the
search with the making of its index, processor seconds, peak memory above that of the vectors,
recall. Needs numpy.
"""

import argparse
import os
import tempfile

import numpy as np

import linkage


def measure(options, path, count, *way):
    wall, _, peak, out = linkage.run([options.bench, path, repr(options.threshold),
                                      str(options.threads), *way])
    search, processor, recall, pairs = out.split()
    more = peak - count * options.dimension * 4 / 2**20
    print(f"  {' '.join(way):10} {float(search):8.2f} s  CPU {float(processor):8.2f} s  "
          f"{more:6.0f} MiB more  recall {float(recall):.4f}  {int(pairs):,} pairs  "
          f"({wall:.0f} s with the measuring)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("bench", metavar="NEAR_SEARCH_BENCH")
    parser.add_argument("data", metavar="DATA_DIR")
    parser.add_argument("--counts", type=linkage.sizes, default=[20000, 200000])
    parser.add_argument("--probes", type=linkage.sizes, default=[8, 16, 32])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--dimension", type=int, default=512)
    parser.add_argument("--threshold", type=float, default=1.2)
    options = parser.parse_args()

    print(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} at the start")
    cosines, variances = linkage.calibrate(options.data)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "vectors.npy")
        for count in options.counts:
            vectors, person = linkage.people(count, options.dimension, cosines, variances)
            np.save(path, vectors)
            print(f"\n{count:,} vectors of {options.dimension}: "
                  f"{linkage.describe(vectors, person)}", flush=True)
            del vectors
            measure(options, path, count, "ours")
            for probes in options.probes:
                measure(options, path, count, "faiss", str(probes))
    print(f"\nload {os.getloadavg()[0]:.1f} at the end")


if __name__ == "__main__":
    main()
