"""What the bench scripts read and run: labels, faces of `facenet embed`, `facenet cluster`."""

import csv
import hashlib
import json
import os
import subprocess
import sys
import tempfile

import numpy as np


def read_labels(path):
    """LABELS.csv (columns photo,identity) as {file name of the photo: identity}."""
    with open(path, newline="") as file:
        return {os.path.basename(row["photo"]): row["identity"] for row in csv.DictReader(file)}


def read_photos(path):
    """The lines of `facenet embed --output FILE.jsonl` that are not errors."""
    with open(path) as file:
        photos = [json.loads(line) for line in file]
    bad = [photo["photo"] for photo in photos if "error" in photo]
    if bad:
        print(f"{len(bad)} photos could not be read, for example {bad[0]}", file=sys.stderr)
    return [photo for photo in photos if "error" not in photo]


def box_area(face):
    return face["box"][2] * face["box"][3]


def half_of(identity):
    """"A" or "B", the same for all time: settings are tuned on half A and reported on half B."""
    return "AB"[hashlib.sha256(identity.encode()).digest()[0] & 1]


def halves(identities):
    """(name, positions) for half A, half B, and all."""
    every = range(len(identities))
    return [("half A", [i for i in every if half_of(identities[i]) == "A"]),
            ("half B", [i for i in every if half_of(identities[i]) == "B"]),
            ("all", list(every))]


def cluster(facenet, embeddings, threshold, groups=None):
    """The clusters that `facenet cluster --embeddings` makes of a float32 matrix (or of a file)."""
    with tempfile.TemporaryDirectory() as folder:
        if not isinstance(embeddings, str):
            path = os.path.join(folder, "embeddings.npy")
            np.save(path, np.ascontiguousarray(embeddings, np.float32))
            embeddings = path
        command = [facenet, "cluster", "--embeddings", embeddings, "--threshold", repr(threshold),
                   "--json"]
        if groups is not None:
            path = os.path.join(folder, "groups.csv")
            np.savetxt(path, groups, "%d")
            command += ["--groups", path]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
    return json.loads(done.stdout)["clusters"]
