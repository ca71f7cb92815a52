"""Which column of a table a field is likely to be: by the words of its name and by its type.

What belongs here: the choice and its reason. What does not: the words (`resources.proposal.words`) and what values say.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from resources.proposal.looking.catalogue import Column, Kind, Table
from resources.proposal.names import concepts, in_words

__all__ = ["ID_KINDS", "NUMBER_KINDS", "TEXT_KINDS", "TIME_KINDS", "Choice", "Field", "choose", "choose_key"]

NUMBER_KINDS: frozenset[Kind] = frozenset({"integer", "number"})
TEXT_KINDS: frozenset[Kind] = frozenset({"text"})
ID_KINDS: frozenset[Kind] = frozenset({"integer", "number", "text", "uuid"})
TIME_KINDS: frozenset[Kind] = frozenset({"time", "date", "text", "integer", "number"})
_LEAST, _EXTRA = 0.5, 0.08


@dataclass(frozen=True, slots=True)
class Field:
    """What is looked for: ``patterns`` of concepts with weights from 0 to 1, the likeliest first."""

    patterns: tuple[tuple[str, float], ...]
    """Concepts that a name has to have, parted by blanks, and how likely it is then."""
    kinds: frozenset[Kind]
    avoid: frozenset[str] = frozenset()
    """Concepts of names that are something else."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A column, why it is taken, and which others are as likely."""

    column: Column
    reason: str
    rivals: tuple[str, ...] = ()


def choose(
    table: Table,
    field: Field,
    *,
    without: Collection[str] = (),
    also_empty: bool = False,
    accept: Callable[[Column], bool] = lambda column: True,
) -> Choice | None:
    """The likeliest column that is filled, or has no row to judge by; none where no name says so.

    Args:
        table: Its columns.
        field: What is looked for.
        without: Names of columns that are something else already.
        also_empty: Whether it may be one that no row fills.
        accept: What the values have to be besides.
    """
    own = concepts(table.name)
    scored: list[tuple[float, int, Column, frozenset[str]]] = []
    for place, column in enumerate(table.columns):
        is_empty = not also_empty and table.sample.height > 0 and not column.filled
        if column.name in without or column.kind not in field.kinds or is_empty or not accept(column):
            continue
        said = concepts(column.path[-1] if column.path else column.name)
        score, found = _score(field, said, own)
        if score >= _LEAST:
            scored.append((score, -place, column, found))
    if not scored:
        return None
    best = max(scored, key=lambda one: one[:2])
    rivals = tuple(one[2].name for one in scored if one[0] == best[0] and one[2] is not best[2])
    return Choice(best[2], f"its name says {in_words(best[3])}", rivals)


def choose_key(table: Table, field: Field) -> Choice | None:
    """The primary key of one column; else one that is named like ``field`` and has no value twice."""
    if len(table.key) == 1:
        return Choice(table.column(table.key[0]), "primary key")
    chosen = choose(table, field, accept=lambda column: not column.path and table.is_unique(column))
    return replace(chosen, reason=f"{chosen.reason}, no value twice") if chosen else None


def _score(field: Field, said: frozenset[str], own: frozenset[str]) -> tuple[float, frozenset[str]]:
    """How likely a name is the field, from 0 to 1, and the concepts that say so."""
    best: tuple[float, frozenset[str]] = (0.0, frozenset())
    for pattern, weight in field.patterns:
        wanted = frozenset(pattern.split())
        if wanted <= said and not (field.avoid - wanted) & said:
            score = weight - _EXTRA * len(said - wanted - own)
            if score > best[0]:
                best = (score, wanted)
    return best
