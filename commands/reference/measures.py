"""The page of the measures: every public measure of `evaluation` with its definition, from its own docstring."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from commands.reference.markdown import MADE, sentence, table
from resources.settings import ROOT

__all__ = ["measures_page"]

_SECTION = re.compile(r"\n\n(?:Args|Raises|Returns):")

_ROOMS = ("ranking", "uplift", "experiment", "sequential", "policy_value", "resampling")


def measures_page() -> str:
    """Definitions, formulae and papers, by room of `evaluation`."""
    lines = [
        MADE,
        "# Measures",
        "",
        "Every figure of a report is made by one of these functions of `evaluation`, which take arrays and know "
        "nothing of Upshelf. What the figures tell is explained in [read-a-qini-report.md](../read-a-qini-report.md).",
    ]
    for room in _ROOMS:
        folder = ROOT / "evaluation" / room
        lines += ["", f"## {room.replace('_', ' ').capitalize()}", "", _docstring(folder / "__init__.py")]
        for path in sorted(folder.glob("[a-z]*.py")):
            rows = [(f"`{name}`", words) for name, words in _public(path)]
            lines += [
                "",
                f"### `evaluation.{room}.{path.stem}`",
                "",
                _definition(path),
                *table(("function", "gives"), rows),
            ]
    return "\n".join([*lines, "", "## Drift", "", _definition(ROOT / "evaluation" / "drift.py")]) + "\n"


def _docstring(path: Path) -> str:
    return ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""


def _definition(path: Path) -> str:
    """A module's docstring without the paragraph that says what belongs there."""
    paragraphs = _docstring(path).split("\n\n")
    return "\n\n".join(sentence(one) for one in paragraphs if not one.startswith("What belongs here"))


def _public(path: Path) -> Iterator[tuple[str, str]]:
    """Functions of a module that others may call, with what they give."""
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.FunctionDef) and not statement.name.startswith("_"):
            told = ast.get_docstring(statement) or ""
            yield statement.name, sentence(_SECTION.split(told, maxsplit=1)[0])
