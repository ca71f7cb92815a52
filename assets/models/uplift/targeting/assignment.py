"""Arms of a campaign drawn by lot within strata: of each stratum every arm gets its share.

What belongs here: the draw. What does not: what the strata are (`assets.models.uplift.targeting.strata`), and that it
is on record (`resources.store.campaign_draws`).

In a stratum of n users whose order is by lot, arms with shares q₁, q₂, … get floor(n (q₁ + … + qₐ) + u) users up to arm
a, where u in [0, 1) is by lot as well: as many as their share, rounded up or down, and on average exactly as many, so
that each user's probability of an arm is its share, in a stratum of one too (systematic rounding, Cox 1987; fixed
largest remainders would give some users an arm for certain). u goes on from stratum to stratum by what the first arm
has had, so that this one's total over all strata is its share as well, rounded.
"""

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

__all__ = ["MIN_SHARE", "drawn_arms", "lots", "shares_fault"]

MIN_SHARE = 0.001
"""Of an arm: inverse propensities above 1,000 say nothing."""
_RANGE = 2.0**64


def shares_fault(shares: Mapping[str, float]) -> str | None:
    """What is wrong with the arms' shares, with the remedy; none where they can be drawn."""
    if len(shares) < 2:
        return f"there is no arm but {', '.join(shares) or 'none'}: a trial needs the control and a treatment"
    for arm, share in shares.items():
        if not MIN_SHARE <= share < 1:
            return f"the share of {arm!r} is {share:g}: give one of {MIN_SHARE} or more, below 1"
    if abs(total := sum(shares.values()) - 1) > 1e-9:
        return f"the shares of {', '.join(shares)} add up to {1 + total:g}: give such that add up to 1"
    return None


def lots(user_ids: Sequence[str], seed: str, of: str) -> NDArray[np.uint64]:
    """A number by lot for each user, uint64[n]: blake2b of the id under ``seed``, alike in every order and release.

    Args:
        user_ids: Who.
        seed: Up to 64 characters, as kept with the draw.
        of: What is drawn, up to 16 bytes: lots of two names are independent of each other.
    """
    key, person = seed.encode(), of.encode()
    digests = b"".join(
        blake2b(user.encode("utf-8", "surrogatepass"), digest_size=8, key=key, person=person).digest()
        for user in user_ids
    )
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


def drawn_arms(
    user_ids: Sequence[str], strata: Sequence[str], shares: Mapping[str, float], seed: str
) -> NDArray[np.intp]:
    """Number of each user's arm in ``shares``: intp[n]; whose probability is the arm's share, for everybody.

    Args:
        user_ids: Each once, in any order.
        strata: Of each user.
        shares: Arm → share, the control first.
        seed: As of `lots`.

    Raises:
        ValueError: As `shares_fault`, or a user who is there twice.
    """
    if fault := shares_fault(shares):
        raise ValueError(fault)
    if len(set(user_ids)) != len(user_ids):
        raise ValueError("a user is there twice: give each once")
    names, stratum = np.unique(np.asarray(strata, dtype=np.str_), return_inverse=True)
    # Of two equal lots, once in 2⁶⁴, the ids decide: the order that was given never does.
    order = np.lexsort((np.asarray(user_ids, dtype=np.str_), lots(user_ids, seed, "arm"), stratum))
    ends = np.append(np.cumsum(list(shares.values()))[:-1], 1.0)
    offset = float(lots([""], seed, "offset")[0]) / _RANGE
    arms = np.empty(len(user_ids), dtype=np.intp)
    sizes = np.bincount(stratum, minlength=names.size)
    for start, size in zip((np.cumsum(sizes) - sizes).tolist(), sizes.tolist(), strict=True):
        u = (offset + ends[0] * start) % 1.0
        upto = np.floor(size * ends + u).astype(np.intp)
        upto[-1] = size
        arms[order[start : start + size]] = np.searchsorted(upto, np.arange(size), side="right")
    return arms
