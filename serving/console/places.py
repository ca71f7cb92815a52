"""Two lists side by side: the place of each product in the one and in the other.

What belongs here: the comparison as rows. Which lists are compared is the business of each page.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from serving.console.access import PATH
from serving.console.sections import Cell, Link
from serving.lists.answers import Item

__all__ = ["Move", "moved", "moves", "product_link"]


class Move(NamedTuple):
    """A product, and its places in two lists, from 1; none where it is not among them."""

    item: Item
    before: int | None
    after: int | None

    @property
    def in_words(self) -> str:
        """Blank where the place is the same."""
        if self.before is None or self.after is None:
            return "comes in" if self.before is None else "goes out"
        if self.before == self.after:
            return ""
        return f"up {self.before - self.after}" if self.after < self.before else f"down {self.after - self.before}"

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Product, number, place before, place after, and what that is in words."""
        return (product_link(self.item), self.item.product_id, self.before, self.after, self.in_words)


def moves(before: Sequence[Item], after: Sequence[Item]) -> Iterator[Move]:
    """Every product of either list: first those of ``after`` in its order, then those that are gone, in theirs."""
    was, now = _places(before), _places(after)
    yield from (Move(item, was.get(item.product_id), place) for place, item in enumerate(after, start=1))
    yield from (Move(item, place, None) for place, item in enumerate(before, start=1) if item.product_id not in now)


def moved(before: Sequence[Item], after: Sequence[Item]) -> set[str]:
    """The products whose place in the two lists is not the same."""
    return {move.item.product_id for move in moves(before, after) if move.in_words}


def product_link(item: Item, suffix: str = "") -> Link:
    """The title, leading to the product's page; ``suffix`` is put behind the address."""
    return Link(item.title, f"{PATH}/discover/products/{quote(item.product_id, safe='')}{suffix}")


def _places(items: Sequence[Item]) -> Mapping[str, int]:
    return {item.product_id: place for place, item in enumerate(items, start=1)}
