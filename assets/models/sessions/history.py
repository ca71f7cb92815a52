"""Past sessions as one long column of clicks: what every part of the session model is counted from.

Belongs here: the order of sessions and clicks, and cutting the history at a point in time. Sessions are numbered by
their last click, so a number is a recency and a cut by number is a cut in time: nothing counted on ``before(s)`` has
seen session ``s`` or a later one.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from assets.models.ranked import check_positions
from evaluation.arrays import Ints, Ints32

__all__ = ["MAX_CLICKS", "SessionHistory"]

MAX_CLICKS = 50
"""Last clicks kept of a session: longer ones are robots."""


@dataclass(frozen=True, slots=True)
class SessionHistory:
    """Clicks of session ``s``, oldest first: ``items[starts[s] : starts[s + 1]]``; repeats are kept."""

    starts: Ints
    items: Ints32
    n_items: int

    @classmethod
    def from_rows(
        cls, session: NDArray[np.integer], item: NDArray[np.integer], ts: NDArray[np.integer], n_items: int
    ) -> Self:
        """Order rows in time; sessions of one known click tell of no next click and are left out.

        Args:
            session: int64[m], any numbers that tell sessions apart.
            item: int32[m] positions; rows of -1 (unknown) are ignored.
            ts: int64[m] microseconds; clicks of one session and instant stay in the order of the rows.
            n_items: Size of the catalogue.

        Raises:
            ValueError: If an item is beyond the catalogue or lengths differ.
        """
        if not len(session) == len(item) == len(ts):
            raise ValueError(f"session, item and ts have {len(session)}, {len(item)}, {len(ts)} rows: give one each.")
        check_positions(item, n_items)
        known = np.asarray(item) >= 0
        session, item, ts = (np.asarray(a, dtype=np.int64)[known] for a in (session, item, ts))
        order = np.lexsort((ts, session))
        session, item, ts = session[order], item[order], ts[order]
        ids, start, size = np.unique(session, return_index=True, return_counts=True)
        until_end = np.repeat(start + size, size) - np.arange(len(item))
        last_click = ts[start + size - 1]
        useful = np.flatnonzero(size >= 2)
        number = np.full(len(ids), -1, dtype=np.int64)
        number[useful[np.lexsort((ids[useful], last_click[useful]))]] = np.arange(len(useful))
        new = np.repeat(number, size)
        kept = np.flatnonzero((new >= 0) & (until_end <= MAX_CLICKS))
        kept = kept[np.argsort(new[kept], kind="stable")]
        clicks = np.bincount(new[kept], minlength=len(useful))
        starts = np.concatenate(([0], np.cumsum(clicks))).astype(np.int64)
        return cls(starts, item[kept].astype(np.int32), n_items)

    def __len__(self) -> int:
        """Sessions."""
        return len(self.starts) - 1

    def before(self, session: int) -> "SessionHistory":
        """The first ``session`` sessions."""
        return SessionHistory(self.starts[: session + 1], self.items[: self.starts[session]], self.n_items)

    def session_of_click(self) -> Ints:
        """Number of each click's session: int64[clicks]."""
        return np.repeat(np.arange(len(self)), np.diff(self.starts))
