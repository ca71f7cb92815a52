"""What to look at next in this session, from the most similar recent sessions (VMIS-kNN).

Belongs here: the model over (session, item, time) rows and its query. What a session is (the gap that ends it) is
decided by the session table. Kersbergen, Sprangers & Schelter: Serenade, SIGMOD 2022.

Sessions are renumbered by their last click, so a session's number is its recency and an item's posting list needs
no timestamps: it holds the item's last ``recent`` sessions, newest first. Everything is compressed rows in npy files.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from assets.models.arrays.files import load_arrays, save_arrays
from assets.models.arrays.runs import run_starts
from assets.models.ranked import Ranked, check_mask, check_positions, empty, top_k
from evaluation.arrays import Bools, Floats, Floats32, Ints, Ints32

__all__ = ["SessionKnn", "SessionKnnParameters"]

ARRAYS = ("item_starts", "item_sessions", "session_starts", "session_items", "idf")


@dataclass(frozen=True, slots=True)
class SessionKnnParameters:
    """Settings of VMIS-kNN, with the paper's names in brackets."""

    recent: int = 500
    """Most recent sessions looked at, per item and in all (m)."""
    neighbours: int = 100
    """Most similar sessions that vote (k)."""
    last_views: int = 10
    """Distinct last items of the current session that count."""
    max_session: int = 50
    """Distinct last items kept of a past session: longer ones are robots and would slow every query."""

    def __post_init__(self) -> None:
        """Refuse settings below 1."""
        for name, value in asdict(self).items():
            if value < 1:
                raise ValueError(f"{name} is {value}: it must be at least 1.")


