#!/usr/bin/python3
"""What adding photos to a large catalog costs: growing the kept tree against clustering anew.

    scripts/bench/growth.py --faces 100000 --new 100 --facenet build/release/cmd/facenet

Fills a catalog with synthetic faces, written straight into its tables: people of Zipf sizes whose
vectors lie as far apart as those of the album (mean squared distance 0.93 inside a person, 2 between
people), one face a photo. Clusters it, adds --new more, clusters again, cuts elsewhere, and compares
with --rebuild on a copy: times (`seconds.cluster`), and whether the people are the same. Needs numpy.
"""

import argparse
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile

import numpy as np


def run(facenet, catalog, *arguments):
    """The JSON document, without the people, and the partition as a set of face numbers."""
    command = [facenet, "cluster", *arguments, "--json", "-q", "--catalog", catalog]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    document = json.loads(done.stdout)
    people = document.pop("people")
    groups = frozenset(frozenset(face["face"] for face in person["faces"]) for person in people)
    return document, groups


def people_of(rng, faces):
    """A person for each face: sizes by Zipf's law, the largest a hundredth of all faces or 300."""
    sizes = np.maximum(1, (max(300, faces // 100) / np.arange(1, faces + 1) ** 0.8).astype(int))
    person = np.repeat(np.arange(faces), sizes)[:faces]
    return rng.permutation(person)


def vectors_of(rng, person, dimension, inside=0.93):
    """Unit vectors whose mean squared distance inside a person is `inside`."""
    centres = {}
    noise = np.sqrt(inside / (2 - inside))  # |noise| for a centre of length one
    vectors = np.empty((len(person), dimension), np.float32)
    for i, who in enumerate(person):
        if who not in centres:
            centre = np.random.default_rng(int(who) + 17).standard_normal(dimension)
            centres[who] = centre / np.linalg.norm(centre)
        vector = centres[who] + noise * rng.standard_normal(dimension) / np.sqrt(dimension)
        vectors[i] = vector / np.linalg.norm(vector)
    return vectors


def add_faces(catalog, vectors, first):
    """One photo a face, numbered from `first`."""
    connection = sqlite3.connect(catalog)
    model = connection.execute("SELECT id FROM model").fetchone()[0]
    with connection:
        for i, vector in enumerate(vectors, first):
            connection.execute("INSERT INTO photo (id, sha256, format, width, height) VALUES (?, ?, 'jpeg', 100, 100)",
                               (i, np.random.default_rng(i).bytes(32)))
            connection.execute("INSERT INTO path (path, size, mtime_ns, photo, error, missing) "
                               "VALUES (?, 1, 1, ?, '', 0)", (f"/synthetic/{i}.jpg".encode(), i))
            connection.execute("INSERT INTO face (id, photo, x, y, width, height, score, landmarks) "
                               "VALUES (?, ?, 0, 0, 90, 90, 0.99, x'')", (i, i))
            connection.execute("INSERT INTO embedding (face, model, vector) VALUES (?, ?, ?)",
                               (i, model, vector.tobytes()))
    connection.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--new", type=int, default=100)
    parser.add_argument("--dimension", type=int, default=512, help="that of the default model")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    options = parser.parse_args()
    rng = np.random.default_rng(1)
    person = people_of(rng, options.faces + options.new)

    with tempfile.TemporaryDirectory() as folder:
        catalog, copy = os.path.join(folder, "catalog.db"), os.path.join(folder, "copy.db")
        empty = os.path.join(folder, "empty")
        os.mkdir(empty)
        run(options.facenet, catalog, empty)  # makes the catalog and its model
        vectors = vectors_of(rng, person, options.dimension)
        add_faces(catalog, vectors[:options.faces], 1)

        def report(title, document, groups):
            print(f"{title:34} {document['seconds']['cluster']:9.3f} s  computed "
                  f"{document['changes']['computed']:10}  {len(groups)} people", flush=True)

        report(f"{options.faces} faces", *run(options.facenet, catalog))
        report("another threshold", *run(options.facenet, catalog, "--threshold", "1.0"))
        report("back", *run(options.facenet, catalog))
        report("nothing new", *run(options.facenet, catalog))
        add_faces(catalog, vectors[options.faces:], options.faces + 1)
        shutil.copy(catalog, copy)
        grown, groups = run(options.facenet, catalog)
        report(f"{options.new} more faces", grown, groups)
        anew, expected = run(options.facenet, copy, "--rebuild")
        report("the same from scratch", anew, expected)
        print("the people are the same" if groups == expected else "THE PEOPLE DIFFER")
        sys.exit(groups != expected)


if __name__ == "__main__":
    main()
