"""One of the variants of a product in an answer: the first that any step gives.

What belongs here: steps that give no two of a group. Which products are variants is
`assets.models.search.similar.variants`.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from assets.models.ranked import Ranked
from assets.models.search.similar.variants import Variants
from evaluation.arrays import Bools, Ints32
from serving.lists.chains import DEEPER, Step
from serving.release.snapshot import Snapshot

__all__ = ["one_of_each", "stocked_first", "with_variants"]


def one_of_each(steps: Iterable[Step], variants: Variants, taken: Iterable[int] = ()) -> Iterator[Step]:
    """The same steps, which give one product of each group between them: the one that is given first.

    Args:
        steps: In order.
        variants: Of the catalogue.
        taken: Products that stand for their groups already.
    """
    chosen = np.full(len(variants.group), -1, dtype=np.int32)
    for item in taken:
        chosen[variants.group[item]] = item
    for step in steps:
        yield step if step.rank is None else replace(step, rank=_Grouped(step, variants, chosen).rank)


def stocked_first(snapshot: Snapshot, allowed: Bools | None) -> Bools | None:
    """``allowed`` (bool[n], none for all) without what is out of stock while an allowed variant of it is not."""
    variants, stocked = snapshot.variants, snapshot.release.catalogue.in_stock
    if not variants.has_any or (allowed is not None and not (allowed & ~stocked).any()):
        return allowed
    if allowed is None:
        return snapshot.stocked_first
    return allowed & ~variants.replaceable(allowed, stocked)


def with_variants(snapshot: Snapshot, product_ids: Iterable[str]) -> list[str]:
    """The products and all variants of each."""
    catalogue = snapshot.release.catalogue
    known = [item for item in catalogue.positions(list(product_ids)).tolist() if item >= 0]
    return [catalogue.ids[other] for item in known for other in snapshot.variants.members(item).tolist()]


class _Grouped:
    """A step of which one product of each group is left."""

    def __init__(self, step: Step, variants: Variants, chosen: Ints32) -> None:
        self._step, self._variants, self._chosen = step, variants, chosen

    def rank(self, k: int) -> Ranked:
        """The best ``k`` of different groups; the step is asked for more while it has more and they are too few."""
        if self._step.rank is None:
            raise ValueError(f"the step {self._step.module} is not possible: ask no step that has no ranking.")
        depth = k
        while True:
            pool = self._step.rank(depth)
            groups = self._variants.group[pool.items]
            _, first = np.unique(groups, return_index=True)
            fresh = first[self._chosen[groups[first]] < 0]
            self._chosen[groups[fresh]] = pool.items[fresh]
            kept = self._chosen[groups] == pool.items
            left = Ranked(pool.items[kept], pool.scores[kept])
            if left.items.size >= k or pool.items.size < depth:
                return left
            depth *= DEEPER
