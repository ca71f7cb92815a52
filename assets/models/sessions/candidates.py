"""Sources of candidates for a session's next click, compiled because they run in every request.

Belongs here: similar past sessions (VMIS-kNN), the vector of a session and the nearest item vectors, and the small
hash table that they share. What is made of the candidates belongs to `assets.models.sessions.features`.

Plain loops rather than numpy's sorts and array expressions: they compile in a fraction of the time.
"""

import numpy as np

from assets.models.compiled.cache import compiled
from assets.models.compiled.partial_sort import top

__all__ = ["dot", "nearest_items", "session_vector", "similar_sessions", "slot"]

PROBES = 32
"""Cells of item vectors looked into: about one in twelve of 40,000 items'."""


@compiled()
def slot(table, keys, key):
    """Number of ``key`` among ``keys``, or -1 - the free cell of ``table`` (a power of two long) where it belongs."""
    mask = len(table) - 1
    cell = (np.int64(key) * 2654435761) & mask
    while True:
        at = table[cell]
        if at < 0:
            return -1 - cell
        if keys[at] == key:
            return at
        cell = (cell + 1) & mask


@compiled(fastmath=True)
def dot(a, b):
    """Inner product of two float32 vectors."""
    total = np.float32(0)
    for q in range(len(a)):
        total += a[q] * b[q]
    return total


@compiled()
def session_vector(vectors, attention, place_bias, last_map, mean_map, seq):
    """Unit vector of what is expected next after the items ``seq``, oldest first.

    See `assets.models.sessions.item_vectors`.
    """
    members, d = len(attention), attention.shape[1]
    t = min(len(seq), place_bias.shape[1])
    newest = len(seq) - 1
    root = np.float32(np.sqrt(members))
    out = np.empty(members * d, dtype=np.float32)
    seen = np.empty((t, d), dtype=np.float32)
    for e in range(members):
        for p in range(t):
            for b in range(d):
                seen[p, b] = vectors[seq[newest - p], e * d + b] * root
        _member_vector(seen, attention[e], place_bias[e], last_map[e], mean_map[e], out[e * d : (e + 1) * d])
    for b in range(members * d):
        out[b] /= root
    return out


@compiled()
def _member_vector(seen, attention, place_bias, last_map, mean_map, out):
    """Write one member's unit vector for its vectors of what was seen, newest first."""
    t, d = seen.shape
    last = seen[0]
    query = np.empty(d, dtype=np.float32)
    for b in range(d):
        query[b] = dot(attention[b], last)
    weight = np.empty(t, dtype=np.float32)
    highest = np.float32(-1e30)
    for p in range(t):
        weight[p] = dot(seen[p], query) + place_bias[p]
        highest = max(highest, weight[p])
    total = np.float32(0)
    for p in range(t):
        weight[p] = np.exp(weight[p] - highest)
        total += weight[p]
    mean = np.zeros(d, dtype=np.float32)
    for p in range(t):
        for b in range(d):
            mean[b] += weight[p] / total * seen[p, b]
    for b in range(d):
        out[b] = dot(last_map[b], last) + dot(mean_map[b], mean)
    length = np.float32(np.sqrt(dot(out, out)))
    if length > 0:
        for b in range(d):
            out[b] /= length


@compiled()
def nearest_items(centres, cell_starts, cell_items, cell_vectors, query, k, allowed):
    """Allowed items of the nearest cells with the highest products with ``query``, at most ``k``, products above 0."""
    n_cells = len(centres)
    affinity = np.empty(n_cells, dtype=np.float32)
    for c in range(n_cells):
        affinity[c] = dot(centres[c], query) + np.float32(2)
    nearest = top(affinity, n_cells, PROBES)
    room = 0
    for c in nearest:
        room += cell_starts[c + 1] - cell_starts[c]
    items = np.empty(room, dtype=np.int32)
    scores = np.empty(room, dtype=np.float32)
    n = 0
    for c in nearest:
        for at in range(cell_starts[c], cell_starts[c + 1]):
            j = cell_items[at]
            if len(allowed) > 0 and not allowed[j]:
                continue
            items[n] = j
            scores[n] = dot(cell_vectors[at], query)
            n += 1
    best = top(scores, n, k)
    out = np.empty(len(best), dtype=np.int32)
    for r in range(len(best)):
        out[r] = items[best[r]]
    return out


@compiled()
def similar_sessions(item_starts, item_sessions, idf, n_sessions, latest, k, weights):
    """Most similar past sessions of the distinct items ``latest``, newest first.

    Args:
        item_starts: int64[n + 1], compressed rows of ``item_sessions``.
        item_sessions: int32[p] sessions of each item.
        idf: float32[n].
        n_sessions: Past sessions.
        latest: int64[m] distinct items.
        k: Most sessions returned.
        weights: float32[2], where one shared item is worth 1 or less: what the newest past session is worth above the
            oldest, and what an item's idf adds to the worth of sharing it.

    Returns:
        int32[s] sessions, float32[s] similarities, int32[s] place in ``latest`` of the newest shared item.
    """
    length = len(latest)
    room = 0
    for a in range(length):
        room += item_starts[latest[a] + 1] - item_starts[latest[a]]
    size = 1024
    while size < 2 * room:
        size *= 2
    table = np.empty(size, dtype=np.int32)
    for c in range(size):
        table[c] = -1
    numbers = np.empty(room, dtype=np.int32)
    similarity = np.empty(room, dtype=np.float32)
    newest = np.empty(room, dtype=np.int32)
    n = 0
    for a in range(length):
        item = latest[a]
        weight = np.float32((length - a) / length) * (np.float32(1) + weights[1] * idf[item])
        for p in range(item_starts[item], item_starts[item + 1]):
            s = item_sessions[p]
            at = slot(table, numbers, s)
            if at < 0:
                table[-1 - at] = n
                numbers[n] = s
                # Recency is counted once: with the first shared item.
                similarity[n] = weight + weights[0] * np.float32(s / n_sessions)
                newest[n] = a
                n += 1
            else:
                similarity[at] += weight
    best = top(similarity, n, k)
    out_numbers = np.empty(len(best), dtype=np.int32)
    out_similarity = np.empty(len(best), dtype=np.float32)
    out_newest = np.empty(len(best), dtype=np.int32)
    for r in range(len(best)):
        out_numbers[r] = numbers[best[r]]
        out_similarity[r] = similarity[best[r]]
        out_newest[r] = newest[best[r]]
    return out_numbers, out_similarity, out_newest
