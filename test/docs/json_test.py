#!/usr/bin/python3
"""Holds the JSON of every command to docs/json.schema.json.

    json_test.py FACENET ROOT

ROOT is the repository. Each command that has --json is run at least once on real photos; its document must
be what `$defs` has under the command's name, and every line of --jsonl what the array of the document holds.
The schema itself must leave no key undocumented. Needs FACENET_TEST_PHOTOS and FACENET_MODELS in the
environment. Exit status 1 when something differs.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import jsonschema

NOT_RUN = {"model import"}  # wants files of others, which a test cannot have
NAMES_OF_ARRAYS = {"faces", "people", "photos", "pairs", "facts", "models", "vectors"}


def objects_of(schema: object, place: str = "#") -> Iterator[tuple[str, dict]]:
    """Every schema of an object in the schema."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for key, value in schema.items():
            yield from objects_of(value, f"{place}/{key}")
    elif isinstance(schema, list):
        for number, value in enumerate(schema):
            yield from objects_of(value, f"{place}/{number}")


def check_schema(schema: dict) -> Iterator[str]:
    jsonschema.Draft202012Validator.check_schema(schema)
    for place, found in objects_of(schema):
        if "additionalProperties" not in found or found["additionalProperties"] is True:
            yield f"{place}: leaves further keys undocumented"
        for name, value in found.get("properties", {}).items():
            if name in NAMES_OF_ARRAYS and value.get("type") != "array":
                yield f"{place}: {name} is no array"
            if name.endswith(("_id", "_ids")) or name == "id":
                yield f"{place}: {name}: call a number by what it numbers"


