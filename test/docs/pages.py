
import re
from dataclasses import dataclass, field
from pathlib import Path

FENCE = re.compile(r"^(`{3,})\s*(.*?)\s*$")


@dataclass
class Command:
    """A `$ command` of a console block and the lines that the page shows below it."""

    line: int  # of the page, from 1; its last one, where the command goes over several
    text: str
    output: list[str] = field(default_factory=list)


@dataclass
class Block:
    line: int  # of the opening fence
    info: str
    lines: list[str] = field(default_factory=list)

    def commands(self) -> list[Command]:
        """The commands in order. A command goes on in the next line after a backslash."""
        commands: list[Command] = []
        unfinished = False
        for number, line in enumerate(self.lines, self.line + 1):
            if unfinished:
                commands[-1].text += "\n" + line
                commands[-1].line = number
            elif line.startswith("$ "):
                commands.append(Command(number, line[2:]))
            elif commands:
                commands[-1].output.append(line)
                continue
            else:
                raise ValueError(f"{number}: a console block begins with a command: `$ …`")
            unfinished = line.endswith("\\")
        return commands


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page."""
    found: list[Block] = []
    fence = ""
    for number, line in enumerate(text.splitlines(), 1):
        if fence:
            if line.strip() == fence:
                fence = ""
            else:
                found[-1].lines.append(line)
        elif match := FENCE.match(line):
            fence = match[1]
            found.append(Block(number, match[2]))
    if fence:
        raise ValueError(f"{found[-1].line}: this block is never closed")
    return found


def prose(text: str) -> list[str]:
    """The page line by line, with blank lines where its fenced blocks are."""
    lines = text.splitlines()
    for block in blocks(text):
        for number in range(block.line - 1, block.line + len(block.lines) + 1):
            lines[number] = ""
    return lines


def inline_code(text: str) -> list[tuple[int, str]]:
    """Code spans outside the blocks, with the line in which each begins."""
    joined = "\n".join(prose(text))
    return [
        (joined.count("\n", 0, match.start()) + 1, " ".join(match[2].split()))
        for match in re.finditer(r"(`+)(.+?)\1", joined, re.DOTALL)
    ]


def all_pages(root: Path) -> list[Path]:
    """The pages for users."""
    return [root / "README.md", *sorted((root / "docs").glob("*.md"))]
