#!/usr/bin/python3
"""Runs the transcripts of a page and compares what they show with what the program prints.

    transcripts.py [--update] FACENET PAGE.md

A transcript is a fenced block marked `console`. The blocks of a page are one session of one shell, in a
home folder of its own, which is shown as /home/you and holds

    Photos/           55 photos in the folders of five people (`johns` of Debian's dlib)
    group/            group photos (`faces` of Debian's dlib)
    scripts/facenet   the program, as in a clone; it is in $PATH, too

Output is compared line by line as a terminal would show it, without blanks at the ends of lines and blank
lines at its end, with these freedoms:

    ...               alone in a line: one or more lines of any kind
    ...               inside a line: any text
    0.612             a number with decimals may differ by 2 in its last place: processors round
                      differently

A command must succeed, unless the next one is `echo $?`, which shows its exit status. Blocks marked
`console not-run` are left out here; references.py looks at those.

With --update the page is rewritten to show what was printed. Elisions stay where they were, as far as
that can be told; read the difference before you commit it.

Needs FACENET_TEST_PHOTOS and FACENET_MODELS in the environment. Exit status 1 at the first difference,
which is reported as PAGE:LINE.
"""

import argparse
import difflib
import os
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pages

HOME_SHOWN = "/home/you"
MARK = "\x1e"  # ends a command's output; no program of ours prints it
SECONDS_PER_COMMAND = 600
NUMBER = re.compile(r"-?\d+\.\d+")
ELISION = "..."


def is_near(shown: str, printed: str) -> bool:
    places = len(shown.partition(".")[2])
    return places == len(printed.partition(".")[2]) and abs(float(shown) - float(printed)) < 2.5 * 10**-places


def line_matches(shown: str, printed: str) -> bool:
    """Whether a line of a page stands for a line of output."""
    pattern, numbers = "", []
    for part in re.split(r"(\.\.\.|-?\d+\.\d+)", shown.rstrip()):
        if part == ELISION:
            pattern += ".*?"
        elif NUMBER.fullmatch(part):
            pattern += r"(-?\d+\.\d+)"
            numbers.append(part)
        else:
            pattern += re.escape(part)
    match = re.fullmatch(pattern, printed.rstrip(), re.DOTALL)
    return match is not None and all(map(is_near, numbers, match.groups()))


def first_difference(shown: list[str], printed: list[str]) -> int | None:
    """The index of the first line of the page that the output does not bear out (one past the end when
    the output goes on); None when all is as shown."""
    # reachable[j]: the lines so far of the page can stand for the first j lines of output.
    reachable = {0}
    for index, line in enumerate(shown):
        if line.strip() == ELISION:
            reachable = set(range(min(reachable) + 1, len(printed) + 1))
        else:
            reachable = {j + 1 for j in reachable if j < len(printed) and line_matches(line, printed[j])}
        if not reachable:
            return index
    return None if len(printed) in reachable else len(shown)


def best_place(group: list[str], lines: list[str]) -> int:
    """Where in `lines` those of `group` stand, or what is most like them."""

    def likeness(at: int) -> float:
        return sum(difflib.SequenceMatcher(None, *pair).ratio() for pair in zip(group, lines[at:], strict=False))

    return max(range(len(lines)), key=likeness, default=0)


def renewed(shown: list[str], printed: list[str]) -> list[str]:
    """The output to show in place of `shown`: that of now, with the elisions of before."""
    groups: list[list[str]] = [[]]
    for line in shown:
        if line.strip() == ELISION:
            groups.append([])
        else:
            groups[-1].append(line)
    if len(groups) == 1:
        result = printed
    else:
        head, *middles, tail = groups
        end = max(len(head), len(printed) - len(tail))
        result, rest = printed[: len(head)], printed[len(head) : end]
        for group in [*middles, []]:
            place = best_place(group, rest) if group else len(rest)
            result += [ELISION] * (place > 0) + rest[place : place + len(group)]
            rest = rest[place + len(group) :]
        result += printed[end:]
    kept = [line for line in shown if line.strip() != ELISION]
    return [next((old for old in kept if line_matches(old, line)), line) for line in result]


def without_blank_end(lines: list[str]) -> list[str]:
    return lines[: max((number for number, line in enumerate(lines, 1) if line.strip()), default=0)]


def as_on_screen(output: str) -> list[str]:
    """Lines as they stand on a screen at the end: progress lines were wiped out there."""
    output = re.sub(r"\r[^\r\n]*?\x1b\[K", "", output.replace("\r\n", "\n"))
    output = re.sub(r"\x1b\[[0-9;]*m", "", output)
    return without_blank_end([line.rstrip() for line in output.splitlines()])


