"""One shopper's session → candidates for the next click, with what is known of each: the session ranker's input.

Belongs here: the union of the sources and the features, compiled because it runs for every candidate of every request.
The same code makes the rows that the ranker learns from and those that it answers from.

Sources of candidates: the session's own items, past sessions like it (VMIS-kNN), co-visitation of its last items, the
item vectors nearest to the session's and to its last item's, and what is clicked most of late, so that a list is full.
"""

import numpy as np

from assets.models.compiled import compiled
from assets.models.sessions.session_candidates import dot, nearest_items, session_vector, similar_sessions, slot, top
from assets.models.sessions.session_index import FEATURES

__all__ = ["candidate_features"]

LAST_VIEWS = 10
TOP_KNN, TOP_COVIS, TOP_LAST, TOP_NEAR, TOP_NEAR_LAST, TOP_TREND = 130, 100, 60, 180, 60, 20
LEAST = 120
"""Candidates that trending items fill up to."""
CELLS = 16_384
"""Of the hash table; a power of two, well above ``MAX_SLOTS``."""
MAX_SLOTS = 6_000
"""Items that the sources may touch; what comes later is left out."""
SUMS = 19
"""Running sums of an item: see the rows of ``acc`` below."""
MISSING_RANK = np.float32(999)
N_FEATURES = len(FEATURES)
OWN, SESSION = FEATURES.index("in_session"), FEATURES.index("length")


@compiled()
def _place(table, items, acc, n, j, allowed):
    """Slot of item ``j``, a new one (== n) where it has none, or -1 where it may have none."""
    at = slot(table, items[:n], j)
    if at >= 0:
        return at
    if n >= MAX_SLOTS or (len(allowed) > 0 and not allowed[j]):
        return -1
    table[-1 - at] = n
    items[n] = j
    for q in range(SUMS):
        acc[q, n] = 0
    return n


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
def _vote(session_starts, session_items, numbers, similarity, newest, latest, table, items, acc, n, allowed):
    """Let past sessions vote: rows 0-5 are vote, voters, best similarity, recent vote, vote after and before."""
    n_sessions = len(session_starts) - 1
    for b in range(len(numbers)):
        s = numbers[b]
        vote = similarity[b] * max(np.float32(1) - np.float32(0.1) * np.float32(newest[b]), np.float32(0))
        fresh = vote * np.float32(np.exp(np.float32(-7) * np.float32((n_sessions - s) / n_sessions)))
        lo, hi = session_starts[s], session_starts[s + 1]
        place = lo
        for p in range(lo, hi):
            if session_items[p] == latest[newest[b]]:
                place = p
        for p in range(lo, hi):
            at = _place(table, items, acc, n, session_items[p], allowed)
            if at < 0:
                continue
            n = max(n, at + 1)
            acc[0, at] += vote
            acc[1, at] += 1
            acc[2, at] = max(acc[2, at], similarity[b])
            acc[3, at] += fresh
            if p > place:
                acc[4, at] += vote / np.float32(p - place)
            elif p < place:
                acc[5, at] += vote / np.float32(place - p)
    return n


@compiled()
def _covisit(starts, partners, values, onward, latest, table, items, acc, n, allowed):
    """Add up transitions: rows 6-16 are all; the last item's four columns, its share; the second's; the rest; items."""
    decay = np.float32(1)
    for a in range(len(latest)):
        i = latest[a]
        mass = onward[i] + np.float32(1e-3)
        for p in range(starts[i], starts[i + 1]):
            at = _place(table, items, acc, n, partners[p], allowed)
            if at < 0:
                continue
            n = max(n, at + 1)
            v = values[p]
            strength = v[0] + v[1] + np.float32(0.6) * v[2] + np.float32(0.05) * v[3]
            acc[6, at] += decay * strength / (mass + np.float32(1))
            if a == 0:
                acc[7, at], acc[8, at], acc[9, at], acc[10, at] = v[0], v[1], v[2], v[3]
                acc[11, at] = v[0] / mass
            elif a == 1:
                acc[12, at], acc[13, at], acc[14, at] = v[0], v[1], v[2]
            else:
                acc[15, at] += v[1] + v[2]
            acc[16, at] += 1
        decay *= np.float32(0.75)
    return n


@compiled()
def _choose(score, n, k, chosen, rank):
    """Mark the best ``k`` of a source and note the rank of each; returns the highest score, at least a millionth."""
    order = top(score, n, k)
    for r in range(n):
        rank[r] = MISSING_RANK
    for r in range(len(order)):
        rank[order[r]] = r
        chosen[order[r]] = True
    return max(score[order[0]], np.float32(1e-6)) if len(order) > 0 else np.float32(1)


@compiled()
def _own(out, seq, j, last):
    """Features of an item of the session: how often, how long ago, where, and whether it followed the last."""
    m = len(seq)
    for p in range(m):
        if seq[p] == j:
            out[OWN] += 1
            out[OWN + 1] = m - 1 - p
            if out[OWN] == 1:
                out[OWN + 2] = m - 1 - p
            if p > 0 and seq[p - 1] == last:
                out[OWN + 5] += 1
    out[OWN + 3] = j == last
    out[OWN + 4] = j == seq[0]


@compiled()
def _fill(trending, table, items, acc, n, allowed, chosen, rank, own, c):
    """Add what is clicked most of late: ``TOP_TREND`` items in any case, more while candidates are few."""
    found = 0
    for j in trending:
        if found >= TOP_TREND and c >= LEAST:
            break
        at = _place(table, items, acc, n, j, allowed)
        if at < 0 or at < own:
            continue
        found += 1
        if at == n:
            rank[:, at] = MISSING_RANK
            n += 1
        c += not chosen[at]
        chosen[at] = True
    return c, n