class Commands:
    """The program in a home folder of its own, with photos."""

    def __init__(self, facenet: Path, home: Path, schema: dict):
        self.facenet, self.home, self.schema = facenet, home, schema
        self.seen: set[str] = set()
        self.trouble: list[str] = []
        photos = Path(os.environ["FACENET_TEST_PHOTOS"])
        shutil.copytree(photos / "johns", home / "Photos")
        shutil.copytree(photos / "faces", home / "group", ignore=shutil.ignore_patterns("*.xml", "*.xsl"))
        (home / "empty").mkdir()
        (home / "broken").mkdir()
        (home / "broken" / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")

    def environment(self) -> dict[str, str]:
        kept = ("FACENET_MODELS", "PATH", "ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
        return {name: os.environ[name] for name in kept if name in os.environ} | {"HOME": str(self.home)}

    def run(self, *words: str, statuses: tuple[int, ...] = (0,)) -> str:
        done = subprocess.run(
            [self.facenet, *words], cwd=self.home, env=self.environment(),
            capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
        )
        if done.returncode not in statuses:
            self.trouble.append(f"facenet {' '.join(words)}: status {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def validate(self, name: str, document: object, words: tuple[str, ...]) -> None:
        schema = {"$ref": f"#/$defs/{name}", "$defs": self.schema["$defs"]}
        for error in jsonschema.Draft202012Validator(schema).iter_errors(document):
            causes = [f"{cause.json_path}: {cause.message[:200]}" for cause in error.context or ()]
            self.trouble.append(f"facenet {' '.join(words)}: {error.json_path}: {error.message[:200]} {causes}")

    def check(self, name: str, *words: str, statuses: tuple[int, ...] = (0,)) -> dict:
        """Runs `facenet NAME WORDS --json`, and --jsonl where the schema says that there is."""
        self.seen.add(name)
        words = (*name.split(), *words)
        printed = self.run(*words, "--json", statuses=statuses)
        try:
            document = json.loads(printed)
        except ValueError:
            self.trouble.append(f"facenet {' '.join(words)}: no JSON document: {printed[:200]!r}")
            return {}
        self.validate(name, document, words)
        records = self.schema["$defs"].get(name, {}).get("x-records")
        if records in document and "--explain" not in words:
            self.check_lines(records, document, words, statuses)
        return document

    def check_lines(self, records: str, document: dict, words: tuple[str, ...], statuses: tuple[int, ...]) -> None:
        lines = self.run(*words, "--jsonl", statuses=statuses).splitlines()
        if [json.loads(line) for line in lines] != document.get(records):
            self.trouble.append(f"facenet {' '.join(words)}: --jsonl is not the {records} of --json")

    def with_json(self) -> set[str]:
        """Names of the commands that have --json."""
        names = set()
        groups = re.findall(r"^  ([a-z]+) ", self.run("-h"), re.MULTILINE) + ["config"]
        for group in groups:
            text = self.run(group, "-h", "--all")
            _, _, listed = text.partition("\nCommands:\n")
            parts = re.findall(r"^  ([a-z-]+) ", listed.partition("\n\n")[0], re.MULTILINE)
            for name in [f"{group} {part}" for part in parts] or [group]:
                if re.search(r"^ +--json\b", self.run(*name.split(), "-h", "--all"), re.MULTILINE):
                    names.add(name)
        return names


def run_all(c: Commands) -> None:
    photo = "Photos/John_Simm/000300_00470148.jpg"
    other = "Photos/John_Salley/000179_02159509.jpg"
    for command in ("detect", "align", "embed"):
        output = {"detect": (), "align": ("--output", "chips", "--force"), "embed": ("-o", "v.npy", "--force")}
        c.check(command, photo, "broken", *output[command], statuses=(3,))
    c.check("detect", "empty", statuses=(1,))
    c.check("verify", photo, photo)
    c.check("verify", "--all", photo, other, statuses=(0, 1))
    (c.home / "pairs.csv").write_text(f"{photo},{other}\n{photo},nowhere.jpg\n")
    c.check("verify", "--pairs", "pairs.csv", statuses=(3,))
    run_library(c, photo)
    videos(c, photo)
    watch(c, photo)
    run_evaluations(c)
    c.check("model list")
    c.check("model info", "mobilefacenet-512")
    c.check("model info", "nn2")
    c.check("model info", "mtcnn")
    c.check("config")
    upgrade_model(c)


def run_library(c: Commands, photo: str) -> None:
    c.check("cluster", "Photos", "broken", statuses=(0, 3))
    c.check("cluster", "Photos", "group", "--min-faces", "2")
    c.run("embed", "Photos/John_Simm", "-o", "simm.npy")
    c.check("cluster", "--embeddings", "simm.npy", "--threshold", "1.38")
    c.check("cluster", "--embeddings", "simm.npy", "--threshold", "1.38", "--approximate")
    c.check("cluster", "--embeddings", "simm.npy", "--model", "mobilefacenet-512")
    c.check("embed", "Photos", "group")
    people = c.check("people list").get("people", [])
    largest = [person["person"] for person in people[:4]]
    faces = [face["face"] for face in people[0]["faces"]]
    first, second = map(str, largest[:2])
    c.check("people show", first)
    c.check("people name", first, "Anna")
    c.check("people split", first, *map(str, faces[:2]))
    c.check("people move", str(faces[2]), "--to", second)
    c.check("people reject", str(faces[3]))
    c.run("cluster", "-q")
    c.check("cluster", "--explain", str(faces[4]), str(faces[5]), statuses=(0, 1))
    c.check("cluster", "--explain", str(faces[0]), str(faces[5]), statuses=(0, 1))
    c.check("people hide", second)
    c.check("people list", "--all")
    c.check("people unhide", second)
    c.check("people merge", str(largest[2]), str(largest[3]))
    c.check("people undo")
    c.check("people allow-same-photo", photo)
    pairs = c.check("people review", "--limit", "3", "--chips", "review-chips", statuses=(0, 1)).get("pairs", [])
    for pair, answer in zip(pairs, ("no", "yes"), strict=False):
        c.check("people answer", pair["pair"], answer)
    c.check("people sheet", "-o", "people.jpg", "--force", "--faces", "3")
    c.check("report", "-o", "pages")
    c.check("export links", "links", "--min-faces", "2")
    c.check("export copies", "copies", "--named")
    c.check("export xmp")
    c.check("import", statuses=(0, 3))
    import_marks(c, photo)
    c.validate("export json", json.loads(c.run("export", "json")), ("export", "json"))
    c.check("people log")
    c.check("find", photo)
    c.check("find", "--all", "group/bald_guys.jpg", statuses=(0, 1))
    c.check("who", photo)
    c.check("who", "group/bald_guys.jpg", statuses=(0, 1))
    for kind in ("--without-faces", "--unreadable", "--missing", "--of=Anna"):
        c.check("photos", kind, statuses=(0, 1))
    c.check("catalog info")
    c.check("catalog check")
    c.run("embed", "group/bald_guys.jpg", "--catalog", "part.db", "-q")
    c.check("catalog merge", "all.db", "part.db", ".local/share/facenet/catalog.db")
    c.check("catalog split", "parts", "--by", "path")
    c.check("catalog split", "parts", "--by", "person", "--force")
    c.check("catalog quality")
    c.check("forget", "Anna", photo, "--dry-run")
    c.check("forget", "Anna", photo, "--yes")
    c.check("forget", "--allow", "Photos")


def import_marks(c: Commands, photo: str) -> None:
    """A face where none was found, a name that cannot be told, one that is refused; and an undo of it all."""
    (c.home / "marks.csv").write_text(
        "photo,name,x,y,width,height\n"
        f"{photo},Marked,2,100,40,45\n{photo},7,100,2,40,45\n{photo},Outside,900,900,40,40\n")
    done = c.check("import", "--csv", "marks.csv", statuses=(3,))
    if [name["added_face_count"] for name in done["names"]] != [1] or not done["marks_without_face"]:
        c.trouble.append(f"facenet import: what was marked by hand is not there: {done}")
    c.check("people show", "Marked")
    c.check("who", photo)
    c.check("people undo")
    sidecar = c.home / "group" / "bald_guys.jpg.json"
    sidecar.write_text('{"title": "bald_guys.jpg", "people": [{"name": "Ben"}, {"name": "Cid"}]}')
    if len(c.check("import", "group", statuses=(0, 3))["untold"]) != 1:
        c.trouble.append("facenet import: who cannot be told is not listed")
    sidecar.unlink()


def videos(c: Commands, photo: str) -> None:
    """What is said of a face in a film, which has a time."""
    subprocess.run(["ffmpeg", "-v", "error", "-loop", "1", "-t", "2", "-i", c.home / photo, "-r", "5",
                    "-pix_fmt", "yuv420p", c.home / "film.mp4"], check=True)
    catalog = ("--catalog", "films.db")
    c.check("cluster", "film.mp4", photo, "--videos", *catalog)
    c.check("embed", "film.mp4", "--videos", *catalog)
    shown = c.check("people list", *catalog)
    if not any("time" in face for person in shown["people"] for face in person["faces"]):
        c.trouble.append("facenet people list: no face of a video has a time")
    for words in (("people show", "1"), ("find", photo), ("who", "film.mp4"), ("photos", "--of=1"), ("people log",)):
        c.check(*words, *catalog)
    c.validate("export json", json.loads(c.run("export", "json", *catalog)), ("export", "json"))


def watch(c: Commands, photo: str) -> None:
    """Every kind of event once."""
    folder = c.home / "watched"
    shutil.copytree(c.home / "broken", folder)
    shutil.copy(c.home / photo, folder / "a.jpg")
    words = ("watch", "watched", "--jsonl", "-q", "--settle", "0.1", "--catalog", "watched.db")
    watching = subprocess.Popen([c.facenet, *words], cwd=c.home, env=c.environment(), stdout=subprocess.PIPE,
                                text=True)
    missing = {"photo", "unreadable", "look", "gone"}
    for line in watching.stdout:
        event = json.loads(line)
        c.validate("watch", event, words)
        missing.discard(event["event"])
        if event["event"] == "look" and missing == {"gone"}:
            (folder / "a.jpg").unlink()
        if not missing:
            break
    watching.terminate()
    watching.stdout.close()
    if missing or watching.wait() not in (0, 141):
        c.trouble.append(f"facenet {' '.join(words)}: status {watching.returncode}, without {missing}")


def upgrade_model(c: Commands) -> None:
    training = "--network nns2 --embedding 512 --loss distil --compatible-with mobilefacenet-512 --steps 1 --batch 8"
    c.run("train", *training.split(), "--output", "own.safetensors", "lfw/images")
    c.check("model upgrade", "./own.safetensors")
    c.check("embed", "--upgrade")


def make_lfw(c: Commands) -> None:
    """LFW's layout of two people: two folds."""
    people = ("John_Salley", "John_Simm")
    for person in people:
        folder = c.home / "lfw" / "images" / person
        folder.mkdir(parents=True)
        for number, photo in enumerate(sorted((c.home / "Photos" / person).iterdir())[:3], 1):
            shutil.copy(photo, folder / f"{person}_{number:04}.jpg")
    a, b = people
    pairs = f"2\t1\n{a} 1 2\n{a} 1 {b} 1\n{b} 1 2\n{a} 2 {b} 3\n"
    (c.home / "lfw" / "pairs.txt").write_text(pairs)


def make_ytf(c: Commands) -> None:
    """Videos of two frames each; by the hash of their names the people are in two folds."""
    names = {"John_Salley": "Ada", "John_Savage": "Ann", "John_Schneider": "Ben", "John_Shimkus": "Cid"}
    for person, name in names.items():
        for number, photo in enumerate(sorted((c.home / "Photos" / person).iterdir())[:4]):
            folder = c.home / "ytf" / name / str(number // 2)
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(photo, folder / f"frame{number % 2}.jpg")


def run_evaluations(c: Commands) -> None:
    make_lfw(c)
    make_ytf(c)
    c.check("eval lfw", "lfw", "--score", "0.5")
    c.check("eval ytf", "ytf", "--score", "0.5")
    c.check("eval identities", "lfw/images")
    c.check("eval identities", "lfw/images", "--calibrate")
    for table in (("quality",), ("size",), ("models",)):
        more = ("facenet-nn4",) if table == ("models",) else ("--values", "30")
        c.check("eval sensitivity", *table, "lfw/images", *more)


def main() -> int:
    facenet, root = (Path(word).resolve() for word in sys.argv[1:])
    schema = json.loads((root / "docs" / "json.schema.json").read_text())
    trouble = list(check_schema(schema))
    with tempfile.TemporaryDirectory() as home:
        commands = Commands(facenet, Path(home), schema)
        run_all(commands)
        trouble += commands.trouble
        for name in sorted(commands.with_json() - set(schema["$defs"])):
            trouble.append(f"facenet {name}: has --json and no schema")
        for name in sorted(commands.with_json() - commands.seen - NOT_RUN):
            trouble.append(f"facenet {name}: its JSON was not looked at")
    for line in trouble:
        print(line)
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main())
