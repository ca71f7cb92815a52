"""One shopper's session → candidates for the next click, with what is known of each: the session ranker's input.

Belongs here: the union of the sources (`assets.models.sessions.sources`) and the features, compiled because it runs
for every candidate of every request. The same code makes the rows that the ranker learns from and those
that it answers from.

Sources of candidates: the session's own items, past sessions like it (VMIS-kNN), co-visitation of its last items, the
item vectors nearest to the session's and to its last item's, and what is clicked most of late, so that a list is full.
"""

from collections import namedtuple
from typing import Any

import numpy as np

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top
from assets.models.sessions.candidates import dot, session_vector, similar_sessions
from assets.models.sessions.index import FEATURES
from assets.models.sessions.item_stats import ITEM_COLUMNS
from assets.models.sessions.sources import (
    CELLS,
    LEAST,
    MAX_SLOTS,
    MISSING_RANK,
    ONWARD,
    TOP_TREND,
    S,
    Slots,
    choose,
    covisit,
    fill,
    near,
    place,
    vote,
)

__all__ = ["candidate_features"]

LAST_VIEWS = 10
TOP_KNN, TOP_COVIS, TOP_LAST = 130, 100, 60
AT: Any = namedtuple("AT", FEATURES)(*range(len(FEATURES)))  # places by name, for compiled code
"""Columns of the features."""
POP_ALL, POP_5, SELF_RATE = (ITEM_COLUMNS.index(name) for name in ("pop_all", "pop_5", "self_rate"))


@compiled()
def _latest(seq):
    """Distinct last items, newest first, at most ``LAST_VIEWS``, and how many there are in all."""
    latest = np.empty(LAST_VIEWS, dtype=np.int64)
    kept = distinct = 0
    for p in range(len(seq) - 1, -1, -1):
        again = False
        for q in range(p + 1, len(seq)):
            again = again or seq[q] == seq[p]
        if not again:
            distinct += 1
            if kept < LAST_VIEWS:
                latest[kept] = seq[p]
                kept += 1
    return latest[:kept], distinct


@compiled()
def _viewed(out, seq, j, last):
    """Features of an item of the session: how often, how long ago, where, and whether it followed the last."""
    m = len(seq)
    for p in range(m):
        if seq[p] == j:
            out[AT.in_session] += 1
            out[AT.clicks_ago] = m - 1 - p
            if out[AT.in_session] == 1:
                out[AT.first_clicks_ago] = m - 1 - p
            if p > 0 and seq[p - 1] == last:
                out[AT.followed_last] += 1
    out[AT.is_last] = j == last
    out[AT.is_first] = j == seq[0]


