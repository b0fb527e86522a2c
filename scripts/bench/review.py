#!/usr/bin/python3
"""What answers to `facenet people review` are worth, given by one who knows the labels.

    facenet cluster PHOTOS --catalog album.db
    scripts/bench/review.py album.db LABELS.csv --facenet build/release/cmd/facenet

LABELS.csv has the columns photo,identity: the largest face of that photo is that person. The oracle
says yes when most labelled faces of both sides are of one identity; pairs without labelled faces on
both sides are left out. A yes puts the faces right that it joins, a no none. Works on a copy of the
catalog; after each number of answers the catalog is clustered again and judged as
scripts/bench/album.py does. Half B of the identities is for reporting. A lower --threshold than the
usual one leaves people in more pieces, so that there is more to ask.
"""

import argparse
import collections
import json
import os
import shutil
import subprocess
import sys
import tempfile

from album import largest_faces
from bench_data import halves, read_labels
from measures import clusters_report


class Program:
    """`facenet` on one catalog."""

    def __init__(self, path, catalog):
        self.path, self.catalog = path, catalog

    def run(self, *arguments, good=(0,)):
        command = [self.path, *arguments, "--json", "-q", "--catalog", self.catalog]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        if done.returncode not in good:
            sys.exit(f"{' '.join(command)} ended with status {done.returncode}")
        return json.loads(done.stdout)


def identities_of_faces(people, labels):
    """{number of a face: identity} of the largest face of each labelled photo."""
    largest = {}
    for person in people:
        for face in person["faces"]:
            name = os.path.basename(face["photo"])
            area = face["box"][2] * face["box"][3]
            if name in labels and (name not in largest or area > largest[name][0]):
                largest[name] = (area, face["face"])
    return {face: labels[name] for name, (_, face) in largest.items()}


def identity_of_person(faces, identity):
    """What most labelled faces say; None without any."""
    votes = collections.Counter(identity[face] for face in faces if face in identity)
    return max(sorted(votes), key=votes.get) if votes else None


def judge(people, labels):
    largest = largest_faces(people)
    photos = sorted(labels)
    truth = [labels[photo] for photo in photos]
    found = [largest[photo][1] if photo in largest else f"alone: {photo}" for photo in photos]
    for name, chosen in halves(truth):
        print(f"    {name:6} {clusters_report([truth[i] for i in chosen], [found[i] for i in chosen])}")


def people_of(program):
    return {person["person"]: [face["face"] for face in person["faces"]]
            for person in program.run("people", "list")["people"]}


def show_calibration(program, identity):
    """How many of all pairs are one person, by the probability that was given for it."""
    people = people_of(program)
    bins = collections.defaultdict(lambda: [0, 0, 0.0])
    edges = (0.8, 0.5, 0.2, 0.1, 0.05, 0)
    for pair in program.run("people", "review", "--limit", "1000000", good=(0, 1))["pairs"]:
        a, b = (identity_of_person(people[pair[side]["person"]], identity) for side in "ab")
        if a is None or b is None:
            continue
        count = bins[next(edge for edge in edges if pair["probability"] >= edge)]
        count[0] += 1
        count[1] += a == b
        count[2] += pair["probability"]
    for edge in edges:
        if edge in bins:
            pairs, same, expected = bins[edge]
            print(f"    probability {edge} and more: {pairs} pairs, {same} one person, "
                  f"{expected:.1f} expected")


def answer_next(program, identity, left_out, verbose):
    """Answers the first pair that can be; returns the faces that it settled, None at the end."""
    people = people_of(program)
    limit = len(left_out) + 51
    queue = program.run("people", "review", "--limit", str(limit), good=(0, 1))
    for pair in queue["pairs"]:
        if pair["pair"] in left_out:
            continue
        a, b = (identity_of_person(people[pair[side]["person"]], identity) for side in "ab")
        if a is None or b is None:
            left_out.add(pair["pair"])
            continue
        answer = "yes" if a == b else "no"
        if verbose:
            print(f"    {pair['id']} {answer}: probability {pair['probability']:.2f}, "
                  f"settles {pair['settles']}")
        return answer, program.run("people", "answer", pair["pair"], answer)["settled_face_count"]
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("catalog")
    parser.add_argument("labels", metavar="LABELS.csv")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    parser.add_argument("--answers", type=int, nargs="+", default=[5, 10, 20, 50])
    parser.add_argument("--threshold", help="of the groups (default: the model's)")
    parser.add_argument("--verbose", action="store_true", help="show the answers")
    options = parser.parse_args()
    labels = read_labels(options.labels)

    with tempfile.TemporaryDirectory() as folder:
        copy = os.path.join(folder, "catalog.db")
        shutil.copy(options.catalog, copy)
        program = Program(options.facenet, copy)
        cluster = ["cluster", *(["--threshold", options.threshold] if options.threshold else [])]
        document = program.run(*cluster)
        identity = identities_of_faces(document["people"], labels)
        print(f"0 answers, {len(document['people'])} people")
        judge(document["people"], labels)
        show_calibration(program, identity)
        left_out, given, put_right = set(), collections.Counter(), 0
        for wanted in sorted(options.answers):
            while sum(given.values()) < wanted:
                result = answer_next(program, identity, left_out, options.verbose)
                if result is None:
                    break
                given[result[0]] += 1
                if result[0] == "yes":
                    put_right += result[1]
            document = program.run(*cluster)
            answers = sum(given.values())
            print(f"{answers} answers ({given['yes']} yes, {given['no']} no, "
                  f"{len(left_out)} pairs without labels left out): {put_right} faces put right, "
                  f"{put_right / max(answers, 1):.2f} an answer; {len(document['people'])} people")
            judge(document["people"], labels)


if __name__ == "__main__":
    main()
