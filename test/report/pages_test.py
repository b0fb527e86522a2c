#!/usr/bin/python3
"""Holds the pages of `facenet report` to what they promise, in a library that tries to break them.

    pages_test.py FACENET [NODE look.cjs CHROMIUM MODULES]

The library's people and files have names that are markup. Python's own parser reads the pages: they must be
well-formed, load nothing from elsewhere, hold no script but the one whose hash their policy names, and show the
names as text. With the words in brackets the pages are opened in a browser, too (browser/look.cjs). Needs
FACENET_TEST_PHOTOS and FACENET_MODELS in the environment. Exit status 1 when something is wrong.
"""

import base64
import hashlib
import html
import os
import re
import shutil
import subprocess
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

EVIL_NAME = """<img src=x onerror=alert(1)> "'&"""
EVIL_FILE = """"><script>alert(2)<'&#x.jpg"""
VOID = {"meta", "img", "input", "link", "br", "hr"}


class Page(HTMLParser):
    """What a page holds, and what is wrong with it."""

    def __init__(self, path: Path):
        super().__init__(convert_charrefs=True)
        self.path = path
        self.open: list[str] = []
        self.trouble: list[str] = []
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.images: list[str] = []
        self.texts: list[str] = []
        self.own: dict[str, list[str]] = {"script": [], "style": []}
        self.policy = ""
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        if self.open:
            self.complain(f"not closed: {self.open}")

    def complain(self, what: str) -> None:
        self.trouble.append(f"{self.path.name}: {what}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if len(given) != len(attrs):
            self.complain(f"<{tag}> has an attribute twice")
        for name in given:
            if name.startswith("on") or name == "style":
                self.complain(f"<{tag} {name}>, which no policy allows")
        if tag in {"iframe", "object", "embed", "form", "base", "link"}:
            self.complain(f"<{tag}>")
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy":
            self.policy = given["content"] or ""
        if identifier := given.get("id"):
            if identifier in self.ids:
                self.complain(f"two elements are called {identifier}")
            self.ids.add(identifier)
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "img":
            self.images.append(given.get("src") or "")
            if "alt" not in given:
                self.complain("an image without alt")
        if tag == "script" and given:
            self.complain("a script with attributes")
        if tag not in VOID and not (self.open and self.open[-1] == "svg" and tag == "rect"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "rect":
            self.complain(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.complain(f"</{tag}> closes something else")

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in self.own:
            self.own[self.open[-1]].append(data)
        else:
            self.texts.append(data)

    def check_policy(self, images: str) -> None:
        def source(texts: list[str]) -> str:
            if not texts:
                return "'none'"
            digest = hashlib.sha256("".join(texts).encode()).digest()
            return f"'sha256-{base64.b64encode(digest).decode()}'"

        expected = (
            f"default-src 'none'; img-src {images}; style-src {source(self.own['style'])}; "
            f"script-src {source(self.own['script'])}; base-uri 'none'; form-action 'none'"
        )
        if self.policy != expected:
            self.complain(f"its policy is {self.policy!r}, not {expected!r}")

    def check_addresses(self, alone: bool) -> None:
        folder = self.path.parent
        for link in self.links:
            if link.startswith("#"):
                if link[1:] not in self.ids:
                    self.complain(f"a link to {link}, which is not there")
            elif not link.startswith("file:///") and (alone or not (folder / link).is_file()):
                self.complain(f"a link to {link[:80]}")
        for image in self.images:
            if alone != image.startswith("data:image/webp;base64,"):
                self.complain(f"an image from {image[:80]}")
            if not alone and not (folder / image).is_file():
                self.complain(f"the image {image} is not there")


def crowded(index: Path) -> Path:
    """A copy of the page, with 30,000 people more than have tiles in it."""
    text = index.read_text(encoding="utf-8")
    picture = re.search(r'<img src="(faces/[^"]+)"', text).group(1)
    lines = [f"{number}\t2 faces\t{picture if number % 10 else ''}\t" for number in range(1000, 31_000)]
    lines[-1] += html.escape(f"Zoë {EVIL_NAME}")
    end = text.index("</section>", text.index('id="people"'))
    page = index.with_name("crowded.html")
    page.write_text("\n".join([text[:end] + '<pre id="others" hidden>', *lines, "</pre>" + text[end:]]), encoding="utf-8")
    return page


class Library:
    def __init__(self, facenet: Path, home: Path):
        self.facenet, self.home = facenet, home
        photos = Path(os.environ["FACENET_TEST_PHOTOS"])
        shutil.copytree(photos / "johns", home / "Photos")
        shutil.copy(photos / "faces" / "bald_guys.jpg", home / "Photos" / EVIL_FILE)
        self.run("cluster", "Photos")
        self.run("people", "name", "1", EVIL_NAME)

    def run(self, *words: str) -> str:
        environment = {name: os.environ[name] for name in ("FACENET_MODELS", "PATH")}
        done = subprocess.run(
            [self.facenet, *words], cwd=self.home, env=environment | {"HOME": str(self.home)},
            capture_output=True, text=True, check=False,
        )
        if done.returncode != 0:
            sys.exit(f"facenet {' '.join(words)}: status {done.returncode}: {done.stderr}")
        return done.stdout.strip()


def check(path: Path, alone: bool) -> list[str]:
    page = Page(path)
    page.check_policy("data:" if alone else "'self' file:")
    page.check_addresses(alone)
    return page.trouble


def check_names(pages: list[Page]) -> list[str]:
    shown = "".join(text for page in pages for text in page.texts)
    return [f"{name!r} is not shown as it is" for name in (EVIL_NAME, EVIL_FILE) if name not in shown]


def main() -> int:
    facenet = Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        library = Library(facenet, home)
        alone = home / library.run("report", "-o", "people.html")
        index = home / library.run("report", "-o", "pages")
        others = sorted((home / "pages" / "people").iterdir())
        trouble = check(alone, alone=True)
        for path in [index, *others]:
            trouble += check(path, alone=False)
        trouble += check_names([Page(alone)]) + check_names([Page(path) for path in [index, *others]])
        if not re.search(r'<li><a href="people/1.html">', index.read_text()):
            trouble.append("index.html: no link to person 1")
        if sys.argv[2:]:
            node, look, chromium, modules = sys.argv[2:]
            pages = [alone.as_uri(), index.as_uri(), (home / "pages/people/1.html").as_uri()]
            pages = [crowded(index).as_uri(), *pages]
            done = subprocess.run([node, look, chromium, modules, *pages], capture_output=True, text=True, check=False)
            if done.returncode != 0:
                trouble.append(done.stdout + done.stderr)
    for line in trouble:
        print(line)
    return bool(trouble)


if __name__ == "__main__":
    sys.exit(main())