@compiled()
def candidate_features(ix, seq, allowed, include_viewed, neighbours):
    """Candidates and their features.

    Longer than functions elsewhere: a compiled function costs compile time at every place that it is used, and the
    rows below share nearly all of its variables.

    Args:
        ix: `SessionIndex`.
        seq: int32[m ≥ 1] known items, oldest first.
        allowed: bool[n], or bool[0] where every item is allowed.
        include_viewed: Whether items of ``seq`` are candidates.
        neighbours: Past sessions that vote.

    Returns:
        int32[c] distinct items, float32[c, len(FEATURES)].
    """
    m, last = len(seq), seq[len(seq) - 1]
    latest, distinct = _latest(seq)
    table = np.empty(CELLS, dtype=np.int32)
    for c in range(CELLS):
        table[c] = -1
    items, sums = np.empty(MAX_SLOTS, dtype=np.int32), np.empty((MAX_SLOTS, len(S)), dtype=np.float32)
    n = 0
    # The session's own items have the first slots, allowed or not, so that they can be told from the others.
    for p in range(m - 1, -1, -1):
        n = max(n, place(Slots(table, items, sums, allowed[:0]), n, seq[p]) + 1)
    viewed = n
    slots = Slots(table, items, sums, allowed)
    numbers, similarity, newest = similar_sessions(
        ix.item_starts, ix.item_sessions, ix.idf, len(ix.session_starts) - 1, latest, neighbours, ix.knn_weights
    )
    n = vote(ix, numbers, similarity, newest, latest, slots, n)
    n = covisit(ix, latest, slots, n)
    query = session_vector(ix.vectors, ix.attention, ix.place_bias, ix.last_map, ix.mean_map, seq)
    n = near(ix, query, last, slots, n)

    # Trending items may still join.
    chosen = np.zeros(n + LEAST + TOP_TREND, dtype=np.bool_)
    rank = np.empty((3, n + LEAST + TOP_TREND), dtype=np.float32)
    top_knn = choose(sums[:n, S.knn].copy(), n, TOP_KNN + viewed, chosen, rank[0])
    top_covis = choose(sums[:n, S.covis].copy(), n, TOP_COVIS, chosen, rank[1])
    of_last = np.empty(n, dtype=np.float32)
    for at in range(n):
        of_last[at] = (
            sums[at, S.last_next]
            + sums[at, S.last_after]
            + np.float32(0.6) * sums[at, S.last_before]
            + np.float32(0.05) * sums[at, S.last_any]
        )
    choose(of_last, n, TOP_LAST, chosen, rank[2])
    c = 0
    for at in range(n):
        chosen[at] = chosen[at] or sums[at, S.near] + sums[at, S.near_last] > 0
        if at < viewed:
            chosen[at] = include_viewed and (len(allowed) == 0 or allowed[items[at]])
        c += chosen[at]

    c, n = fill(ix.trending, slots, n, chosen, rank, viewed, c)

    repeats = 0
    for p in range(m):
        repeats += seq[p] == last
    mean_similarity = np.float32(0)
    for b in range(len(numbers)):
        mean_similarity += similarity[b] / np.float32(len(numbers))
    out = np.zeros((c, len(AT)), dtype=np.float32)
    candidates = np.empty(c, dtype=np.int32)
    vector = np.empty(c, dtype=np.float32)
    r = 0
    for at in range(n):
        if not chosen[at]:
            continue
        j, o = items[at], out[r]
        candidates[r] = j
        o[AT.knn] = sums[at, S.knn] * (np.float32(1) + ix.idf[j])
        o[AT.knn_share] = sums[at, S.knn] / top_knn
        o[AT.knn_rank] = rank[0, at]
        for q in range(S.knn_count, S.covis):
            o[AT.knn_count - S.knn_count + q] = sums[at, q]
        o[AT.covis] = sums[at, S.covis]
        o[AT.covis_share] = sums[at, S.covis] / top_covis
        o[AT.covis_rank] = rank[1, at]
        for q in range(S.last_next, S.second_next):
            o[AT.last_next - S.last_next + q] = sums[at, q]
        o[AT.last_rank] = rank[2, at]
        for q in range(S.second_next, S.near):
            o[AT.second_next - S.second_next + q] = sums[at, q]
        # How much of what came before and after either of the two items was the other.
        o[AT.last_lift] = (sums[at, S.last_next] + sums[at, S.last_after] + sums[at, S.last_before]) / (
            ix.item_stats[j, ONWARD] + ix.item_stats[last, ONWARD] + np.float32(1)
        )
        v = ix.vectors[j]
        o[AT.vector] = dot(query, v)
        vector[r] = o[AT.vector] + np.float32(2)
        o[AT.vector_last] = dot(ix.vectors[last], v)
        o[AT.vector_last_rank] = sums[at, S.near_last] if sums[at, S.near_last] > 0 else MISSING_RANK
        o[AT.vector_best] = o[AT.vector_last]
        o[AT.vector_mean] = o[AT.vector_last]
        for a in range(1, len(latest)):
            cosine = dot(ix.vectors[latest[a]], v)
            o[AT.vector_best] = max(o[AT.vector_best], cosine)
            o[AT.vector_mean] += cosine
        o[AT.vector_mean] /= len(latest)
        o[AT.sources] = (
            np.float32(rank[0, at] < MISSING_RANK)
            + np.float32(rank[1, at] < MISSING_RANK)
            + sums[at, S.near]
            + np.float32(sums[at, S.near_last] > 0)
        )
        o[AT.clicks_ago] = MISSING_RANK
        o[AT.first_clicks_ago] = MISSING_RANK
        if at < viewed:
            _viewed(o, seq, j, last)
        for q in range(len(ITEM_COLUMNS)):
            o[AT.pop_1 + q] = ix.item_stats[j, q]
        o[AT.length] = m
        o[AT.distinct] = distinct
        o[AT.last_repeats] = repeats
        o[AT.last_pop_all] = ix.item_stats[last, POP_ALL]
        o[AT.last_pop_5] = ix.item_stats[last, POP_5]
        o[AT.last_self_rate] = ix.item_stats[last, SELF_RATE]
        o[AT.knn_neighbours] = len(numbers)
        o[AT.knn_mean] = mean_similarity
        r += 1
    order = top(vector, c, c)
    for rank_of in range(c):
        out[order[rank_of], AT.vector_gap] = out[order[0], AT.vector] - out[order[rank_of], AT.vector]
        out[order[rank_of], AT.vector_rank] = rank_of
    return candidates, out
