"""A trial sorted by its score, once for every measure: accumulated counts of both arms at the ends of tie blocks.

What belongs here: the order, its ties, and sums along it. What does not: what is measured from them (`qini`, `auuc`,
`uplift_at_k`, `deciles`).
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from evaluation.arrays import Bools, Floats
from evaluation.uplift.trial import checked_arrays

__all__ = ["ArmCounts", "RankedTrial"]


CHUNK_ROWS = 1 << 16
"""Rows accumulated at a time: small enough for the processor's cache, whatever the size of the trial."""

ZERO = np.uint64(0x7FFF_FFFF_FFFF_FFFF)
"""What `_descending_bits` gives for 0: positive scores are below, negative ones above."""
ROOM = np.uint64(1 << 62)


class ArmCounts(NamedTuple):
    """Accumulated along the order, each float64[m, ...] (trailing axes: replicates)."""

    treated: Floats
    """Treated users."""
    control: Floats
    """Control users."""
    treated_responses: Floats
    """Sum of the outcomes of the treated."""
    control_responses: Floats
    """Sum of the outcomes of the controls."""


def _descending_bits(scores: Floats) -> NDArray[np.uint64]:
    """Numbers whose ascending order is the descending one of the scores, uint64[n]."""
    # -0.0 + 0.0 is 0.0: the two zeros have different bits but are equal.
    bits = (scores + 0.0).view(np.int64)
    # The bits of negative numbers ascend as the numbers descend; those of positive ones must be turned.
    bits ^= ~(bits >> 63) & np.int64(0x7FFF_FFFF_FFFF_FFFF)
    return bits.view(np.uint64)


def _close_ranks(bits: NDArray[np.uint64]) -> NDArray[np.uint64] | None:
    """The numbers of `_descending_bits`, moved together so that the first two bits are free; they are overwritten.

    Most numbers of 64 bits lie between the scores nearest to 0 and 0 itself: leaving those out changes no order. None
    where what is left is still too much, as of scores that differ by a factor of 10**154.
    """
    first = bits.min()
    if bits.max() - first >= ROOM:
        negative = bits > ZERO
        least_positive = np.max(bits, where=bits < ZERO, initial=first)
        most_negative = np.min(bits, where=negative, initial=np.uint64(2**64 - 1))
        np.copyto(bits, least_positive + np.uint64(1), where=bits == ZERO)
        # Scores of one sign have no gap between the two.
        gap = max(most_negative - least_positive, np.uint64(2)) - np.uint64(2)
        np.subtract(bits, gap, out=bits, where=negative)
        if bits.max() - first >= ROOM:
            return None
    bits -= first
    return bits


