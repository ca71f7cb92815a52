"""One shopper's session → candidates for the next click, with what is known of each: the session ranker's input.

Belongs here: candidate retrieval and features over the arrays of a `SessionIndex`, compiled because it runs for every
candidate of every request. The same code makes the rows that the ranker learns from and those that it answers from.

Sources of candidates: the session's own items, past sessions like it (VMIS-kNN), co-visitation of its last items, and
neighbours of its last items among the item vectors.
"""

from typing import Final, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from assets.models.ranked import FloatArray, IntArray

__all__ = ["FEATURES", "ITEM_COLUMNS", "SessionIndex", "candidate_features"]

ITEM_COLUMNS: Final = ("pop_1", "pop_5", "pop_20", "pop_all", "seen_age", "first_age", "self_rate", "onward_rate")
"""Columns of ``item_stats``: see `assets.models.item_stats`."""

FEATURES: Final = (
    "knn", "knn_share", "knn_rank", "knn_count", "knn_best", "knn_recent", "knn_after", "knn_before",
    "covis", "covis_share", "covis_rank",
    "last_next", "last_after", "last_before", "last_any", "last_next_share", "last_rank",
    "second_next", "second_after", "second_before", "third_all", "covis_sources",
    "vector", "vector_gap", "vector_rank", "vector_last", "vector_found",
    "in_session", "clicks_ago", "first_clicks_ago", "is_last", "is_first", "followed_last",
    *ITEM_COLUMNS,
    "length", "distinct", "last_repeats", "last_pop_all", "last_pop_5", "last_self_rate", "knn_neighbours", "knn_mean",
)  # fmt: skip
"""Columns of the feature matrix, in order."""

LAST_VIEWS = 10
TOP_KNN, TOP_COVIS, TOP_LAST, TOP_NEAR = 90, 70, 50, 110
PROBES = 24
"""Cells of item vectors looked into: about one in sixteen of 40,000 items'."""
MAX_SLOTS = 6000
MISSING_RANK = np.float32(999)


class SessionIndex(NamedTuple):
    """Read-only arrays that a query walks over; ``n`` items, ``d`` numbers a vector."""

    item_starts: NDArray[np.int64]
    item_sessions: IntArray
    session_starts: NDArray[np.int64]
    session_items: IntArray
    idf: FloatArray
    covis_starts: NDArray[np.int64]
    covis_partners: IntArray
    covis_values: FloatArray
    item_stats: FloatArray
    """float32[n, len(ITEM_COLUMNS)]."""
    vectors: FloatArray
    """float32[n, d] unit rows; of zeros for an item never clicked."""
    centres: FloatArray
    """float32[c, d]: middles of the cells that the vectors are filed in."""
    cell_starts: NDArray[np.int64]
    cell_items: IntArray
    cell_vectors: FloatArray
    """Vectors once more, in the order of ``cell_items``, so that a cell is read from one place."""
    attention: FloatArray
    """float32[d, d]."""
    place_bias: FloatArray
    """float32[t]."""
    last_map: FloatArray
    """float32[d, d]."""
    mean_map: FloatArray
    """float32[d, d]."""


@njit(cache=True)
def _slot(table, keys, n, key, mask):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202  (compiled: numba infers the types)
    """Place of ``key`` in ``keys`` (its number), or -1 - the free cell of the table where it belongs."""
    cell = (key * 2654435761) & mask
    while True:
        at = table[cell]
        if at < 0:
            return -1 - cell
        if keys[at] == key:
            return at
        cell = (cell + 1) & mask


