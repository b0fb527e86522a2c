#!/usr/bin/python3
"""What forgetting one person costs in a large catalog, and that no byte of them is left.

    scripts/bench/forget.py --faces 100000 --facenet build/release/cmd/facenet

Fills a catalog with synthetic faces as growth.py does, groups it, names the largest person, forgets
them, and groups again. Prints the seconds and the memory of each command and the sizes of the file;
looks for the name and the vectors in the bytes of the file. Needs numpy.
"""

import argparse
import os
import sqlite3
import subprocess
import sys
import tempfile
import time

import numpy as np

from growth import add_faces, people_of, run, vectors_of

NAME = "Annabella Forgettable"


def timed(title, command):
    """Runs it, and prints how long it took and how much memory at most."""
    start = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status != 0:
        sys.exit(f"{' '.join(command)} ended with status {os.waitstatus_to_exitcode(status)}")
    print(f"{title:34} {time.monotonic() - start:9.3f} s  {usage.ru_maxrss / 1024:7.0f} MiB", flush=True)


def largest_person(catalog):
    """Their number, and the vectors of their faces."""
    connection = sqlite3.connect(catalog)
    person, _ = connection.execute(
        "SELECT person, count(*) FROM membership GROUP BY person ORDER BY 2 DESC LIMIT 1").fetchone()
    vectors = [row[0] for row in connection.execute(
        "SELECT vector FROM embedding JOIN membership USING (face) WHERE person = ?", (person,))]
    connection.close()
    return person, vectors


def find_bytes(catalog, parts):
    """How many of the parts stand in the file, or beside it."""
    whole = b""
    for ending in ("", "-wal", "-shm"):
        if os.path.exists(catalog + ending):
            with open(catalog + ending, "rb") as file:
                whole += file.read()
    return sum(part in whole for part in parts)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512, help="that of the default model")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    with tempfile.TemporaryDirectory() as folder:
        catalog = os.path.join(folder, "catalog.db")
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        run(options.facenet, catalog, empty)  # makes the catalog and its model
        add_faces(catalog, vectors_of(rng, people_of(rng, options.faces), options.dimension), 1)

        def facenet(title, *arguments):
            timed(title, [options.facenet, *arguments, "-q", "--catalog", catalog])

        def size():
            print(f"{'size of the file':34} {os.path.getsize(catalog) / 2**20:9.1f} MiB")

        with open(os.devnull, "w") as nowhere:
            subprocess.run([options.facenet, "cluster", "-q", "--catalog", catalog], stdout=nowhere, check=True)
        person, vectors = largest_person(catalog)
        facenet(f"name a person of {len(vectors)} faces", "people", "name", str(person), NAME)
        size()
        parts = [NAME.encode(), *vectors]
        print(f"{find_bytes(catalog, parts)} of {len(parts)} byte strings are in the file", flush=True)
        facenet("forget that person", "forget", NAME, "--yes")
        size()
        left = find_bytes(catalog, parts)
        print(f"{left} of {len(parts)} byte strings are in the file", flush=True)
        facenet("check", "catalog", "check")
        document, _ = run(options.facenet, catalog)
        print(f"{'group again':34} {document['seconds']['cluster']:9.3f} s  computed "
              f"{document['changes']['computed']}")
        sys.exit(left > 0)


if __name__ == "__main__":
    main()
