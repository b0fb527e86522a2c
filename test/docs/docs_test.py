#!/usr/bin/python3
"""The tests of the documentation, tested: what a page shows wrongly is found, and where."""

import os
import subprocess
import tempfile
import unittest
from pathlib import Path

import pages
import references
import transcripts

HERE = Path(__file__).parent

PROGRAM = r"""#!/bin/bash
case "$*" in
  "greet") echo "hello"; echo "facenet: 3 people" >&2 ;;
  "home") echo "$HOME/catalog.db" ;;
  "progress") printf '\r1 of 2\e[K\r2 of 2\e[K\r\e[Kdone\n' >&2 ;;
  "fail") echo "facenet: no" >&2; exit 2 ;;
  "-h --all") echo "  greet   says hello"; echo "  -q   quiet" ;;
  "greet -h --all") echo "  --loud   louder"; echo "  --louder-still" ;;
  *" -h"*) exit 2 ;;
esac
"""


def command_lines(block: str) -> list[str]:
    return [command.text for command in pages.blocks(block)[0].commands()]


class Pages(unittest.TestCase):
    def test_a_command_goes_on_after_a_backslash(self):
        (command,) = pages.blocks("a\n```console\n$ a \\\n  b\nout\n```\n")[0].commands()
        self.assertEqual((command.line, command.text, command.output), (4, "a \\\n  b", ["out"]))

    def test_output_without_a_command_is_refused(self):
        with self.assertRaises(ValueError):
            pages.blocks("```console\nout\n```\n")[0].commands()

    def test_an_open_block_is_refused(self):
        with self.assertRaises(ValueError):
            pages.blocks("```console\n$ a\n")

    def test_inline_code_stands_outside_of_blocks(self):
        text = "`a` and\n```\n`b`\n```\n`c\nd`\n"
        self.assertEqual(pages.inline_code(text), [(1, "a"), (5, "c d")])


class Comparison(unittest.TestCase):
    def matches(self, shown, printed):
        return transcripts.first_difference(shown, printed) is None

    def test_lines_are_equal_or_not(self):
        self.assertTrue(self.matches(["a", "b"], ["a ", "b"]))
        self.assertEqual(transcripts.first_difference(["a", "b", "c"], ["a", "x", "c"]), 1)

    def test_missing_and_further_lines_are_differences(self):
        self.assertEqual(transcripts.first_difference(["a"], ["a", "b"]), 1)
        self.assertEqual(transcripts.first_difference(["a", "b"], ["a"]), 1)
        self.assertEqual(transcripts.first_difference([], ["a"]), 0)

    def test_an_elision_stands_for_one_line_or_more(self):
        self.assertTrue(self.matches(["a", "...", "d"], ["a", "b", "c", "d"]))
        self.assertTrue(self.matches(["..."], ["a"]))
        self.assertFalse(self.matches(["a", "..."], ["a"]))
        self.assertTrue(self.matches(["...", "b", "..."], ["b", "b", "b"]))
        self.assertFalse(self.matches(["...", "x", "..."], ["b", "b", "b"]))

    def test_an_elision_within_a_line(self):
        self.assertTrue(transcripts.line_matches("took ... s", "took 12.5 s"))
        self.assertFalse(transcripts.line_matches("took ... s", "took 12.5 min"))

    def test_numbers_may_differ_in_their_last_place(self):
        self.assertTrue(transcripts.line_matches("at 0.612", "at 0.614"))
        self.assertFalse(transcripts.line_matches("at 0.612", "at 0.615"))
        self.assertFalse(transcripts.line_matches("at 0.612", "at 0.61"))
        self.assertFalse(transcripts.line_matches("12 faces", "13 faces"))

    def test_renewing_keeps_elisions(self):
        self.assertEqual(transcripts.renewed(["x"], ["a", "b"]), ["a", "b"])
        self.assertEqual(transcripts.renewed(["x", "...", "y"], ["a", "b", "c"]), ["a", "...", "c"])
        self.assertEqual(transcripts.renewed(["...", "y"], ["a", "b", "c"]), ["...", "c"])
        self.assertEqual(transcripts.renewed(["x", "..."], ["a", "b", "c"]), ["a", "..."])
        self.assertEqual(transcripts.renewed(["x", "..."], ["a"]), ["a"])
        self.assertEqual(
            transcripts.renewed(["a", "...", "faces 53", "...", "z"], ["a", "b", "faces 54", "c", "z"]),
            ["a", "...", "faces 54", "...", "z"],
        )
        self.assertEqual(transcripts.renewed(["x", "took ... s"], ["a", "took 5 s"]), ["a", "took ... s"])