@njit(cache=True)
def _top(score, n, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Places of the ``k`` highest scores above 0, the highest first."""
    live = np.flatnonzero(score[:n] > 0)
    if len(live) > k:
        values = score[live]
        cut = np.partition(values, len(values) - k)[len(values) - k]
        live = live[values >= cut]
    order = np.argsort(-score[live], kind="mergesort")
    return live[order][:k]


@njit(cache=True, fastmath=True)
def _dot(a, b):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    total = np.float32(0)
    for q in range(len(a)):
        total += a[q] * b[q]
    return total


@njit(cache=True)
def _session_vector(ix, seq):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Unit vector of what is expected next (see `assets.models.item_vectors`)."""
    d = ix.vectors.shape[1]
    t = min(len(seq), len(ix.place_bias))
    last = ix.vectors[seq[-1]]
    query = np.zeros(d, dtype=np.float32)
    for b in range(d):
        query[b] = _dot(ix.attention[b], last)
    weight = np.empty(t, dtype=np.float32)
    for p in range(t):
        weight[p] = _dot(ix.vectors[seq[len(seq) - 1 - p]], query) + ix.place_bias[p]
    weight = np.exp(weight - weight.max())
    weight /= weight.sum()
    mean = np.zeros(d, dtype=np.float32)
    for p in range(t):
        mean += weight[p] * ix.vectors[seq[len(seq) - 1 - p]]
    out = np.zeros(d, dtype=np.float32)
    for b in range(d):
        out[b] = _dot(ix.last_map[b], last) + _dot(ix.mean_map[b], mean)
    length = np.sqrt(_dot(out, out))
    if length > 0:
        out /= length
    return out


@njit(cache=True)
def _nearest(ix, query, k, allowed):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Items of the nearest cells with the highest products: at most ``k``, those products above 0."""
    n_cells = len(ix.centres)
    affinity = np.empty(n_cells, dtype=np.float32)
    for c in range(n_cells):
        affinity[c] = _dot(ix.centres[c], query)
    nearest = np.argsort(-affinity, kind="mergesort")
    room = 0
    probes = 0
    while probes < n_cells and (probes < PROBES or room < 8 * k):
        room += ix.cell_starts[nearest[probes] + 1] - ix.cell_starts[nearest[probes]]
        probes += 1
    items = np.empty(room, dtype=np.int32)
    scores = np.empty(room, dtype=np.float32)
    n = 0
    for p in range(probes):
        for at in range(ix.cell_starts[nearest[p]], ix.cell_starts[nearest[p] + 1]):
            j = ix.cell_items[at]
            if len(allowed) > 0 and not allowed[j]:
                continue
            items[n] = j
            scores[n] = _dot(ix.cell_vectors[at], query)
            n += 1
    best = _top(scores, n, k)
    return items[best], scores[best]


@njit(cache=True)
def _neighbours(ix, latest, k):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """Most similar past sessions, the most recent of equals: numbers, similarities, place of the newest shared item."""
    length = len(latest)
    room = 0
    for a in range(length):
        room += ix.item_starts[latest[a] + 1] - ix.item_starts[latest[a]]
    size = 1024
    while size < 2 * room:
        size *= 2
    table = np.full(size, -1, dtype=np.int32)
    numbers = np.empty(room, dtype=np.int32)
    similarity = np.empty(room, dtype=np.float32)
    newest = np.empty(room, dtype=np.int32)
    n = 0
    for a in range(length):
        item = latest[a]
        weight = np.float32((length - a) / length) * (np.float32(1) + np.float32(0.15) * ix.idf[item])
        for p in range(ix.item_starts[item], ix.item_starts[item + 1]):
            s = ix.item_sessions[p]
            at = _slot(table, numbers, n, s, size - 1)
            if at < 0:
                table[-1 - at] = n
                numbers[n] = s
                similarity[n] = weight
                newest[n] = a
                n += 1
            else:
                similarity[at] += weight
    key = similarity[:n] + (numbers[:n] / np.float32(len(ix.session_starts))) * np.float32(0.3)
    best = _top(key, n, k)
    return numbers[best], similarity[best], newest[best]


@njit(cache=True)
def candidate_features(ix, seq, allowed, include_viewed, neighbours):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202, PLR0912
    """Candidates and their features.

    Args:
        ix: The arrays.
        seq: int64[m ≥ 1] known items, oldest first.
        allowed: bool[n], or bool[0] where every item is allowed.
        include_viewed: Whether items of ``seq`` are candidates.
        neighbours: Past sessions that vote.

    Returns:
        int32[c] distinct items, float32[c, len(FEATURES)].
    """
    m = len(seq)
    latest = np.empty(LAST_VIEWS, dtype=np.int64)
    distinct = 0
    total_distinct = 0
    for p in range(m - 1, -1, -1):
        known = False
        for q in range(p + 1, m):
            if seq[q] == seq[p]:
                known = True
                break
        if not known:
            total_distinct += 1
            if distinct < LAST_VIEWS:
                latest[distinct] = seq[p]
                distinct += 1
    latest = latest[:distinct]
    last = latest[0]

    table = np.full(16384, -1, dtype=np.int32)
    items = np.empty(MAX_SLOTS, dtype=np.int32)
    # knn: vote, count, best, recent, after, before; covis: all; last ×4, second ×3, third, sources; near rank
    acc = np.empty((MAX_SLOTS, 18), dtype=np.float32)
    n = 0
    own = 0
    for p in range(m - 1, -1, -1):
        at = _slot(table, items, n, np.int32(seq[p]), 16383)
        if at < 0 and n < MAX_SLOTS:
            table[-1 - at] = n
            items[n] = seq[p]
            acc[n] = 0
            n += 1
    own = n

    numbers, similarity, newest = _neighbours(ix, latest, neighbours)
    n_sessions = np.float32(len(ix.session_starts) - 1)
    for b in range(len(numbers)):
        s = numbers[b]
        shared = latest[newest[b]]
        vote = similarity[b] * max(np.float32(1) - np.float32(0.1) * newest[b], np.float32(0))
        fresh = vote * np.float32(np.exp2((s - n_sessions) / (np.float32(0.1) * n_sessions)))
        place = -1
        lo, hi = ix.session_starts[s], ix.session_starts[s + 1]
        for p in range(lo, hi):
            if ix.session_items[p] == shared:
                place = p
        for p in range(lo, hi):
            j = ix.session_items[p]
            at = _slot(table, items, n, j, 16383)
            if at < 0:
                if n >= MAX_SLOTS or (len(allowed) > 0 and not allowed[j]):
                    continue
                table[-1 - at] = n
                at = n
                items[n] = j
                acc[n] = 0
                n += 1
            row = acc[at]
            row[0] += vote
            row[1] += 1
            row[2] = max(row[2], similarity[b])
            row[3] += fresh
            if p > place:
                row[4] += vote / (p - place)
            elif p < place:
                row[5] += vote / (place - p)

    decay = np.float32(1)
    for a in range(distinct):
        i = latest[a]
        lo, hi = ix.covis_starts[i], ix.covis_starts[i + 1]
        mass = ix.item_stats[i, 7] + np.float32(1e-3)
        for p in range(lo, hi):
            j = ix.covis_partners[p]
            at = _slot(table, items, n, j, 16383)
            if at < 0:
                if n >= MAX_SLOTS or (len(allowed) > 0 and not allowed[j]):
                    continue
                table[-1 - at] = n
                at = n
                items[n] = j
                acc[n] = 0
                n += 1
            row = acc[at]
            v = ix.covis_values[p]
            row[6] += decay * (v[0] + v[1] + np.float32(0.6) * v[2] + np.float32(0.05) * v[3]) / (mass + np.float32(1))
            if a == 0:
                row[7] = v[0]
                row[8] = v[1]
                row[9] = v[2]
                row[10] = v[3]
                row[11] = v[0] / mass
            elif a == 1:
                row[12] = v[0]
                row[13] = v[1]
                row[14] = v[2]
            else:
                row[15] += v[1] + v[2]
            row[16] += 1
        decay *= np.float32(0.75)

    query = _session_vector(ix, seq)
    near_items, near_scores = _nearest(ix, query, TOP_NEAR, allowed)
    for r in range(len(near_items)):
        at = _slot(table, items, n, near_items[r], 16383)
        if at < 0:
            if n >= MAX_SLOTS:
                continue
            table[-1 - at] = n
            at = n
            items[n] = near_items[r]
            acc[n] = 0
            n += 1
        acc[at, 17] = np.float32(1)

    chosen = np.zeros(n, dtype=np.bool_)
    rank = np.full((n, 4), MISSING_RANK, dtype=np.float32)
    knn_order = _top(acc[:, 0].copy(), n, TOP_KNN + own)
    for r in range(len(knn_order)):
        rank[knn_order[r], 0] = r
        chosen[knn_order[r]] = True
    covis_order = _top(acc[:, 6].copy(), n, TOP_COVIS)
    for r in range(len(covis_order)):
        rank[covis_order[r], 1] = r
        chosen[covis_order[r]] = True
    last_order = _top(acc[:, 7] + acc[:, 8] + np.float32(0.6) * acc[:, 9] + np.float32(0.05) * acc[:, 10], n, 80)
    for r in range(len(last_order)):
        rank[last_order[r], 2] = r
        if r < TOP_LAST:
            chosen[last_order[r]] = True
    for at in range(n):
        chosen[at] |= acc[at, 17] > 0
    for at in range(own):
        chosen[at] = include_viewed and (len(allowed) == 0 or allowed[items[at]])

    where = np.flatnonzero(chosen)
    c = len(where)
    out = np.zeros((c, len(FEATURES)), dtype=np.float32)
    found = np.empty(c, dtype=np.int32)
    d = ix.vectors.shape[1]
    vector = np.zeros(c, dtype=np.float32)
    top_knn = max(acc[knn_order[0], 0], np.float32(1e-6)) if len(knn_order) else np.float32(1)
    top_covis = max(acc[covis_order[0], 6], np.float32(1e-6)) if len(covis_order) else np.float32(1)
    mean_similarity = similarity.mean() if len(similarity) else np.float32(0)
    repeats = 0
    for p in range(m):
        repeats += seq[p] == last
    best = np.float32(-2)
    for r in range(c):
        at = where[r]
        j = items[at]
        found[r] = j
        a = acc[at]
        o = out[r]
        o[0] = a[0] * (np.float32(1) + ix.idf[j])
        o[1] = a[0] / top_knn
        o[2] = rank[at, 0]
        o[3] = a[1]
        o[4] = a[2]
        o[5] = a[3]
        o[6] = a[4]
        o[7] = a[5]
        o[8] = a[6]
        o[9] = a[6] / top_covis
        o[10] = rank[at, 1]
        o[11] = a[7]
        o[12] = a[8]
        o[13] = a[9]
        o[14] = a[10]
        o[15] = a[11]
        o[16] = rank[at, 2]
        o[17] = a[12]
        o[18] = a[13]
        o[19] = a[14]
        o[20] = a[15]
        o[21] = a[16]
        total = _dot(query, ix.vectors[j])
        close = _dot(ix.vectors[last], ix.vectors[j])
        vector[r] = total + np.float32(2)
        best = max(best, total)
        o[22] = total
        o[25] = close
        o[26] = a[17]
        o[28] = MISSING_RANK
        o[29] = MISSING_RANK
        if at < own:
            count = 0
            after = 0
            for p in range(m):
                if seq[p] == j:
                    count += 1
                    o[28] = m - 1 - p
                    if count == 1:
                        o[29] = m - 1 - p
                    if p > 0 and seq[p - 1] == last:
                        after += 1
            o[27] = count
            o[30] = j == last
            o[31] = j == seq[0]
            o[32] = after
        for q in range(8):
            o[33 + q] = ix.item_stats[j, q]
        o[41] = m
        o[42] = total_distinct
        o[43] = repeats
        o[44] = ix.item_stats[last, 3]
        o[45] = ix.item_stats[last, 1]
        o[46] = ix.item_stats[last, 6]
        o[47] = len(numbers)
        o[48] = mean_similarity
    vector_order = _top(vector, c, c)
    for r in range(c):
        out[vector_order[r], 23] = best - out[vector_order[r], 22]
        out[vector_order[r], 24] = r
    return found, out
