#!/usr/bin/python3
"""What a power cut leaves of a catalog on a disk that loses all that was not synced.

    scripts/torture/power_cut.py PHOTOS [--statements 200] [--seed 1] [--facenet PROGRAM]

Groups the faces of PHOTOS and says things of people, one process after the other. After every sync a copy
of what would be on the disk is kept (lost_writes.c): each such copy must be a sound catalog that holds
every fact that was acknowledged before, and the copy at the end of each process also the fact of that one.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


class Library:
    def __init__(self, program, folder):
        self.program = program
        self.home = os.path.join(folder, "library")
        self.disk = os.path.join(folder, "disk")
        os.mkdir(self.home)
        os.mkdir(self.disk)
        self.module = os.path.join(folder, "lost_writes.so")
        subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", self.module, os.path.join(HERE, "lost_writes.c"),
                        "-ldl"], check=True)

    def run(self, *words, catalog=None, disturbed=False):
        environment = {**os.environ, "FACENET_CONFIG": "",
                       "FACENET_CATALOG": os.path.join(catalog or self.home, "catalog.db")}
        if disturbed:
            environment |= {"LD_PRELOAD": self.module, "FACENET_DISK": self.disk, "FACENET_DISK_OF": self.home}
        return subprocess.run([self.program, *words, "--quiet"], env=environment, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def copies(self):
        return sorted((name for name in os.listdir(self.disk) if name != "now"), key=int)

    def complaints(self, folder, facts):
        """What is wrong with the catalog of a copy that must hold so many facts."""
        copy = os.path.join(self.disk, "looked-at")
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(os.path.join(self.disk, folder), copy)
        check = self.run("catalog", "check", catalog=copy)
        log = self.run("people", "log", "--json", catalog=copy)
        shutil.rmtree(copy)
        nothing_yet = facts == 0 and ("is empty" in check.stderr or "does not exist" in check.stderr)
        if check.returncode != 0 and not nothing_yet:
            return f"catalog check: {check.stdout.strip()} {check.stderr.strip()}"
        there = len(json.loads(log.stdout)["facts"]) if log.returncode == 0 and log.stdout else 0
        return f"{there} of {facts} facts" if there < facts else None


def statement(draw, people, number):
    one, other = draw.sample(people, 2)
    face = str(draw.choice(one["faces"])["face"])
    a, b = str(one["person"]), str(other["person"])
    return draw.choice([["people", "name", a, f"name {number}"], ["people", "merge", a, b],
                        ["people", "move", face, "--to", b], ["people", "reject", face], ["people", "undo"],
                        ["cluster"], ["cluster", "--rebuild"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos")
    parser.add_argument("--statements", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    copies = failures = facts = done = 0
    with tempfile.TemporaryDirectory() as folder:
        library = Library(os.path.abspath(options.facenet), os.path.realpath(folder))

        def look(name, words, expected):
            wrong = library.complaints(name, expected)
            if wrong:
                print(f"after {' '.join(words)}, copy {name}: {wrong}", flush=True)
            return bool(wrong)

        words = ["cluster", os.path.abspath(options.photos)]
        for number in range(options.statements):
            result = library.run(*words, disturbed=True)
            for name in library.copies():
                copies += 1
                failures += look(name, words, facts)
                shutil.rmtree(os.path.join(library.disk, name))
            facts = len(json.loads(library.run("people", "log", "--json").stdout)["facts"])
            if result.returncode == 0:
                done += 1
                failures += look("now", words, facts)
            people = json.loads(library.run("people", "list", "--all", "--json").stdout)["people"]
            words = statement(draw, people, number) if len(people) > 1 else ["people", "undo"]
    print(f"{done} statements and groupings, {facts} facts, {copies} copies, {failures} failures")
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
