#!/usr/bin/python3
"""How long `people` waits while a large catalog is grouped.

    scripts/bench/latency.py --faces 200000 --facenet build/release/cmd/facenet

Fills a catalog with synthetic faces as growth.py does, groups it once, then groups it from scratch and meanwhile gives one
name after the other. Prints how many names were given and how long each took (median, 99th percentile, longest), the
same while nothing else ran, how long the grouping took, and whether every name is there afterwards. Needs numpy.
"""

import argparse
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

import numpy as np

from growth import add_faces, people_of, run, vectors_of


def give_names(facenet, catalog, people, going_on):
    """Seconds that each name took, as long as `going_on()`, and how many were refused."""
    seconds, refused = [], 0
    while going_on(len(seconds)):
        person = people[len(seconds) % len(people)]
        began = time.monotonic()
        done = subprocess.run([facenet, "people", "name", str(person), f"name {len(seconds)} of {person}", "-q",
                               "--catalog", catalog], check=False)
        seconds.append(time.monotonic() - began)
        refused += done.returncode != 0
    return seconds, refused


def report(title, seconds, refused):
    median, rare = np.percentile(seconds, [50, 99])
    print(f"{title:28} {len(seconds):6} names: {1000 * median:.0f} ms, 99 % below {1000 * rare:.0f} ms, "
          f"longest {1000 * max(seconds):.0f} ms, {refused} refused", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=int, default=200_000)
    parser.add_argument("--dimension", type=int, default=512, help="that of the default model")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        catalog, empty = os.path.join(folder, "catalog.db"), os.path.join(folder, "empty")
        os.mkdir(empty)
        run(options.facenet, catalog, empty)  # makes the catalog and its model
        add_faces(catalog, vectors_of(rng, people_of(rng, options.faces), options.dimension), 1)
        document, groups = run(options.facenet, catalog)
        print(f"{options.faces} faces in {len(groups)} people, grouped in {document['seconds']['cluster']:.1f} s", flush=True)
        connection = sqlite3.connect(catalog)
        people = [row[0] for row in connection.execute(
            "SELECT person FROM membership GROUP BY person ORDER BY count(*) DESC, person LIMIT 500")]
        connection.close()
        report("nothing else runs", *give_names(options.facenet, catalog, people, lambda given: given < 50))

        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            began = time.monotonic()
            grouping = subprocess.Popen([options.facenet, "cluster", "--rebuild", "-q", "--catalog", catalog],
                                        stdout=nowhere)
            seconds, refused = give_names(options.facenet, catalog, people, lambda _: grouping.poll() is None)
            print(f"the grouping took {time.monotonic() - began:.1f} s, status {grouping.wait()}")
        report("during the grouping", seconds, refused)
        log = json.loads(subprocess.run([options.facenet, "people", "log", "--json", "-q", "--catalog", catalog],
                                        stdout=subprocess.PIPE, check=True).stdout)["facts"]
        expected = 50 + len(seconds) - refused
        print(f"{len(log)} facts of {expected}")
        check = subprocess.run([options.facenet, "catalog", "check", "-q", "--catalog", catalog], check=False)
    sys.exit(check.returncode != 0 or len(log) != expected or refused > 0 or grouping.returncode != 0)


if __name__ == "__main__":
    main()
