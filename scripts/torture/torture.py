#!/usr/bin/python3
"""What is left of a library when facenet is killed, or the system fails it.

    scripts/torture/torture.py kill PHOTOS [--runs 500] [--seed 1] [--facenet PROGRAM]
    scripts/torture/torture.py fail PHOTOS [--most 60] [--kinds write,sync,...] [--facenet PROGRAM]

`--steps group,forget,...` disturbs these alone.

PHOTOS is a folder of some people with a few photos each. A library of copies goes through the steps
of a life: embed, group, name, merge, undo, another catalog, more photos, another model, another detector, backup,
restore, forget. Each step is done once undisturbed. Then it is disturbed, from the same beginning: killed by
SIGKILL at a random moment of its time ("kill"), or so that the nth call of a kind fails, for every n
as far as there are calls, at most --most of them, spread evenly ("fail"; failing_calls.c). After that
the catalog must be sound. What a person says is said or it is not; whatever else was begun must,
when it is run again, end in the same faces, vectors, people and facts as the undisturbed step. Prints
a line for each step, and each failure with the command that shows it.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))

# A name, the arguments, and whether it is done wholly or not at all.
STEPS = [
    ("embed", ["embed", "photos"], False),
    ("group", ["cluster"], False),
    ("name", ["people", "name", "1", "Ann"], True),
    ("merge", ["people", "merge", "2", "3"], True),
    ("undo", ["people", "undo"], True),
    ("hide", ["people", "hide", "2"], True),
    ("other", ["cluster", "elsewhere", "--catalog", "other.db"], False),
    ("named", ["people", "name", "1", "Zoe", "--catalog", "other.db"], False),
    ("united", ["catalog", "merge", "catalog.db", "other.db"], False),
    ("more", ["cluster", "photos", "more"], False),
    ("model", ["embed", "photos", "more", "--model", "facenet-nn4"], False),
    ("redetect", ["cluster", "photos", "more", "--redetect", "--detector", "mtcnn"], False),
    ("backup", ["catalog", "backup", "backup.db", "--force"], False),
    ("restore", ["catalog", "restore", "backup.db"], True),
    ("forget", ["forget", "1", "--yes"], True),
]


def rows(connection, query):
    return connection.execute(query).fetchall()


def state(catalog):
    """All that a person would miss, without the numbers that facenet gives."""
    connection = sqlite3.connect(f"file:{catalog}?mode=ro", uri=True)
    faces = {face: (sha.hex(), round(x), round(y)) for face, sha, x, y in rows(
        connection, "SELECT face.id, sha256, x, y FROM face JOIN photo ON photo.id = face.photo")}
    vectors = {(model, faces[face]): hashlib.sha256(vector).hexdigest() for model, face, vector in rows(
        connection, "SELECT model.name, face, vector FROM embedding JOIN model ON model.id = model")}
    names = {person: (name, hidden) for person, name, hidden in rows(
        connection, "SELECT person, name, hidden FROM person_state")}
    people = {}
    for face, person in rows(connection, "SELECT face, person FROM membership"):
        people.setdefault(person, set()).add(faces[face])
    said_of = {}
    for fact, face in rows(connection, "SELECT fact, face FROM fact_face"):
        said_of.setdefault(fact, set()).add(faces[face])
    facts = [(kind, value, undone, frozenset(said_of.get(fact, ()))) for fact, kind, value, undone in
             rows(connection, "SELECT id, kind, value, undone FROM fact ORDER BY id")]
    paths = {(os.path.basename(path), error, missing) for path, error, missing in rows(
        connection, "SELECT path, error, missing FROM path")}
    grouped = {(frozenset(members), names[person]) for person, members in people.items()}
    connection.close()
    return vectors, grouped, facts, paths


class Life:
    """A library in a folder, as the steps left it."""

    def __init__(self, program, photos, folder):
        self.program, self.folder = program, folder
        kept = sorted(os.path.join(root, name) for root, _, names in os.walk(photos) for name in names)
        for i, photo in enumerate(kept):
            to = os.path.join(folder, "start", "elsewhere" if i % 8 == 7 else "more" if i % 4 == 3 else "photos")
            os.makedirs(to, exist_ok=True)
            shutil.copy2(photo, os.path.join(to, f"{i:03}-{os.path.basename(photo)}"))

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def begin(self, step):
        """A fresh copy of what was there before the step, called "now"."""
        shutil.rmtree(self.path("now"), ignore_errors=True)
        shutil.copytree(self.path(step), self.path("now"))

    def keep(self, step):
        os.rename(self.path("now"), self.path(step))

    def environment(self, more):
        return {**os.environ, "FACENET_CATALOG": self.path("now", "catalog.db"), "FACENET_CONFIG": "",
                "HOME": self.folder, **more}

    def start(self, arguments, **more):
        return subprocess.Popen([self.program, *arguments, "--quiet"], cwd=self.path("now"),
                                env=self.environment(more), stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)

    def run(self, arguments, **more):
        process = self.start(arguments, **more)
        error = process.communicate()[1]
        return process.returncode, error.strip()

    def state(self):
        catalog = self.path("now", "catalog.db")
        return state(catalog) if os.path.exists(catalog) and os.path.getsize(catalog) else None

    def complaint(self, arguments, whole, before, after):
        """What is wrong once a disturbed step is over, and run again where that must mend it."""
        if os.path.exists(self.path("now", "catalog.db")) and os.path.getsize(self.path("now", "catalog.db")):
            status, error = self.run(["catalog", "check"])
            if status != 0 and "is empty" not in error:  # nothing was stored yet
                return f"catalog check: {status} {error}"
        if whole:
            return None if self.state() in (before, after) else "half of it was done"
        status, error = self.run(arguments)
        if status != 0:
            return f"the next run: {status} {error}"
        return None if self.state() == after else "the next run ends in another state"


def live(life):
    """Each step with its arguments, how long it takes, and the states before and after."""
    os.rename(life.path("start"), life.path("0"))
    steps = []
    before = None
    for number, (name, arguments, whole) in enumerate(STEPS):
        life.begin(str(number))
        began = time.monotonic()
        status, error = life.run(arguments)
        if status != 0:
            sys.exit(f"{name}, undisturbed: {status} {error}")
        took = time.monotonic() - began
        after = life.state()
        steps.append((number, name, arguments, whole, took, before, after))
        life.keep(str(number + 1))
        before = after
    return steps


def kill(life, steps, options):
    generator = random.Random(options.seed)
    failures = 0
    for number, name, arguments, whole, took, before, after in steps:
        runs, killed, bad = -(-options.runs // len(steps)), 0, 0
        for _ in range(runs):
            life.begin(str(number))
            moment = generator.uniform(0, took)
            process = life.start(arguments)
            try:
                process.communicate(timeout=moment)
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.communicate()
                killed += 1
            wrong = life.complaint(arguments, whole, before, after)
            if wrong:
                bad += 1
                print(f"{name}: killed after {moment:.3f} s: {wrong}", flush=True)
        failures += bad
        print(f"{name:9} {runs} runs of {took:.2f} s, {killed} killed, {bad} failures", flush=True)
    return failures


def fail(life, steps, options):
    library = life.path("failing_calls.so")
    subprocess.run(["gcc", "-O1", "-shared", "-fPIC", "-o", library, os.path.join(HERE, "failing_calls.c"),
                    "-ldl"], check=True)
    failures = 0
    for number, name, arguments, whole, _, before, after in steps:
        for kind in options.kinds.split(","):
            count_file = life.path("count")
            life.begin(str(number))
            life.run(arguments, LD_PRELOAD=library, FACENET_FAIL=f"{kind}:0", FACENET_FAIL_COUNT=count_file)
            with open(count_file) as file:
                calls = int(file.read())
            tried = sorted({1 + i * (calls - 1) // max(1, options.most - 1) for i in range(options.most)}
                           if calls > options.most else range(1, calls + 1))
            crashed = bad = 0
            for call in tried:
                for on in ({}, {"FACENET_FAIL_ON": "1"}):
                    life.begin(str(number))
                    setting = {"LD_PRELOAD": library, "FACENET_FAIL": f"{kind}:{call}", **on}
                    status, error = life.run(arguments, **setting)
                    wrong = life.complaint(arguments, whole, before, after)
                    if status < 0 or "internal error" in error or "terminate called" in error:
                        crashed += 1
                        # Without memory GLib and others end the process, by design, and oneDNN crashes.
                        if kind not in ("memory", "map"):
                            wrong = wrong or f"status {status}: {error[-300:]}"
                    if wrong:
                        bad += 1
                        print(f"{name}: {kind} call {call}{' and on' if on else ''} of {calls}: {wrong}", flush=True)
            failures += bad
            print(f"{name:9} {kind:8} {calls} calls, {2 * len(tried)} runs, {crashed} crashes, {bad} failures",
                  flush=True)
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("how", choices=["kill", "fail"])
    parser.add_argument("photos")
    parser.add_argument("--runs", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--most", type=int, default=60)
    parser.add_argument("--kinds", default="write,sync,rename,open,truncate,memory,map")
    parser.add_argument("--steps", type=lambda text: text.split(","), default=[name for name, _, _ in STEPS])
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    if unknown := set(options.steps) - {name for name, _, _ in STEPS}:
        parser.error(f"no such step: {', '.join(sorted(unknown))}")
    with tempfile.TemporaryDirectory() as folder:
        life = Life(os.path.abspath(options.facenet), options.photos, folder)
        steps = [step for step in live(life) if step[1] in options.steps]
        failures = (kill if options.how == "kill" else fail)(life, steps, options)
    print(f"{failures} failures")
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
