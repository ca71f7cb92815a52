"""Which arm a unit of an experiment gets: by a hash of its id, so that every worker and every release says the same.

What belongs here: the draw. What does not: putting it on record (`serving.experiments.desk`).
"""

import hashlib
from typing import Literal, NamedTuple

from resources.shop.experiments import Experiment

__all__ = ["CHALLENGER", "CHAMPION", "DrawnArm", "drawn_arm"]

CHAMPION: Literal["champion"] = "champion"
CHALLENGER: Literal["challenger"] = "challenger"
_RANGE = 1 << 64


class DrawnArm(NamedTuple):
    """An arm, and the probability that a unit that entered had of it."""

    arm: str
    probability: float


def drawn_arm(name: str, experiment: Experiment, unit: str) -> DrawnArm | None:
    """The arm of a unit; none where the unit does not enter.

    SHA-256 of the experiment's id, its salt and the unit's id, NUL between them, gives two numbers in [0, 1): a unit
    enters by the first, and its arm is by the second. Experiments of different ids are independent of each other.
    """
    # An id may hold a lone surrogate when it came through JSON: it is an id like any other.
    text = "\0".join((name, experiment.salt, unit)).encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(text).digest()
    enters, draw = (int.from_bytes(digest[start : start + 8]) / _RANGE for start in (0, 8))
    if enters >= experiment.share:
        return None
    if draw < experiment.challenger_share:
        return DrawnArm(CHALLENGER, experiment.challenger_share)
    return DrawnArm(CHAMPION, 1 - experiment.challenger_share)
