#!/usr/bin/python3
"""Several writers on one catalog: every fact that was acknowledged must be there, once, and no other.

    scripts/torture/writers.py PHOTOS [--minutes 10] [--writers 4] [--seed 1] [--facenet PROGRAM]

Fills a catalog with the faces of PHOTOS, then lets writers say things of people at the same time, each
as fast as it can, in processes of their own: names, merges, moves, rejections, different people, hiding,
undoing. One more groups all faces again and again. Each statement says with --json which fact it became.
At the end the catalog must hold exactly the facts that were acknowledged, each of the kind and with the
name that its writer had said, and be sound; the next grouping must obey all of them.
"""

import argparse
import collections
import json
import multiprocessing
import os
import random
import subprocess
import sys
import tempfile
import time


class Facenet:
    def __init__(self, program, catalog):
        self.program, self.catalog = program, catalog

    def __call__(self, *words):
        return subprocess.run([self.program, *words, "--quiet", "--catalog", self.catalog], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False,
                              env={**os.environ, "FACENET_CONFIG": ""})

    def json(self, *words):
        return json.loads(self(*words, "--json").stdout)


def statement(draw, writer, number, people):
    """Words of a command, and the kind and the name that its fact must have."""
    if len(people) < 2:  # all others are merged or hidden
        return ["people", "undo", str(draw.randrange(1, number + 1))], "undo", None
    one, other = draw.sample(people, 2)
    face = str(draw.choice(one["faces"])["face"])
    name = f"writer {writer} number {number}"
    a, b = str(one["person"]), str(other["person"])
    return draw.choice([
        (["people", "name", a, name], "name", name), (["people", "name", a, name], "name", name),
        (["people", "merge", a, b], "merge", None), (["people", "move", face, "--to", b], "move", None),
        (["people", "reject", face], "reject", None), (["people", "hide", a], "hide", None),
        (["people", "unhide", a], "unhide", None), (["people", "split", a, face], "split", None),
        (["people", "undo"], "undo", None)])


def write(facenet, writer, seed, end, results):
    draw = random.Random(f"{seed} {writer}")
    acknowledged, refused, longest = [], collections.Counter(), 0
    number = 0
    people = facenet.json("people")["people"]
    while time.monotonic() < end:
        number += 1
        if number % 10 == 0:
            people = facenet.json("people")["people"]
        words, kind, name = statement(draw, writer, number, people)
        began = time.monotonic()
        done = facenet(*words, "--json")
        longest = max(longest, time.monotonic() - began)
        if done.returncode == 0:
            acknowledged += [(fact, kind, name) for fact in json.loads(done.stdout)["facts"]]
        else:
            refused[done.stderr.strip().rpartition(": ")[2][:60] if done.returncode == 2 else str(done.returncode)] += 1
    results.put((acknowledged, refused, longest))


def group(facenet, end, results):
    runs, failures = 0, []
    while time.monotonic() < end:
        done = facenet("cluster", "--rebuild")
        runs += 1
        if done.returncode != 0:
            failures.append(done.stderr.strip())
    results.put((runs, failures))


def complaints(facenet, acknowledged):
    """What is wrong with the catalog, a line each."""
    facts = facenet.json("people", "log")["facts"]
    there = {fact["fact"]: fact for fact in facts}
    said = collections.Counter(fact for fact, _, _ in acknowledged)
    for fact, count in said.items():
        if count > 1:
            yield f"fact {fact} was acknowledged {count} times"
    for fact, kind, name in acknowledged:
        if fact not in there:
            yield f"fact {fact} ({kind} {name}) is lost"
        elif there[fact]["kind"] != kind or (name and there[fact]["name"] != name):
            yield f"fact {fact} is {there[fact]}, not {kind} {name}"
    for fact in there.keys() - said.keys():
        yield f"fact {fact} was acknowledged to nobody: {there[fact]}"
    for moment in ("", "after a grouping "):
        check = facenet("catalog", "check")
        if check.returncode != 0:
            yield f"{moment}catalog check: {check.stdout.strip()} {check.stderr.strip()}"
        facenet("cluster")


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("photos")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--writers", type=int, default=4)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--facenet", default="build/release/cmd/facenet")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        facenet = Facenet(os.path.abspath(options.facenet), os.path.join(folder, "catalog.db"))
        if (filled := facenet("cluster", options.photos)).returncode not in (0, 3):
            sys.exit(filled.stderr)
        end = time.monotonic() + 60 * options.minutes
        results = [multiprocessing.Queue() for _ in range(options.writers + 1)]
        processes = [multiprocessing.Process(target=write, args=(facenet, i, options.seed, end, results[i]))
                     for i in range(options.writers)]
        processes.append(multiprocessing.Process(target=group, args=(facenet, end, results[-1])))
        for process in processes:
            process.start()
        written = [queue.get() for queue in results[:-1]]
        runs, failures = results[-1].get()
        for process in processes:
            process.join()
        acknowledged = [fact for facts, _, _ in written for fact in facts]
        refused = sum((counts for _, counts, _ in written), collections.Counter())
        print(f"{len(acknowledged)} facts by {options.writers} writers, {sum(refused.values())} refused, "
              f"{runs} groupings, the longest statement {max(longest for _, _, longest in written):.2f} s")
        for reason, count in refused.most_common(10):
            print(f"{count:6} {reason}")
        wrong = [*failures, *complaints(facenet, acknowledged)]
    for line in wrong:
        print(line)
    print(f"{len(wrong)} failures")
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
