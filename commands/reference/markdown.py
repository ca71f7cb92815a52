"""What the reference pages are written with: a line that says where they come from, tables, texts of docstrings."""

import ast
import inspect
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from textwrap import dedent

__all__ = ["MADE", "effects_of", "sentence", "table"]

MADE = "<!-- Made by `upshelf reference docs/reference`; do not edit. -->"


def sentence(text: str) -> str:
    """Text of a docstring in one line of Markdown."""
    return " ".join(text.split()).replace("``", "`").replace("|", "\\|")


def table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table, with an empty one before it; none where there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    return ["", f"| {' | '.join(columns)} |", "|---" * len(columns) + "|", *lines] if lines else []


def effects_of(declared: type) -> Iterator[tuple[str, str]]:
    """Field of a class → the text that stands beneath it in the source."""
    (statement,) = ast.parse(dedent(inspect.getsource(declared))).body
    for field, text in pairwise(statement.body if isinstance(statement, ast.ClassDef) else []):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(words))):
                yield name, sentence(words)
