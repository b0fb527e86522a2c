#!/usr/bin/python3
"""What it does to grouping that photos of one moment count once.

    facenet embed ALBUM VIDEOS --catalog all.db --model M
    scripts/bench/bursts.py all.db VIDEOS [--album ALBUM LABELS.csv] [--facenet PROGRAM]

VIDEOS is a folder of frames in folders PERSON/VIDEO (YouTube Faces); the face nearest the centre counts.
Frames of one video stand for photos of one burst. The catalog is grouped three times: as if nothing were
known of moments, with what photos look like as a whole, and with times, too, by which the frames of one
video were taken together, and videos days apart. Prints B-cubed F (precision recall) and pairwise F, of
each half of the people: over all faces, and over those that are recognisable.
"""

import argparse
import os
import sqlite3
import subprocess
import tempfile

import numpy as np

from bench_data import half_of, read_labels
from measures import bcubed, pairwise
from recognisability import FACES


def counting_faces(catalog, options):
    """{face: identity} of the face of each photo that counts."""
    labels = read_labels(options.album[1]) if options.album else {}
    best = {}
    for path, width, height, face, x, y, box_width, box_height in sqlite3.connect(
            f"file:{catalog}?mode=ro", uri=True).execute(FACES):
        path = os.fsdecode(path)
        if path.startswith(os.path.abspath(options.videos) + "/"):
            identity = "video " + os.path.basename(os.path.dirname(os.path.dirname(path)))
            score = -np.hypot(x + box_width / 2 - width / 2, y + box_height / 2 - height / 2)
        else:
            identity = labels.get(os.path.basename(path))
            score = box_width * box_height
        if identity is not None and (path not in best or score > best[path][0]):
            best[path] = score, face, identity
    return {face: identity for _, face, identity in best.values()}


def set_moments(connection, videos, looks, times):
    if not looks:
        connection.execute("UPDATE photo SET perceptual_hash = NULL")
    if not times:
        return
    day_of = {}
    for photo, path in connection.execute("SELECT photo, path FROM path WHERE photo IS NOT NULL").fetchall():
        folder = os.path.dirname(os.fsdecode(path))
        if folder.startswith(os.path.abspath(videos) + "/"):
            day = day_of.setdefault(folder, len(day_of) + 1)
            connection.execute("UPDATE photo SET taken = ? WHERE id = ?", (day * 86_400, photo))


def group(options, looks, times, folder):
    """{face: person}, and the faces that are not recognisable."""
    copy = os.path.join(folder, "copy.db")
    with sqlite3.connect(options.catalog) as source, sqlite3.connect(copy) as connection:
        source.backup(connection)
        set_moments(connection, options.videos, looks, times)
    subprocess.run([options.facenet, "cluster", "--rebuild", "--catalog", copy, "--model", options.model,
                    "--json", "--quiet"], check=True, stdout=subprocess.DEVNULL)
    connection = sqlite3.connect(copy)
    people = dict(connection.execute("SELECT face, person FROM membership"))
    return people, {face for face, in connection.execute("SELECT face FROM unrecognisable")}


def text(identities, faces, people):
    truth = [identities[face] for face in faces]
    found = [people[face] for face in faces]
    precision, recall, f = bcubed(truth, found)
    return f"{len(faces):6} {f:.3f} ({precision:.3f} {recall:.3f}) / {pairwise(truth, found)[2]:.3f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalog")
    parser.add_argument("videos")
    parser.add_argument("--album", nargs=2, metavar=("ALBUM", "LABELS.csv"))
    parser.add_argument("--model", default="mobilefacenet-512")
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    identities = counting_faces(options.catalog, options)
    for name, looks, times in (("nothing", False, False), ("looks", True, False),
                               ("looks and times", True, True)):
        with tempfile.TemporaryDirectory() as folder:
            people, weak = group(options, looks, times, folder)
        for half in "AB":
            faces = [face for face in people if face in identities and half_of(identities[face]) == half]
            clear = [face for face in faces if face not in weak]
            print(f"{name:16} half {half}  all {text(identities, faces, people)}"
                  f"  recognisable {text(identities, clear, people)}", flush=True)


if __name__ == "__main__":
    main()
