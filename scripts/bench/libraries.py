#!/usr/bin/python3
"""How well the default rule groups libraries of different kinds, beside plain cuts.

    facenet embed ALBUM --catalog album.db --model M
    facenet embed CROWD --catalog crowd.db --model M
    scripts/bench/libraries.py album.db LABELS.csv crowd.db --model M [--videos videos.db]
        [--facenet PROGRAM]

ALBUM is a folder of photos with LABELS.csv (columns photo,identity; the largest face counts), CROWD
has a folder for each person, with one face that counts, the one nearest the centre (LFW). From these
it makes libraries: the album, the crowd, the people of the crowd with one photo, with two and more,
with five and more, and the album with 1, 3 and 10 times as many photos of strangers. For each it
prints B-cubed and pairwise F of the default rule, of the cut that was the default before
(--before D), and of the library's own best cut, which nobody could know.

With --videos, a catalog of some frames of each video in folders PERSON/VIDEO (YouTube Faces), there
are libraries of much that is nearly the same, as bursts are: the videos alone, and with the album and
with the crowd.

--half A or B takes half of the people of both only. Needs numpy.
"""

import argparse
import csv
import json
import os
import random
import sqlite3
import subprocess
import tempfile

import numpy as np

from bench_data import half_of
from measures import bcubed, pairwise


def read_faces(catalog, model):
    """Rows (path, width, height, x, y, width of the box, height of the box, vector)."""
    connection = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)
    return connection.execute(
        """SELECT path.path, photo.width, photo.height, face.x, face.y, face.width, face.height,
                  embedding.vector
           FROM embedding JOIN model ON model.id = embedding.model
             JOIN face ON face.id = embedding.face JOIN photo ON photo.id = face.photo
             JOIN path ON path.photo = photo.id
           WHERE model.name = ? AND model.flip ORDER BY path.path, face.id""", (model,)).fetchall()


def best_faces(faces, identity_of, score):
    """(identity, vector) of each photo's face with the highest score."""
    best = {}
    for face in faces:
        path = os.fsdecode(face[0])
        if path not in best or score(face) > score(best[path]):
            best[path] = face
    labelled = [(identity_of(path), np.frombuffer(best[path][7], np.float32)) for path in sorted(best)]
    return [(identity, vector) for identity, vector in labelled if identity is not None]


def read_album(catalog, labels, model):
    with open(labels, newline="") as file:
        identity = {row["photo"]: "album " + row["identity"] for row in csv.DictReader(file)}
    return best_faces(read_faces(catalog, model), lambda path: identity.get(os.path.basename(path)),
                      lambda face: face[5] * face[6])


def nearness(face):
    """To the centre of its photo."""
    _, width, height, x, y, box_width, box_height, _ = face
    return -np.hypot(x + box_width / 2 - width / 2, y + box_height / 2 - height / 2)


def read_crowd(catalog, model):
    return best_faces(read_faces(catalog, model),
                      lambda path: "crowd " + os.path.basename(os.path.dirname(path)), nearness)


def read_videos(catalog, model):
    def person(frame):  # YouTube Faces has people of LFW, by the same names
        return "crowd " + os.path.basename(os.path.dirname(os.path.dirname(frame)))
    return best_faces(read_faces(catalog, model), person, nearness)


def people_of(faces):
    people = {}
    for face in faces:
        people.setdefault(face[0], []).append(face)
    return people


def with_photos(crowd, least, most):
    return [face for faces in people_of(crowd).values() if least <= len(faces) <= most
            for face in faces]


def strangers(crowd, count):
    """About `count` photos, all of the people that are drawn."""
    people = people_of(crowd)
    order = sorted(people)
    random.Random(1).shuffle(order)
    drawn = []
    for person in order:
        if len(drawn) + len(people[person]) <= count:
            drawn.extend(people[person])
    return drawn


def libraries(album, crowd, videos):
    many = 10 ** 9
    yield "album", album
    yield "crowd", crowd
    yield "crowd, 1 photo", with_photos(crowd, 1, 1)
    yield "crowd, 2 and more", with_photos(crowd, 2, many)
    yield "crowd, 5 and more", with_photos(crowd, 5, many)
    for times in (1, 3, 10):
        yield f"album + {times}x strangers", album + strangers(crowd, times * len(album))
    if videos:
        yield "videos", videos
        yield "album + videos", album + videos
        yield "crowd + videos", crowd + videos


def group(program, model, vectors, folder):
    """The clusters of the default rule, and SciPy's linkage."""
    name = os.path.join(folder, "vectors.npy")
    tree = os.path.join(folder, "tree.npy")
    np.save(name, vectors)
    result = subprocess.run([program, "cluster", "--embeddings", name, "--model", model, "--json",
                             "--merge-tree", tree, "--force"],
                            check=True, stdout=subprocess.PIPE).stdout
    return json.loads(result)["clusters"], np.load(tree)


def cut(tree, threshold):
    root = list(range(len(tree) * 2 + 1))
    count = len(tree) + 1
    for row, (left, right, height, _) in enumerate(tree):
        if height > threshold:
            break
        root[int(left)] = root[int(right)] = count + row
    for node in range(len(root) - 1, -1, -1):
        root[node] = root[root[node]]
    return root[:count]


def quality(truth, cluster):
    return bcubed(truth, cluster), pairwise(truth, cluster)


def text(measures):
    (precision, recall, f), pairs = measures
    return f"{f:.3f} ({precision:.3f} {recall:.3f}) / {pairs[2]:.3f}"


def parser_of(description):
    """Of a command over an album and a crowd."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("album")
    parser.add_argument("labels", metavar="LABELS.csv")
    parser.add_argument("crowd")
    parser.add_argument("--model", default="mobilefacenet-512")
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    parser.add_argument("--before", type=float, default=1.38, help="the plain cut of before")
    return parser


def main():
    parser = parser_of(__doc__.partition("\n")[0])
    parser.add_argument("--highest", type=float, default=2.0, help="the highest cut to try")
    parser.add_argument("--half", choices="AB")
    parser.add_argument("--videos")
    options = parser.parse_args()
    album = read_album(options.album, options.labels, options.model)
    crowd = read_crowd(options.crowd, options.model)
    videos = read_videos(options.videos, options.model) if options.videos else []
    if options.half:
        album, crowd, videos = ([face for face in faces if half_of(face[0]) == options.half]
                                for faces in (album, crowd, videos))
    print("B-cubed F (precision recall) / pairwise F")
    sums = np.zeros(3)
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for name, faces in libraries(album, crowd, videos):
            truth = [identity for identity, _ in faces]
            vectors = np.stack([vector for _, vector in faces])
            clusters, tree = group(options.facenet, options.model, vectors, folder)
            cuts = np.linspace(0.3, 1, 71) * options.highest
            best = max(cuts, key=lambda at: bcubed(truth, cut(tree, at))[2])
            rows = [quality(truth, clusters), quality(truth, cut(tree, options.before)),
                    quality(truth, cut(tree, best))]
            print(f"{name:24} {len(faces):6} faces {len(set(truth)):5} people  rule {text(rows[0])}"
                  f"  cut {options.before} {text(rows[1])}  best cut {best:.2f} {text(rows[2])}",
                  flush=True)
            sums += [row[0][2] for row in rows]
            count += 1
    print("mean B-cubed F: rule {:.4f}, cut of before {:.4f}, best cuts {:.4f}".format(*sums / count))


if __name__ == "__main__":
    main()
