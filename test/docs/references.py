#!/usr/bin/python3
"""Checks that what the pages name is there: commands, options, files and links.

    references.py FACENET ROOT

ROOT is the repository. Looked at are README.md, docs/*.md and the pages for developers beside README.md:

- links to other pages, their headings and files;
- fenced blocks: `console` is run by transcripts.py. `console not-run` is for what a test cannot do: set-up,
  data sets that cannot be shipped, hours of training. The facenet commands in it must exist and have the
  options that they are given. A block without a mark, or marked as data, holds no commands of facenet;
- inline code: commands likewise, with `facenet` before them or without; an option (`--…`) must be one of some
  command, and a path that begins with a folder of the repository must exist.

Each thing that is missing is reported as PAGE:LINE; then the exit status is 1.
"""

import functools
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pages

OPTION = re.compile(r"(?<![\w-])--[a-z][a-z0-9-]*")
SHORT_OPTION = re.compile(r"-[A-Za-z0-9]")
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
RUN_OR_NOT = {"console", "console not-run"}
DEVELOPERS_PAGES = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "models/README.md"]


def has_option(text: str, option: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(option)}(?![\w-])", text) is not None


class Program:
    """What `facenet -h` and the help of each command say."""

    def __init__(self, path: Path):
        self.path = path
        self.commands = re.findall(r"^  ([a-z]+) ", self.help(), re.MULTILINE)

    @functools.cache  # noqa: B019, one program lives as long as the script
    def help(self, *words: str) -> str:
        """All that `facenet WORDS -h` says; empty when there is no such command."""
        for whole in (["--all"], []):
            found = subprocess.run(
                [self.path, *words, "-h", *whole], capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
            )
            if found.returncode == 0:
                return found.stdout
        return ""

    @functools.cached_property
    def options(self) -> set[str]:
        """The options of all commands."""
        texts = [self.help(), *map(self.help, self.commands)]
        for command in self.commands:
            _, _, listed = self.help(command).partition("\nCommands:\n")
            parts = re.findall(r"^  ([a-z-]+) ", listed.partition("\n\n")[0], re.MULTILINE)
            texts += [self.help(command, part) for part in parts]
        return set(OPTION.findall("\n".join(texts)))

    def trouble(self, words: list[str]) -> str | None:
        """Why `facenet WORDS` cannot be run; None when it can, as far as names go."""
        if not words or words[0].startswith("-"):
            return next((f"facenet has no option {word}" for word in words if not has_option(self.help(), word)), None)
        if words[0].isupper():  # a word that stands for any command
            return None
        if words[0] not in self.commands:
            return f"facenet has no command {words[0]!r}"
        text = self.help(words[0])
        if len(words) > 1 and re.fullmatch(r"[a-z-]+", words[1]):
            text += self.help(*words[:2])
        for word in words[1:]:
            option = word.partition("=")[0]
            if (OPTION.fullmatch(option) or SHORT_OPTION.fullmatch(option)) and not has_option(text, option):
                return f"facenet {words[0]} has no option {option}"
        return None


def facenet_commands(line: str) -> Iterator[list[str]]:
    """The arguments of each call of facenet in a shell command."""
    lexer = shlex.shlex(line.replace("\\\n", " "), posix=True, punctuation_chars="|&;<>()")
    lexer.whitespace_split = True
    words: list[str] | None = None
    for word in lexer:
        if set(word) <= set("|&;<>()"):
            if words is not None:
                yield words
            words = None
        elif words is not None:
            words.append(word)
        elif word in ("facenet", "scripts/facenet"):
            words = []
    if words is not None:
        yield words


def anchors(page: Path) -> set[str]:
    """Names by which links reach the headings of a page."""
    headings = [line.lstrip("#").strip() for line in pages.prose(page.read_text()) if line.startswith("#")]
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


class Checker:
    def __init__(self, program: Program, root: Path):
        self.program, self.root = program, root
        self.folders = {entry.name for entry in root.iterdir() if entry.is_dir() and not entry.name.startswith(".")}
        self.folders -= {"build"}

    def check(self, page: Path) -> Iterator[tuple[int, str]]:
        """Line and trouble of all that the page names wrongly."""
        text = page.read_text()
        for block in pages.blocks(text):
            yield from self.check_block(block)
        for number, span in pages.inline_code(text):
            yield from ((number, trouble) for trouble in self.check_span(span))
        for number, line in enumerate(pages.prose(text), 1):
            for target in LINK.findall(line):
                if trouble := self.check_link(page, target):
                    yield number, trouble

    def check_block(self, block: pages.Block) -> Iterator[tuple[int, str]]:
        if block.info in RUN_OR_NOT:
            for command in block.commands():
                for words in facenet_commands(command.text):
                    if trouble := self.program.trouble(words):
                        yield command.line, trouble
            return
        for number, line in enumerate(block.lines, block.line + 1):
            if re.match(r"\s*(\$ |(scripts/)?facenet )", line):
                yield number, "a command outside of a console block: nothing runs it"

    def check_span(self, span: str) -> Iterator[str]:
        word = span.split()[0] if span.split() else ""
        if word == "facenet" or (word in self.program.commands and span != word):
            # A choice, as in `info|check`, stands for its first; what follows ` | ` is another program's.
            words = [part.split("|")[0] for part in span.split(" | ")[0].replace("…", "").split()]
            if trouble := self.program.trouble(words[1:] if word == "facenet" else words):
                yield trouble
        elif word.startswith("--"):
            yield from (
                f"no command has the option {option}"
                for option in OPTION.findall(span)
                if option not in self.program.options
            )
        elif re.fullmatch(r"[\w./*-]+", word) and word.split("/")[0] in self.folders and "/" in word:
            # `train/trainer` stands for its header and source.
            if not any(self.root.glob(word.rstrip("/"))) and not any(self.root.glob(word + ".*")):
                yield f"there is no {word}"

    def check_link(self, page: Path, target: str) -> str | None:
        if re.match(r"[a-z]+:", target):
            return None
        file, _, anchor = target.partition("#")
        linked = (page.parent / file).resolve() if file else page
        if not linked.exists():
            return f"a link to {file}, which is not there"
        if anchor and anchor not in anchors(linked):
            return f"{linked.name} has no heading #{anchor}"
        return None


def main() -> int:
    program, root = Program(Path(sys.argv[1])), Path(sys.argv[2])
    checker = Checker(program, root)
    failed = False
    looked_at = pages.all_pages(root) + [root / name for name in DEVELOPERS_PAGES]
    for page in looked_at:
        for line, trouble in checker.check(page):
            print(f"{page}:{line}: {trouble}")
            failed = True
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
