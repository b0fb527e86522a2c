#!/usr/bin/python3
"""Does `facenet watch` end where `facenet cluster` would?

    scripts/torture/watch.py PHOTOS [--files 1000] [--seconds 120] [--seed 1] [--facenet build/release/cmd/facenet]

Watches a folder to which so many files come at random times, photos of PHOTOS and files that are none, whole or byte
by byte; meanwhile they are moved, renamed, copied, replaced and removed, with the folders that hold them. Then it ends
the watch by SIGTERM, and compares its catalog with one that `facenet cluster` makes of what is left: the same photos in
the same places, the same faces, the same people. Exit status 1 when they differ.
"""

import argparse
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time


class Folder:
    """What somebody does with a folder of photos."""

    def __init__(self, root, photos, rng):
        self.root, self.photos, self.rng = root, photos, rng
        self.count = {}
        self.writers = []

    def files(self):
        return [os.path.join(at, name) for at, _, names in os.walk(self.root) for name in names]

    def place(self):
        folder = os.path.join(self.root, *(f"f{self.rng.randrange(4)}" for _ in range(self.rng.randrange(3))))
        os.makedirs(folder, exist_ok=True)
        return os.path.join(folder, f"{self.rng.randrange(10 ** 9)}.jpg")

    def arrive(self):
        with open(self.rng.choice(self.photos), "rb") as photo:
            content = photo.read()
        path = self.place()
        if self.rng.random() < 0.2:
            writer = threading.Thread(target=self.write_slowly, args=(path, content))
            writer.start()
            self.writers.append(writer)
        else:
            with open(path, "wb") as out:
                out.write(content)

    @staticmethod
    def write_slowly(path, content):
        try:
            with open(path, "wb") as out:
                for at in range(0, len(content), 1 + len(content) // 20):
                    out.write(content[at:at + 1 + len(content) // 20])
                    out.flush()
                    time.sleep(0.05)
        except OSError:
            pass  # its folder was moved

    def something(self, path):
        kind = self.rng.choice(["move", "copy", "remove", "replace", "other", "touch", "folder"])
        self.count[kind] = self.count.get(kind, 0) + 1
        if kind == "move":
            os.rename(path, self.place())
        elif kind == "copy":
            shutil.copy2(path, self.place())
        elif kind == "remove":
            os.remove(path)
        elif kind == "replace":
            shutil.copyfile(self.rng.choice(self.photos), path)
        elif kind == "other":
            with open(path + ".txt", "w", encoding="utf-8") as note:
                note.write("no photo")
        elif kind == "touch":
            os.utime(path)
        elif self.rng.random() < 0.3:
            folder = os.path.dirname(path)
            if folder != self.root:
                os.rename(folder, f"{folder}-{self.rng.randrange(10 ** 6)}")

    def live(self, files, seconds):
        for _ in range(files):
            self.arrive()
            there = self.files()
            if there and self.rng.random() < 0.7:
                try:
                    self.something(self.rng.choice(there))
                except FileNotFoundError:
                    pass
            time.sleep(self.rng.expovariate(files / seconds))
        for writer in self.writers:
            writer.join()


def state_of(facenet, catalog):
    """The faces that are there, each by its photo's bytes, a path of it and a box; and the people as sets of them."""
    rows = subprocess.run([facenet, "export", "csv", "faces", "--catalog", catalog, "-q"], stdout=subprocess.PIPE,
                          check=True, text=True).stdout.splitlines()
    faces, people = set(), {}
    for row in csv.DictReader(rows):
        if row["missing"] == "1":
            continue
        face = (row["sha256"], row["photo"], row["x"], row["y"], row["width"], row["height"])
        faces.add(face)
        people.setdefault(row["person"], set()).add(face)
    return faces, {frozenset(person) for person in people.values()}


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos", metavar="PHOTOS")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=120)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    options = parser.parse_args()
    photos = sorted(os.path.join(at, name) for at, _, names in os.walk(options.photos) for name in names
                    if name.endswith(".jpg"))
    with tempfile.TemporaryDirectory() as work:
        root, watched, fresh = (os.path.join(work, name) for name in ("photos", "watched.db", "fresh.db"))
        os.mkdir(root)
        log = os.path.join(work, "events")
        with open(log, "w", encoding="utf-8") as events:
            watch = subprocess.Popen([options.facenet, "watch", root, "--jsonl", "--settle", "0.5", "-q",
                                      "--catalog", watched], stdout=events)
            folder = Folder(root, photos, random.Random(options.seed))
            folder.live(options.files, options.seconds)
                # It has seen all when nothing has come for a while.
            looks = 0
            deadline = time.monotonic() + 300
            while time.monotonic() < deadline and looks < 1:
                size = os.path.getsize(log)
                time.sleep(20)
                looks = looks + 1 if os.path.getsize(log) == size else 0
            if watch.poll() is not None:
                sys.exit(f"the watch ended by itself, with status {watch.returncode}")
            watch.send_signal(signal.SIGTERM)
            status = watch.wait()
        subprocess.run([options.facenet, "cluster", root, "-q", "--jsonl", "--catalog", fresh], stdout=subprocess.DEVNULL,
                       check=False)
        with open(log, encoding="utf-8") as events:
            kinds = [json.loads(line)["event"] for line in events]
        counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
        print(f"{options.files} files; {folder.count}; events: {counts}; SIGTERM: status {status}")
        ours, theirs = state_of(options.facenet, watched), state_of(options.facenet, fresh)
        print(f"{len(ours[0])} faces in {len(ours[1])} people; by `cluster` {len(theirs[0])} in {len(theirs[1])}; "
              f"{'the same' if ours == theirs else 'DIFFERENT'}")
        if ours != theirs:
            for name, a, b in (("watched", ours, theirs), ("fresh", theirs, ours)):
                print(f"only {name}: {sorted(a[0] - b[0])[:5]}")
        check = subprocess.run([options.facenet, "catalog", "check", "-q", "--catalog", watched], check=False)
        sys.exit(ours != theirs or status != 0 or check.returncode != 0)


if __name__ == "__main__":
    main()