@dataclass(frozen=True)
class RankedTrial:
    """The rows of a trial from the highest score to the lowest.

    Users of equal score form a block, and every measure looks at the ends of blocks only (or takes a part of a whole
    block), so the order of the input's rows never matters.
    """

    treated: NDArray[np.uint8]
    """0/1 by rank, uint8[n]."""
    outcome: NDArray[np.uint8] | Floats
    """By rank: uint8[n] where it is binary, else float64[n]."""
    last: Bools
    """Whether the row is the last of its block of equal scores, bool[n]."""

    @classmethod
    def of(cls, outcome: ArrayLike, treatment: ArrayLike, score: ArrayLike) -> Self:
        """Sort a trial by its score; equal scores are one block, and only they.

        Args:
            outcome: a number per user: 0/1, or money (negative for returns).
            treatment: 0/1 per user, randomised.
            score: any number per user without NaN; higher is targeted first.

        Raises:
            InputError: see `evaluation.uplift.trial.checked_arrays`.
        """
        values, arm, scores = checked_arrays(outcome, treatment, score)
        packed = cls._by_packing(values, arm, scores) if values.dtype == np.uint8 else None
        return cls._by_argsort(values, arm, scores) if packed is None else packed

    @classmethod
    def _by_argsort(cls, values: NDArray[np.uint8] | Floats, arm: NDArray[np.uint8], scores: Floats) -> Self:
        order = np.argsort(scores)[::-1]
        ranked = scores[order]
        last = np.append(ranked[1:] != ranked[:-1], True)
        return cls(arm[order], values[order], last)

    @classmethod
    def _by_packing(cls, values: NDArray[np.generic], arm: NDArray[np.uint8], scores: Floats) -> Self | None:
        """Twice to three times as fast: score, arm and binary outcome are sorted as one 64-bit number a user.

        None where a number has no room for the three.
        """
        keys = _close_ranks(_descending_bits(scores))
        if keys is None:
            return None
        keys <<= np.uint64(2)
        keys |= arm << np.uint8(1)
        keys |= values.view(np.uint8)
        keys.sort()
        cell = keys.view(np.uint8)[::8] if np.little_endian else keys.view(np.uint8)[7::8]
        one = np.uint8(1)
        treated, outcomes = (cell >> one) & one, cell & one
        keys >>= np.uint64(2)
        return cls(treated, outcomes, np.append(keys[1:] != keys[:-1], True))

    @property
    def size(self) -> int:
        """Users of the trial."""
        return self.last.size

    @property
    def binary(self) -> bool:
        """Whether every outcome is 0 or 1."""
        return self.outcome.dtype == np.uint8

    @property
    def constant(self) -> bool:
        """Whether all scores are equal."""
        return not self.last[:-1].any()

    @cached_property
    def total(self) -> ArmCounts:
        """Counts of the whole trial, each float64[]."""
        treated = self.treated.astype(bool)
        n, sums = np.count_nonzero(treated), np.float64(self.outcome.sum(dtype=np.float64))
        ours = np.float64(self.outcome.sum(where=treated, dtype=np.float64))
        return ArmCounts(*(np.asarray(value, dtype=np.float64) for value in (n, self.size - n, ours, sums - ours)))

    def counts(self) -> Iterator[ArmCounts]:
        """Accumulated counts at the ends of blocks, in chunks that follow each other."""
        so_far = np.zeros(3)
        for start in range(0, self.size, CHUNK_ROWS):
            rows = slice(start, start + CHUNK_ROWS)
            treated, outcome, last = self.treated[rows], self.outcome[rows], self.last[rows]
            sums = np.empty((3, treated.size))
            for place, column in enumerate((treated, outcome * treated, outcome)):
                np.cumsum(column, dtype=np.float64, out=sums[place])
            sums += so_far[:, None]
            so_far = sums[:, -1].copy()
            rank = np.arange(start + 1, start + 1 + treated.size, dtype=np.float64)
            if not last.all():
                sums, rank = sums[:, last], rank[last]
            yield ArmCounts(sums[0], rank - sums[0], sums[1], sums[2] - sums[1])

    def curve(self, height: Callable[[ArmCounts], Floats]) -> tuple[Floats, Floats]:
        """Users and ``height`` of the counts at 0 and at every end of a block: float64[m + 1] each."""
        x, y = [np.zeros(1)], [np.zeros(1)]
        for counts in self.counts():
            x.append(counts.treated + counts.control)
            y.append(height(counts))
        return np.concatenate(x), np.concatenate(y)

    def area(self, height: Callable[[ArmCounts], Floats]) -> float:
        """Area under that curve without holding it: the trapezoids between the ends of blocks."""
        area = x_before = y_before = 0.0
        for counts in self.counts():
            x, y = counts.treated + counts.control, height(counts)
            if x.size == 0:
                continue
            area += 0.5 * (x[0] - x_before) * (y[0] + y_before) + float(np.trapezoid(y, x))
            x_before, y_before = float(x[-1]), float(y[-1])
        return float(area)

    def _sums(self, rows: slice) -> Floats:
        treated, outcome = self.treated[rows], self.outcome[rows]
        size, n = treated.size, np.count_nonzero(treated)
        ours, sums = np.sum(outcome, where=treated.view(np.bool_), dtype=np.float64), outcome.sum(dtype=np.float64)
        return np.array([n, size - n, ours, sums - ours], dtype=np.float64)

    def top(self, rows: float) -> ArmCounts:
        """Counts among the ``rows`` highest scores, each float64[]; rows may be fractional, in [0, n].

        Of the block that the cut goes through every user counts by the same share: what a random order within ties
        would give on average.
        """
        first = min(int(rows), self.size - 1)
        # argmax on booleans stops at the first True, so these look at one block only.
        behind = self.last[first - 1 :: -1] if first else self.last[:0]
        start = first - int(behind.argmax()) if behind.any() else 0
        stop = first + int(self.last[first:].argmax()) + 1
        share = (rows - start) / (stop - start)
        sums = self._sums(slice(0, start)) + share * self._sums(slice(start, stop))
        return ArmCounts(*(np.asarray(value) for value in sums))
