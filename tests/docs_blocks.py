"""Fenced blocks of the README and the docs."""

import re
import shlex
from collections.abc import Iterator
from typing import NamedTuple

from resources.settings import ROOT

__all__ = ["Block", "blocks", "commands_of"]

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


class Block(NamedTuple):
    """Text of a language, and where it stands."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def blocks() -> Iterator[Block]:
    """Every fenced block of every page."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for found in re.finditer(r"^```(\w+)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
            yield Block(page.name, text[: found.start()].count("\n") + 1, found[1], found[2])


def commands_of(text: str) -> list[list[str]]:
    """The words of each command of a shell block, comments left out."""
    return [words for line in text.replace("\\\n", " ").splitlines() if (words := shlex.split(line, comments=True))]
