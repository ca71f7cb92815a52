"""Where candidates for the next click come from: each source puts items in slots and adds up what it knows of them.

Belongs here: the sources, compiled. What is made of the sums, and of how many sources name an item, is
`assets.models.sessions.features`.
"""

from collections import namedtuple
from typing import Any, NamedTuple

import numpy as np

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top
from assets.models.sessions.candidates import nearest_items, slot
from assets.models.sessions.item_stats import ITEM_COLUMNS
from evaluation.arrays import Bools, Floats32, Ints32

__all__ = [
    "CELLS",
    "LEAST",
    "MAX_SLOTS",
    "MISSING_RANK",
    "ONWARD",
    "TOP_TREND",
    "S",
    "Slots",
    "choose",
    "covisit",
    "fill",
    "near",
    "place",
    "vote",
]

TOP_NEAR, TOP_NEAR_LAST, TOP_TREND = 180, 60, 20
LEAST = 120
"""Candidates that trending items fill up to."""
CELLS = 16_384
"""Of the hash table; a power of two, well above ``MAX_SLOTS``."""
MAX_SLOTS = 6_000
"""Items that the sources may touch; what comes later is left out."""
_SUMS = (
    "knn", "knn_count", "knn_best", "knn_recent", "knn_after", "knn_before",
    "covis", "last_next", "last_after", "last_before", "last_any", "last_next_share",
    "second_next", "second_after", "second_before", "third_all", "covis_sources", "near", "near_last",
)  # fmt: skip
S: Any = namedtuple("S", _SUMS)(*range(len(_SUMS)))  # places by name, which compiled code reads
"""Columns of ``Slots.sums``: running sums of an item."""
MISSING_RANK = np.float32(999)
ONWARD = ITEM_COLUMNS.index("onward_rate")


class Slots(NamedTuple):
    """Items that the sources have touched, and what they add up for each; how many there are is passed along."""

    table: Ints32
    """int32[CELLS]: hash table of the slots."""
    items: Ints32
    """int32[MAX_SLOTS]: item of each slot."""
    sums: Floats32
    """float32[MAX_SLOTS, len(S)]."""
    allowed: Bools
    """bool[n], or bool[0] where every item is allowed."""


@compiled()
def place(slots, n, j):
    """Slot of item ``j``, a new one (== n) where it has none, or -1 where it may have none."""
    at = slot(slots.table, slots.items[:n], j)
    if at >= 0:
        return at
    if n >= MAX_SLOTS or (len(slots.allowed) > 0 and not slots.allowed[j]):
        return -1
    slots.table[-1 - at] = n
    slots.items[n] = j
    for q in range(len(S)):
        slots.sums[n, q] = 0
    return n


@compiled()
def vote(ix, numbers, similarity, newest, latest, slots, n):
    """Let past sessions vote: the vote, voters, best similarity, recent vote, and the vote after and before."""
    n_sessions, sums = len(ix.session_starts) - 1, slots.sums
    for b in range(len(numbers)):
        s = numbers[b]
        vote = similarity[b] * max(np.float32(1) - np.float32(0.1) * np.float32(newest[b]), np.float32(0))
        fresh = vote * np.float32(np.exp(np.float32(-7) * np.float32((n_sessions - s) / n_sessions)))
        lo, hi = ix.session_starts[s], ix.session_starts[s + 1]
        found = lo
        for p in range(lo, hi):
            if ix.session_items[p] == latest[newest[b]]:
                found = p
        for p in range(lo, hi):
            at = place(slots, n, ix.session_items[p])
            if at < 0:
                continue
            n = max(n, at + 1)
            sums[at, S.knn] += vote
            sums[at, S.knn_count] += 1
            sums[at, S.knn_best] = max(sums[at, S.knn_best], similarity[b])
            sums[at, S.knn_recent] += fresh
            if p > found:
                sums[at, S.knn_after] += vote / np.float32(p - found)
            elif p < found:
                sums[at, S.knn_before] += vote / np.float32(found - p)
    return n


@compiled()
def covisit(ix, latest, slots, n):
    """Add up transitions: of all last items, of the last one by kind, its share, of the second and of the rest."""
    decay, sums = np.float32(1), slots.sums
    for a in range(len(latest)):
        i = latest[a]
        mass = ix.item_stats[i, ONWARD] + np.float32(1e-3)
        for p in range(ix.covis_starts[i], ix.covis_starts[i + 1]):
            at = place(slots, n, ix.covis_partners[p])
            if at < 0:
                continue
            n = max(n, at + 1)
            v = ix.covis_values[p]
            strength = v[0] + v[1] + np.float32(0.6) * v[2] + np.float32(0.05) * v[3]
            sums[at, S.covis] += decay * strength / (mass + np.float32(1))
            if a == 0:
                sums[at, S.last_next], sums[at, S.last_after], sums[at, S.last_before], sums[at, S.last_any] = (
                    v[0],
                    v[1],
                    v[2],
                    v[3],
                )
                sums[at, S.last_next_share] = v[0] / mass
            elif a == 1:
                sums[at, S.second_next], sums[at, S.second_after], sums[at, S.second_before] = v[0], v[1], v[2]
            else:
                sums[at, S.third_all] += v[1] + v[2]
            sums[at, S.covis_sources] += 1
        decay *= np.float32(0.75)
    return n


@compiled()
def near(ix, query, last, slots, n):
    """Items near the session's vector, and the rank, from 1, of those near its last item's."""
    for j in nearest_items(ix.centres, ix.cell_starts, ix.cell_items, ix.cell_vectors, query, TOP_NEAR, slots.allowed):
        at = place(slots, n, j)
        if at >= 0:
            n = max(n, at + 1)
            slots.sums[at, S.near] = 1
    near_last = nearest_items(
        ix.centres, ix.cell_starts, ix.cell_items, ix.cell_vectors, ix.vectors[last], TOP_NEAR_LAST, slots.allowed
    )
    for r in range(len(near_last)):
        at = place(slots, n, near_last[r])
        if at >= 0:
            n = max(n, at + 1)
            slots.sums[at, S.near_last] = r + 1
    return n


@compiled()
def choose(score, n, k, chosen, rank):
    """Mark the best ``k`` of a source and note the rank of each; returns the highest score, at least a millionth."""
    order = top(score, n, k)
    for r in range(n):
        rank[r] = MISSING_RANK
    for r in range(len(order)):
        rank[order[r]] = r
        chosen[order[r]] = True
    return max(score[order[0]], np.float32(1e-6)) if len(order) > 0 else np.float32(1)


@compiled()
def fill(trending, slots, n, chosen, rank, viewed, c):
    """Add what is clicked most of late: ``TOP_TREND`` items in any case, more while candidates are few."""
    added = 0
    for j in trending:
        if added >= TOP_TREND and c >= LEAST:
            break
        at = place(slots, n, j)
        if at < 0 or at < viewed:
            continue
        added += 1
        if at == n:
            rank[:, at] = MISSING_RANK
            n += 1
        c += not chosen[at]
        chosen[at] = True
    return c, n