class SessionKnn:
    """Past sessions as two sets of compressed rows: item → sessions and session → items."""

    def __init__(
        self,
        parameters: SessionKnnParameters,
        item_starts: Ints,
        item_sessions: Ints32,
        session_starts: Ints,
        session_items: Ints32,
        idf: Floats32,
    ) -> None:
        """Use ``fit`` or ``load``."""
        self.parameters = parameters
        self.n_items = len(idf)
        self._item_starts, self._item_sessions = item_starts, item_sessions
        self._session_starts, self._session_items = session_starts, session_items
        self._idf = idf

    @classmethod
    def fit(
        cls,
        session: NDArray[np.integer],
        item: NDArray[np.integer],
        ts: NDArray[np.integer],
        n_items: int,
        parameters: SessionKnnParameters | None = None,
    ) -> Self:
        """Index past sessions; those with fewer than two distinct items teach nothing and are left out.

        Args:
            session: int64[m], any numbers that tell sessions apart.
            item: int32[m] positions; rows of -1 (unknown) are ignored.
            ts: int64[m] microseconds.
            n_items: Size of the catalogue.
            parameters: None takes the defaults.

        Raises:
            ValueError: If an item is beyond the catalogue or lengths differ.
        """
        if not len(session) == len(item) == len(ts):
            raise ValueError(f"session, item and ts have {len(session)}, {len(item)}, {len(ts)} rows: give one each.")
        check_positions(item, n_items)
        chosen = parameters or SessionKnnParameters()
        session, item = _last_items(session, item, ts, chosen.max_session)
        session_starts = _starts(session, int(session[-1]) + 1 if len(session) else 0)
        session_items = item.astype(np.int32)
        # Postings: newest session first, cut at `recent`.
        order = np.lexsort((-session, item))
        by_item = _starts(item[order], n_items)
        rank = np.arange(len(order)) - np.repeat(by_item[:-1], np.diff(by_item))
        kept = order[rank < chosen.recent]
        frequency = np.diff(by_item)
        n_sessions = len(session_starts) - 1
        idf = np.where(frequency > 0, np.log(max(n_sessions, 1) / np.maximum(frequency, 1)), 0).astype(np.float32)
        return cls(
            chosen,
            _starts(item[kept], n_items),
            session[kept].astype(np.int32),
            session_starts,
            session_items,
            idf,
        )

    @property
    def arrays(self) -> tuple[Ints, Ints32, Ints, Ints32, Floats32]:
        """Item starts and sessions, session starts and items (in the order of their last clicks), idf."""
        return self._item_starts, self._item_sessions, self._session_starts, self._session_items, self._idf

    def recommend(
        self,
        viewed: Sequence[int],
        k: int,
        allowed: Bools | None = None,
        include_viewed: bool = False,
    ) -> Ranked:
        """Items that similar sessions went on to, for a shopper who viewed ``viewed``.

        Score = Σ over neighbours n that hold the item: λ(place of the last shared item) · similarity(n) · (1 + idf),
        similarity = Σ over shared items of place / length, λ = 1 - .1 · (views since), as in the paper; the 1 keeps
        an item that is in every session above nothing.

        Args:
            viewed: Positions, oldest first; repeats count at their last place, -1 (unknown) is ignored.
            k: At least 1.
            allowed: bool[n_items] mask; None allows every item.
            include_viewed: Also rank the items just viewed, as offline tests of the next click do.

        Returns:
            At most ``k`` items, none for a session of unknown items; scores above 0.

        Raises:
            ValueError: If an item is beyond the catalogue, the mask has another length, or ``k`` is below 1.
        """
        check_mask(allowed, self.n_items)
        if k < 1:
            raise ValueError(f"k is {k}: ask for at least 1 item.")
        seen = np.asarray(viewed, dtype=np.int64).reshape(-1)
        check_positions(seen, self.n_items)
        latest = list(dict.fromkeys(int(i) for i in seen[::-1] if i >= 0))[: self.parameters.last_views]
        neighbours, votes = self._neighbours(latest)
        if not len(neighbours):
            return empty()
        items, row = _rows(self._session_starts, self._session_items, neighbours)
        known, place = np.unique(items, return_inverse=True)
        total = np.bincount(place, weights=votes[row], minlength=len(known)) * (1.0 + self._idf[known])
        good = total > 0
        if not include_viewed:
            good &= ~np.isin(known, seen)
        if allowed is not None:
            good &= allowed[known]
        return top_k(known[good], total[good], k)

    def _neighbours(self, latest: list[int]) -> tuple[Ints32, Floats]:
        """The most similar of the most recent sessions, and the vote of each; ``latest`` is newest first."""
        length = len(latest)
        postings = [self._item_sessions[self._item_starts[i] : self._item_starts[i + 1]] for i in latest]
        sizes = [len(p) for p in postings]
        if not sum(sizes):
            return np.empty(0, dtype=np.int32), np.empty(0)
        sessions, row = np.unique(np.concatenate(postings), return_inverse=True)
        age = np.repeat(np.arange(length), sizes)
        # Whole numbers add up exactly, so equal similarities are equal whatever they are sums of.
        similarity = np.bincount(row, weights=length - age, minlength=len(sessions)) / length
        # Reversed, the newest shared item of a session is written last and stays.
        newest = np.empty(len(sessions), dtype=np.int64)
        newest[row[::-1]] = age[::-1]
        votes = similarity * np.maximum(1.0 - 0.1 * newest, 0.0)
        recent = slice(max(0, len(sessions) - self.parameters.recent), None)
        sessions, similarity, votes = sessions[recent], similarity[recent], votes[recent]
        # Stable on the reversed arrays: of equally similar sessions the newer wins.
        best = np.argsort(-similarity[::-1], kind="stable")[: self.parameters.neighbours]
        best = len(sessions) - 1 - best
        best.sort()
        return sessions[best], votes[best]

    def save(self, folder: Path) -> None:
        """Write ``parameters.json`` and one npy a compressed array."""
        (folder / "parameters.json").write_text(json.dumps(asdict(self.parameters)), encoding="utf-8")
        save_arrays(folder, **dict[str, NDArray[Any]](zip(ARRAYS, self.arrays, strict=True)))

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what ``save`` wrote; the arrays are memory-mapped."""
        parameters = SessionKnnParameters(**json.loads((folder / "parameters.json").read_text(encoding="utf-8")))
        return cls(parameters, *load_arrays(folder, *ARRAYS))


def _last_items(
    session: NDArray[np.integer], item: NDArray[np.integer], ts: NDArray[np.integer], max_session: int
) -> tuple[Ints, Ints]:
    """Distinct (session, item) rows, sessions renumbered by last click, at most ``max_session`` items each."""
    known = item >= 0
    session, item, ts = (np.asarray(a, dtype=np.int64)[known] for a in (session, item, ts))
    # Newest row of each (session, item) first, then drop the older ones.
    order = np.lexsort((-ts, item, session))
    session, item, ts = session[order], item[order], ts[order]
    first = run_starts(session, item)
    session, item, ts = session[first], item[first], ts[first]
    order = np.lexsort((item, -ts, session))
    session, item, ts = session[order], item[order], ts[order]
    ids, start, size = np.unique(session, return_index=True, return_counts=True)
    rank = np.arange(len(session)) - np.repeat(start, size)
    last_click = ts[start] if len(start) else ts
    useful = np.flatnonzero(size >= 2)
    number = np.full(len(ids), -1, dtype=np.int64)
    number[useful[np.lexsort((ids[useful], last_click[useful]))]] = np.arange(len(useful))
    new = np.repeat(number, size)
    kept = (new >= 0) & (rank < max_session)
    new, item = new[kept], item[kept]
    # In the order of their last clicks: the session ranker looks at what came after the shared item.
    order = np.lexsort((-rank[kept], new))
    return new[order], item[order]


def _starts(sorted_keys: Ints, n: int) -> Ints:
    """Where each of the keys 0 … n-1 starts in a sorted column, and its end: int64[n + 1]."""
    return np.concatenate(([0], np.cumsum(np.bincount(sorted_keys, minlength=n)))).astype(np.int64)


def _rows(starts: Ints, values: Ints32, rows: Ints32) -> tuple[Ints32, Ints]:
    """Values of several compressed rows, and the place in ``rows`` of each."""
    sizes = starts[rows + 1] - starts[rows]
    row = np.repeat(np.arange(len(rows)), sizes)
    inside = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return values[starts[rows][row] + inside], row