@compiled()
def candidate_features(ix, seq, allowed, include_viewed, neighbours):
    """Candidates and their features.

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
    items = np.empty(MAX_SLOTS, dtype=np.int32)
    acc = np.empty((SUMS, MAX_SLOTS), dtype=np.float32)
    every = allowed[:0]
    n = 0
    # The session's own items have the first slots, allowed or not, so that they can be told from the others.
    for p in range(m - 1, -1, -1):
        n = max(n, _place(table, items, acc, n, seq[p], every) + 1)
    own = n
    numbers, similarity, newest = similar_sessions(
        ix.item_starts, ix.item_sessions, ix.idf, len(ix.session_starts) - 1, latest, neighbours, ix.knn_weights
    )
    n = _vote(ix.session_starts, ix.session_items, numbers, similarity, newest, latest, table, items, acc, n, allowed)
    onward = ix.item_stats[:, 7]
    n = _covisit(ix.covis_starts, ix.covis_partners, ix.covis_values, onward, latest, table, items, acc, n, allowed)
    query = session_vector(ix.vectors, ix.attention, ix.place_bias, ix.last_map, ix.mean_map, seq)
    for j in nearest_items(ix.centres, ix.cell_starts, ix.cell_items, ix.cell_vectors, query, TOP_NEAR, allowed):
        at = _place(table, items, acc, n, j, allowed)
        if at >= 0:
            n = max(n, at + 1)
            acc[17, at] = 1
    unit = ix.vectors[last]
    near_last = nearest_items(ix.centres, ix.cell_starts, ix.cell_items, ix.cell_vectors, unit, TOP_NEAR_LAST, allowed)
    for place in range(len(near_last)):
        at = _place(table, items, acc, n, near_last[place], allowed)
        if at >= 0:
            n = max(n, at + 1)
            acc[18, at] = place + 1

    # Trending items may still join.
    chosen = np.zeros(n + LEAST + TOP_TREND, dtype=np.bool_)
    rank = np.empty((3, n + LEAST + TOP_TREND), dtype=np.float32)
    top_knn = _choose(acc[0], n, TOP_KNN + own, chosen, rank[0])
    top_covis = _choose(acc[6], n, TOP_COVIS, chosen, rank[1])
    of_last = np.empty(n, dtype=np.float32)
    for at in range(n):
        of_last[at] = acc[7, at] + acc[8, at] + np.float32(0.6) * acc[9, at] + np.float32(0.05) * acc[10, at]
    _choose(of_last, n, TOP_LAST, chosen, rank[2])
    c = 0
    for at in range(n):
        chosen[at] = chosen[at] or acc[17, at] + acc[18, at] > 0
        if at < own:
            chosen[at] = include_viewed and (len(allowed) == 0 or allowed[items[at]])
        c += chosen[at]

    c, n = _fill(ix.trending, table, items, acc, n, allowed, chosen, rank, own, c)

    repeats = 0
    for p in range(m):
        repeats += seq[p] == last
    mean_similarity = np.float32(0)
    for b in range(len(numbers)):
        mean_similarity += similarity[b] / np.float32(len(numbers))
    out = np.zeros((c, N_FEATURES), dtype=np.float32)
    found = np.empty(c, dtype=np.int32)
    vector = np.empty(c, dtype=np.float32)
    r = 0
    for at in range(n):
        if not chosen[at]:
            continue
        j, o = items[at], out[r]
        found[r] = j
        o[0] = acc[0, at] * (np.float32(1) + ix.idf[j])
        o[1] = acc[0, at] / top_knn
        o[2] = rank[0, at]
        for q in range(1, 6):
            o[2 + q] = acc[q, at]
        o[8] = acc[6, at]
        o[9] = acc[6, at] / top_covis
        o[10] = rank[1, at]
        for q in range(7, 12):
            o[4 + q] = acc[q, at]
        o[16] = rank[2, at]
        for q in range(12, 17):
            o[5 + q] = acc[q, at]
        # How much of what came before and after either of the two items was the other.
        o[22] = (acc[7, at] + acc[8, at] + acc[9, at]) / (ix.item_stats[j, 7] + onward[last] + np.float32(1))
        v = ix.vectors[j]
        o[23] = dot(query, v)
        vector[r] = o[23] + np.float32(2)
        o[26] = dot(ix.vectors[last], v)
        o[27] = acc[18, at] if acc[18, at] > 0 else MISSING_RANK
        o[28] = o[26]
        o[29] = o[26]
        for a in range(1, len(latest)):
            near = dot(ix.vectors[latest[a]], v)
            o[28] = max(o[28], near)
            o[29] += near
        o[29] /= len(latest)
        o[30] = (
            np.float32(rank[0, at] < MISSING_RANK)
            + np.float32(rank[1, at] < MISSING_RANK)
            + acc[17, at]
            + np.float32(acc[18, at] > 0)
        )
        o[OWN + 1] = MISSING_RANK
        o[OWN + 2] = MISSING_RANK
        if at < own:
            _own(o, seq, j, last)
        for q in range(8):
            o[OWN + 6 + q] = ix.item_stats[j, q]
        o[SESSION] = m
        o[SESSION + 1] = distinct
        o[SESSION + 2] = repeats
        o[SESSION + 3] = ix.item_stats[last, 3]
        o[SESSION + 4] = ix.item_stats[last, 1]
        o[SESSION + 5] = ix.item_stats[last, 6]
        o[SESSION + 6] = len(numbers)
        o[SESSION + 7] = mean_similarity
        r += 1
    order = top(vector, c, c)
    for place in range(c):
        out[order[place], 24] = out[order[0], 23] - out[order[place], 23]
        out[order[place], 25] = place
    return found, out