class Session:
    """A shell whose output goes to a terminal, in a home folder of its own."""

    def __init__(self, home: Path, facenet: Path):
        self.home = home
        (home / "scripts").mkdir()
        (home / "scripts" / "facenet").symlink_to(facenet)
        photos = Path(os.environ["FACENET_TEST_PHOTOS"])
        shutil.copytree(photos / "johns", home / "Photos")
        shutil.copytree(photos / "faces", home / "group", ignore=shutil.ignore_patterns("*.xml", "*.xsl"))
        kept = ("ASAN_OPTIONS", "LSAN_OPTIONS", "UBSAN_OPTIONS")
        environment = {name: os.environ[name] for name in kept if name in os.environ}
        environment |= {
            "HOME": str(home),
            "PATH": f"{home / 'scripts'}:{os.environ['PATH']}",
            "FACENET_MODELS": os.environ["FACENET_MODELS"],
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "COLUMNS": "100",
            "TERM": "dumb",
        }
        self.terminal, shells_end = pty.openpty()
        self.shell = subprocess.Popen(
            ["bash", "--norc", "--noprofile"],
            cwd=home, env=environment, stdin=subprocess.PIPE, stdout=shells_end, stderr=shells_end,
        )  # fmt: skip
        os.close(shells_end)

    def run(self, command: str) -> tuple[list[str], int]:
        """Output and exit status of a command. $? of the session is as if nothing ran in between."""
        assert self.shell.stdin is not None
        script = f"{{ {command}\n}} </dev/null; __status=$?; printf '{MARK}%d{MARK}' $__status; (exit $__status)\n"
        self.shell.stdin.write(script.encode())
        self.shell.stdin.flush()
        output = b""
        while output.count(MARK.encode()) < 2:
            ready, _, _ = select.select([self.terminal], [], [], SECONDS_PER_COMMAND)
            if not ready:
                raise TimeoutError(f"printed nothing for {SECONDS_PER_COMMAND} seconds")
            output += os.read(self.terminal, 65536)
        text, status, _ = output.decode(errors="replace").split(MARK)
        return as_on_screen(text.replace(str(self.home), HOME_SHOWN)), int(status)

    def close(self) -> None:
        assert self.shell.stdin is not None
        self.shell.stdin.close()
        self.shell.wait()
        os.close(self.terminal)


def complain(page: Path, line: int, message: str, shown: list[str], printed: list[str]) -> None:
    print(f"{page}:{line}: {message}")
    print("\n".join(["--- the page shows", *shown, "--- the program printed", *printed]))


def check(page: Path, session: Session, update: bool) -> int:
    text = page.read_text()
    lines = text.splitlines()
    moved = 0  # lines by which the page grew above
    commands = [
        command for block in pages.blocks(text) if block.info == "console" for command in block.commands()
    ]  # fmt: skip
    for index, command in enumerate(commands):
        try:
            printed, status = session.run(command.text)
        except (TimeoutError, OSError) as error:
            print(f"{page}:{command.line}: {error}")
            return 1
        shown = without_blank_end(command.output)
        shows_status = index + 1 < len(commands) and commands[index + 1].text == "echo $?"
        if status != 0 and not shows_status:
            message = f"exit status {status}; if that is meant, let `$ echo $?` follow"
            complain(page, command.line, message, shown, printed)
            return 1
        at = first_difference(shown, printed)
        if at is None:
            continue
        if not update:
            complain(page, command.line + 1 + at, "other output than the page shows", shown, printed)
            return 1
        new = renewed(shown, printed)
        begin = command.line + moved
        lines[begin : begin + len(shown)] = new
        moved += len(new) - len(shown)
    if update:
        page.write_text("\n".join(lines) + "\n")
    return 0


def main() -> int:
    parser = argparse.ArgumentParser(description="Runs the transcripts of a page.")
    parser.add_argument("--update", action="store_true", help="rewrite the page to show what was printed")
    parser.add_argument("facenet", type=Path)
    parser.add_argument("page", type=Path)
    arguments = parser.parse_args()
    for name in ("FACENET_TEST_PHOTOS", "FACENET_MODELS"):
        if not os.environ.get(name):
            sys.exit(f"transcripts: set {name}; scripts/test does")
    with tempfile.TemporaryDirectory(prefix="facenet-docs-") as folder:
        session = Session(Path(folder).resolve(), arguments.facenet.resolve())
        try:
            return check(arguments.page, session, arguments.update)
        finally:
            session.close()


if __name__ == "__main__":
    sys.exit(main())
