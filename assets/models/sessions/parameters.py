"""Settings of the session model; every time is a share of the sessions, so that they suit slow and busy shops alike.

Belongs here: the numbers and their reading from JSON. Of those that `assets.models.sessions.tuning` tries, the
defaults are where a fit starts, and its own validation sessions decide (docs/decisions/0012).
"""

from dataclasses import dataclass, field
from typing import Any

from assets.models.sessions.item_vectors import TrainingPlan
from assets.models.sessions.knn import SessionKnnParameters

__all__ = ["NIGHTLY", "RankerPlan", "SearchPlan", "SessionModelParameters", "parameters_from"]


@dataclass(frozen=True, slots=True)
class RankerPlan:
    """Size and shape of the ranker's training."""

    prefixes: int = 40_000
    """Next clicks learnt from."""
    negatives: int = 55
    """Other candidates of each, drawn evenly."""
    trees: int = 200
    leaves: int = 31
    learning_rate: float = 0.07
    members: int = 2
    """Rankers, each learnt from other candidates drawn and other features left out; their scores are added up."""
    validation_prefixes: int = 4_000
    threads: int = 1


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """Length of the search for settings and size of its trials."""

    trials: int = 11
    """Changes that may be tried; 0 takes the settings as they are."""
    seconds: float = 180.0
    """Of CPU, after which no trial is begun: a bound for unforeseen data, far above what the trials need."""
    prefixes: int = 6_000
    negatives: int = 30
    trees: int = 80
    validation_prefixes: int = 4_000


@dataclass(frozen=True, slots=True)
class SessionModelParameters:
    """Settings of the whole."""

    knn: SessionKnnParameters = field(default_factory=lambda: SessionKnnParameters(recent=1000))
    neighbours: int = 300
    """Past sessions that vote."""
    recency: float = 0.3
    """What the newest past session is worth above the oldest, where one shared item is worth 1 or less."""
    rarity: float = 0.15
    """What an item's idf adds to the worth of sharing it."""
    half_life: float = 0.15
    """Of co-visitation."""
    min_sessions: int = 2_000
    """Below, the tenth that a ranking is learnt from has too few clicks for it: `SessionKnn` answers alone."""
    ranked_share: float = 0.1
    """Last share of the sessions that the ranking is learnt from."""
    validation_share: float = 0.1
    """Last share of those that it is measured on; settings are chosen by as many before them."""
    search: SearchPlan = field(default_factory=SearchPlan)
    dim: int = 64
    """Numbers a vector of a member."""
    vectors: TrainingPlan = field(default_factory=TrainingPlan)
    update: TrainingPlan = field(default_factory=lambda: TrainingPlan(epochs=1.0, learning_rate=1e-3))
    """Training of the vectors that goes on over all sessions once the ranking is learnt."""
    ranker: RankerPlan = field(default_factory=RankerPlan)
    first_trees: int = 40
    """Trees after which only the best candidates go on."""
    keep: int = 80
    """Candidates that go on, or twice as many as are asked for."""
    seed: int = 0


NIGHTLY = SessionModelParameters(
    vectors=TrainingPlan(members=1, epochs=1.0, max_examples=400_000),
    ranker=RankerPlan(prefixes=5_000, negatives=30, trees=120, members=1, validation_prefixes=1_000),
    search=SearchPlan(trials=4, seconds=30.0, prefixes=2_000, negatives=20, trees=60, validation_prefixes=1_000),
)
"""What a night fits, twice, once to be measured: a third of the defaults' time for most of what they gain."""


def parameters_from(raw: dict[str, Any]) -> SessionModelParameters:
    """Parameters from what ``dataclasses.asdict`` made of them, as read from JSON."""
    parts = {
        "knn": SessionKnnParameters(**raw["knn"]),
        "vectors": TrainingPlan(**raw["vectors"]),
        "update": TrainingPlan(**raw["update"]),
        "ranker": RankerPlan(**raw["ranker"]),
        "search": SearchPlan(**raw["search"]),
    }
    return SessionModelParameters(**{**raw, **parts})
