#!/usr/bin/python3
"""How quickly `facenet serve` answers over a large catalog, and how much memory it takes.

    scripts/bench/serve.py --faces 100000 --photos FOLDER --facenet build/release/cmd/facenet

Fills a catalog with synthetic faces as growth.py does, but in photos that are there: links to those of FOLDER. Groups it,
starts the server, and prints how long it takes until it answers, and until the list of people is there; how long edits take
(median, 99th percentile, longest) while another process compares all people for the review, and while four connections load
faces, too, that were never cut before; how many faces a second those got; how long the comparison still took; and the memory
of the server (peak, resident), without that of the other process. Everything goes through the loopback address. Needs numpy.
"""

import argparse
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import numpy as np

from growth import people_of, run, vectors_of


def add_faces(catalog, folder, vectors):
    """One photo a face: a link to one of those that the catalog has, whose first face it shows."""
    connection = sqlite3.connect(catalog)
    model = connection.execute("SELECT id FROM model").fetchone()[0]
    known = connection.execute(
        "SELECT path, size, photo.width, photo.height, x, y, face.width, face.height, landmarks, format FROM path "
        "JOIN photo ON photo.id = path.photo JOIN face ON face.photo = photo.id GROUP BY photo.id").fetchall()
    with connection:
        for table in ("vector_evidence", "embedding", "membership", "unrecognisable", "merge_tree", "face", "path", "photo"):
            connection.execute(f"DELETE FROM {table}")
        connection.execute("DELETE FROM property WHERE key = 'partition'")
        for i, vector in enumerate(vectors, 1):
            path, size, width, height, *face, landmarks, form = known[i % len(known)]
            link = os.path.join(folder, f"{i // 1000}", f"{i}.jpg")
            if i % 1000 == 0 or i == 1:
                os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(path, link.encode())
            connection.execute("INSERT INTO photo (id, sha256, format, width, height, taken, perceptual_hash) VALUES (?, ?, ?, ?, ?, 0, ?)",
                               (i, np.random.default_rng(i).bytes(32), form, width, height, int(np.random.default_rng(i).integers(2**62))))
            connection.execute("INSERT INTO path (path, size, mtime_ns, photo, error, missing) VALUES (?, ?, 1, ?, '', 0)",
                               (link.encode(), size, i))
            connection.execute("INSERT INTO face (id, photo, x, y, width, height, score, landmarks) VALUES (?, ?, ?, ?, ?, ?, 0.99, ?)",
                               (i, i, *face, landmarks))
            connection.execute("INSERT INTO embedding (face, model, vector) VALUES (?, ?, ?)", (i, model, vector.tobytes()))
    connection.close()


class Server:
    """`facenet serve`, and what it answers."""

    def __init__(self, facenet, catalog):
        began = time.monotonic()
        self.process = subprocess.Popen([facenet, "serve", "--port", "0", "--no-browser", "-q", "--catalog", catalog],
                                        stdout=subprocess.PIPE, text=True)
        self.port, self.secret = re.match(r"http://127.0.0.1:(\d+)/#t=(\w+)", self.process.stdout.readline()).groups()
        self.started = time.monotonic() - began

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", int(self.port))

    def ask(self, connection, method, path, body=None):
        """Status and body."""
        connection.request(method, path, body, {"Authorization": f"Bearer {self.secret}"})
        answer = connection.getresponse()
        return answer.status, answer.read()

    def get(self, connection, path):
        return json.loads(self.ask(connection, "GET", path)[1])

    def memory(self, which):
        """MiB of the server alone: "VmHWM" (peak) or "VmRSS"."""
        with open(f"/proc/{self.process.pid}/status", encoding="utf-8") as status:
            return int(re.search(rf"{which}:\s+(\d+)", status.read()).group(1)) / 1024

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait()


def timed(work):
    began = time.monotonic()
    result = work()
    return time.monotonic() - began, result


def name_people(server, people, count, tag):
    """Seconds that each edit took."""
    connection = server.connect()
    seconds = []
    for i, person in enumerate(people[:count]):
        edit = {"kind": "name", "person": person["person"], "name": f"{tag} {os.getpid()} {i}",
                "seen": {str(person["person"]): person["state"]}}
        took, (status, body) = timed(lambda e=edit: server.ask(connection, "POST", "/api/edits", json.dumps(e)))
        assert status == 200, body
        seconds.append(took)
    return seconds


def load_faces(server, faces, ended, loaded):
    connection = server.connect()
    while not ended.is_set() and faces:
        status, _ = server.ask(connection, "GET", f"/api/faces/{faces.pop()}/picture")
        loaded.append(status)


def report(title, seconds):
    median, rare = np.percentile(seconds, [50, 99])
    print(f"{title:40} {1000 * median:.0f} ms, 99 % below {1000 * rare:.0f} ms, longest {1000 * max(seconds):.0f} ms", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--faces", type=int, default=100_000)
    parser.add_argument("--dimension", type=int, default=512, help="that of the default model")
    parser.add_argument("--edits", type=int, default=200)
    parser.add_argument("--photos", required=True, help="a folder of photos with faces")
    parser.add_argument("--facenet", default="facenet", help="the program (default: in PATH)")
    parser.add_argument("--keep", help="make, or use, the catalog in this folder")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = os.path.abspath(options.keep or scratch)
        os.environ["XDG_CACHE_HOME"] = os.path.join(scratch, "cache")
        catalog = os.path.join(folder, "catalog.db")
        if not os.path.exists(catalog):
            rng = np.random.default_rng(1)
            run(options.facenet, catalog, os.path.abspath(options.photos))
            add_faces(catalog, os.path.join(folder, "photos"), vectors_of(rng, people_of(rng, options.faces), options.dimension))
            _, groups = run(options.facenet, catalog)
            print(f"{options.faces} faces in {len(groups)} people", flush=True)
        server = Server(options.facenet, catalog)
        connection = server.connect()
        print(f"{'the server answers after':40} {1000 * server.started:.0f} ms")
        took, (_, body) = timed(lambda: server.ask(connection, "GET", "/api/people"))
        people = json.loads(body)["people"]
        print(f"{'list of people':40} {1000 * took:.0f} ms, {len(people)} people, {len(body) / 2**20:.1f} MiB")
        print(f"{'memory with the list':40} {server.memory('VmRSS'):.0f} MiB", flush=True)
        report("edits, while people are compared", name_people(server, people, options.edits, "quiet"))
        people = server.get(connection, "/api/people")["people"]
        faces = [person["cover"] for person in people if person["cover"]]
        ended, loaded, began = threading.Event(), [], time.monotonic()
        loaders = [threading.Thread(target=load_faces, args=(server, faces, ended, loaded)) for _ in range(4)]
        for loader in loaders:
            loader.start()
        seconds = name_people(server, [person for person in people if not person["name"]], options.edits, "busy")
        took = time.monotonic() - began
        ended.set()
        for loader in loaders:
            loader.join()
        report("edits, while faces are cut, too", seconds)
        print(f"{'faces cut meanwhile':40} {len(loaded) / took:.0f} a second, {sum(status != 200 for status in loaded)} failed")
        print(f"{'memory, peak':40} {server.memory('VmHWM'):.0f} MiB")
        took, _ = timed(lambda: wait_for_review(server, server.connect()))
        print(f"{'questions of the review, after another':40} {took:.1f} s", flush=True)
        server.end()


def wait_for_review(server, connection):
    while True:
        review = server.get(connection, "/api/review?limit=1")
        if review["pairs"] or review["reason"] or review["version"] > 0:
            return review
        time.sleep(0.05)


if __name__ == "__main__":
    main()
