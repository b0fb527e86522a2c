#!/usr/bin/python3
"""What it does to grouping that faces which are not recognisable make no people.

    scripts/bench/degrade.py PEOPLE DEGRADED
    facenet embed ALBUM CROWD DEGRADED VIDEOS --catalog all.db --model M
    scripts/bench/recognisability.py all.db --model M --album ALBUM LABELS.csv --crowd CROWD
        --degraded DEGRADED --videos VIDEOS [--half B] [--facenet PROGRAM]

ALBUM is a folder of photos with LABELS.csv (columns photo,identity; the largest face counts). The
others have a folder for each person, with one face that counts in each photo, the one nearest the
centre: CROWD (LFW), DEGRADED, and VIDEOS with one frame of each video (YouTube Faces). From these it
makes libraries, groups each by `facenet cluster` twice, with and without the evidence of the vectors,
and prints B-cubed F (precision recall) and pairwise F: over all faces, and over those that are
recognisable. Libraries of which the catalog has no faces are left out.
"""

import argparse
import os
import sqlite3
import subprocess
import tempfile

import numpy as np

from bench_data import half_of, read_labels
from libraries import strangers
from measures import bcubed, pairwise

FACES = """SELECT path.path, photo.width, photo.height, face.id, face.x, face.y, face.width, face.height
FROM embedding JOIN face ON face.id = embedding.face JOIN photo ON photo.id = face.photo
JOIN path ON path.photo = photo.id ORDER BY path.path, face.id"""


def counting_faces(catalog, options):
    """{face: (library, identity)} of the face of each photo that counts."""
    labels = read_labels(options.album[1])
    roots = [("album", options.album[0]), ("crowd", options.crowd),
             ("degraded", options.degraded), ("video", options.videos)]
    best = {}
    connection = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)
    for path, width, height, face, x, y, box_width, box_height in connection.execute(FACES):
        path = os.fsdecode(path)
        kind = next(kind for kind, root in roots if path.startswith(os.path.abspath(root) + "/"))
        if kind == "album":
            identity = labels.get(os.path.basename(path))
            score = box_width * box_height
        else:
            identity = os.path.basename(os.path.dirname(path))
            score = -np.hypot(x + box_width / 2 - width / 2, y + box_height / 2 - height / 2)
        if identity is not None and (path not in best or score > best[path][0]):
            best[path] = score, face, kind, f"{kind} {identity}"
    return {face: (kind, identity) for _, face, kind, identity in best.values()
            if not options.half or half_of(identity) == options.half}


def libraries(faces):
    def of(*kinds):
        return [face for face, (kind, _) in faces.items() if kind in kinds]
    def some(count):
        return [face for _, face in strangers(crowd, count)]
    album = of("album")
    crowd = [(identity, face) for face, (kind, identity) in faces.items() if kind == "crowd"]
    yield "album", album
    yield "crowd", of("crowd")
    yield "videos", of("video")
    yield "degraded", of("degraded")
    yield "album + degraded", album + of("degraded")
    yield "album + 3x strangers", album + some(3 * len(album))
    yield "album + 10x strangers", album + some(10 * len(album))
    yield "crowd + degraded", of("crowd", "degraded")


def group(program, catalog, kept, with_evidence, model, folder):
    """{face: person} of these faces, and those that are not recognisable."""
    copy = os.path.join(folder, "copy.db")
    if os.path.exists(copy):
        os.remove(copy)
    with sqlite3.connect(catalog) as source, sqlite3.connect(copy) as connection:
        source.backup(connection)
    connection = sqlite3.connect(copy)
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("CREATE TEMP TABLE kept (face INTEGER PRIMARY KEY)")
    connection.executemany("INSERT INTO kept VALUES (?)", [(face,) for face in kept])
    connection.execute("DELETE FROM embedding WHERE face NOT IN kept")
    if not with_evidence:
        connection.execute("DELETE FROM vector_evidence")
    connection.commit()
    connection.close()
    subprocess.run([program, "cluster", "--rebuild", "--catalog", copy, "--model", model, "--json",
                    "--quiet"], check=True, stdout=subprocess.DEVNULL)
    connection = sqlite3.connect(copy)
    people = dict(connection.execute("SELECT face, person FROM membership"))
    return people, {face for face, in connection.execute("SELECT face FROM unrecognisable")}


def text(faces, of, people):
    truth = [faces[face][1] for face in of]
    found = [people[face] for face in of]
    precision, recall, f = bcubed(truth, found)
    return f"{f:.3f} ({precision:.3f} {recall:.3f}) / {pairwise(truth, found)[2]:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalog")
    parser.add_argument("--album", nargs=2, required=True, metavar=("ALBUM", "LABELS.csv"))
    parser.add_argument("--crowd", required=True)
    parser.add_argument("--degraded", required=True)
    parser.add_argument("--videos", required=True)
    parser.add_argument("--model", default="mobilefacenet-512")
    parser.add_argument("--half", choices="AB")
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    faces = counting_faces(options.catalog, options)
    with tempfile.TemporaryDirectory() as folder:
        for name, kept in libraries(faces):
            if not kept:
                continue
            before, _ = group(options.facenet, options.catalog, kept, False, options.model, folder)
            after, weak = group(options.facenet, options.catalog, kept, True, options.model, folder)
            clear = [face for face in kept if face not in weak]
            print(f"{name:22} {len(kept):6} faces {len(weak):5} not recognisable"
                  f"  all: before {text(faces, kept, before)}, now {text(faces, kept, after)}"
                  f"  recognisable: before {text(faces, clear, before)}, now {text(faces, clear, after)}",
                  flush=True)


if __name__ == "__main__":
    main()
