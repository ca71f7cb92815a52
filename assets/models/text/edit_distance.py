"""How far two words are from each other: single-character edits and swaps of neighbours.

Belongs here: the distance and the deletions that find near words. Which near word is meant is a speller's matter.
"""

__all__ = ["deletions", "edit_distance"]


def edit_distance(a: str, b: str, limit: int) -> int:
    """Insertions, deletions, replacements and swaps of neighbours from ``a`` to ``b``; ``limit + 1`` if more.

    The restricted Damerau-Levenshtein distance (optimal string alignment), cut off as soon as a whole row of the table
    is beyond ``limit``.
    """
    if abs(len(a) - len(b)) > limit:
        return limit + 1
    before, row = [0] * (len(b) + 1), list(range(len(b) + 1))
    for i, ca in enumerate(a, 1):
        older, before, row = before, row, [i] + [0] * len(b)
        for j, cb in enumerate(b, 1):
            cost = before[j - 1] if ca == cb else 1 + min(before[j - 1], before[j], row[j - 1])
            if i > 1 and j > 1 and ca == b[j - 2] and a[i - 2] == cb:
                cost = min(cost, older[j - 2] + 1)
            row[j] = cost
        if min(row) > limit and min(before) > limit:
            return limit + 1
    return min(row[-1], limit + 1)


def deletions(word: str, depth: int) -> set[str]:
    """``word`` and every string that is left after deleting up to ``depth`` of its characters.

    Two words within ``depth`` edits of each other share one of these (Garbe's symmetric deletion), so near words
    are found by look-up and not by comparison with a whole vocabulary.
    """
    result = level = {word}
    for _ in range(depth):
        level = {w[:i] + w[i + 1 :] for w in level for i in range(len(w))}
        result = result | level
    return result