class WithProgram(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name)
        self.program = self.root / "facenet"
        self.program.write_text(PROGRAM)
        self.program.chmod(0o755)
        for name in ("photos/johns", "photos/faces", "docs"):
            (self.root / name).mkdir(parents=True)


class Transcripts(WithProgram):
    def run_page(self, text: str, *options: str) -> subprocess.CompletedProcess[str]:
        (self.root / "page.md").write_text(text)
        return subprocess.run(
            [HERE / "transcripts.py", *options, self.program, "page.md"],
            cwd=self.root, capture_output=True, text=True, check=False,
            env=os.environ | {"FACENET_TEST_PHOTOS": str(self.root / "photos"), "FACENET_MODELS": "models"},
        )  # fmt: skip

    def test_a_true_page_passes(self):
        page = (
            "```console\n$ facenet greet\nhello\nfacenet: 3 people\n$ scripts/facenet home\n/home/you/catalog.db\n```\n"
            "```console not-run\n$ rm -rf /\n```\n"
            "```console\n$ x=1 # kept\n$ echo $x\n1\n$ facenet fail\nfacenet: no\n$ echo $?\n2\n```\n"
        )
        done = self.run_page(page)
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_the_first_difference_is_named(self):
        done = self.run_page("text\n```console\n$ facenet greet\nhello\nfacenet: 4 people\n```\n")
        self.assertEqual(done.returncode, 1)
        self.assertTrue(done.stdout.startswith("page.md:5: "), done.stdout)

    def test_a_failure_must_be_shown(self):
        done = self.run_page("```console\n$ facenet fail\nfacenet: no\n```\n")
        self.assertEqual(done.returncode, 1)
        self.assertIn("page.md:2: exit status 2", done.stdout)

    def test_progress_leaves_nothing(self):
        done = self.run_page("```console\n$ facenet progress\ndone\n```\n")
        self.assertEqual((done.returncode, done.stdout), (0, ""))

    def test_update_rewrites_what_differs(self):
        done = self.run_page(
            "```console\n$ facenet greet\nhi\n```\ntext\n```console\n$ facenet home\nx\n```\n", "--update"
        )
        self.assertEqual((done.returncode, done.stdout), (0, ""))
        self.assertEqual(
            (self.root / "page.md").read_text(),
            "```console\n$ facenet greet\nhello\nfacenet: 3 people\n```\n"
            "text\n```console\n$ facenet home\n/home/you/catalog.db\n```\n",
        )


class References(WithProgram):
    def trouble(self, text: str) -> list[tuple[int, str]]:
        page = self.root / "docs" / "page.md"
        page.write_text(text)
        return list(references.Checker(references.Program(self.program), self.root).check(page))

    def lines(self, text: str) -> list[int]:
        return [line for line, _ in self.trouble(text)]

    def test_what_is_there_passes(self):
        text = (
            "# A heading, here\n`facenet greet --loud`, `--louder-still`, `docs/page.md`, `facenet COMMAND`\n"
            "`facenet greet --loud | xargs -0 cp -t x`, `facenet greet|leave`\n"
            "[a](#a-heading-here) [b](page.md) [c](https://example.org)\n"
            "```console not-run\n$ sudo true && X=1 facenet greet --loud | wc -l\n```\n"
        )
        self.assertEqual(self.trouble(text), [])

    def test_what_is_not_there_is_found(self):
        self.assertEqual(self.lines("\n`facenet leave`\n"), [2])
        self.assertEqual(self.lines("`facenet greet --lou`\n"), [1])
        self.assertEqual(self.lines("`greet --lou`\n"), [1])
        self.assertEqual(self.lines("`facenet greet -x`\n"), [1])
        self.assertEqual(self.lines("`--silent`\n"), [1])
        self.assertEqual(self.lines("`docs/none.md`\n"), [1])
        self.assertEqual(self.lines("[a](#nowhere)\n"), [1])
        self.assertEqual(self.lines("[a](none.md)\n"), [1])
        self.assertEqual(self.lines("```console not-run\n$ true; facenet greet --lou\n```\n"), [2])

    def test_commands_stand_in_console_blocks(self):
        self.assertEqual(self.lines("```\nfacenet greet\n```\n"), [2])
        self.assertEqual(self.lines("```text\n    $ facenet greet\n```\n"), [2])
        self.assertEqual(self.lines("```json\n{}\n```\n"), [])


if __name__ == "__main__":
    unittest.main()
