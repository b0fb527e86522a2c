#!/usr/bin/python3
"""How well `facenet cluster` found the people of a labelled album.

    facenet cluster PHOTOS --json > result.json
    scripts/bench/album.py result.json LABELS.csv

LABELS.csv has the columns photo,identity: the largest face of that photo is that person. Other
faces and other photos may be there and are not judged. A labelled photo without a face counts as a
person of its own. Half A of the identities is for tuning, half B for reporting.
"""

import argparse
import json
import os

from bench_data import box_area, halves, read_labels
from measures import clusters_report


def largest_faces(people):
    """{file name of a photo: (area of its largest face, number of that person's cluster)}."""
    largest = {}
    for number, person in enumerate(people):
        for face in person["faces"]:
            name = os.path.basename(face["photo"])
            if name not in largest or box_area(face) > largest[name][0]:
                largest[name] = (box_area(face), number)
    return largest


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("result", metavar="RESULT.json")
    parser.add_argument("labels", metavar="LABELS.csv")
    options = parser.parse_args()
    with open(options.result) as file:
        result = json.load(file)
    labels = read_labels(options.labels)
    largest = largest_faces(result["people"])
    photos = sorted(labels)
    identity = [labels[photo] for photo in photos]
    found = [largest[photo][1] if photo in largest else f"alone: {photo}" for photo in photos]

    rule = "the default rule" if result["threshold"] is None else f"threshold {result['threshold']}"
    print(f"{result['face_count']} faces in {len(result['people'])} people, {rule}")
    print(f"{len(photos)} labelled photos, {len(set(identity))} identities, "
          f"{sum(photo not in largest for photo in photos)} photos without a face")
    for name, chosen in halves(identity):
        print(f"{name:6} {len(chosen):5} faces  "
              + clusters_report([identity[i] for i in chosen], [found[i] for i in chosen]))


if __name__ == "__main__":
    main()
