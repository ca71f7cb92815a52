"""The shop's rules that hold for one list in one context, as arrays over the catalogue.

What belongs here: what a rule comes to. How declared rules become this is `assets.models.rules.declared`, how an
answer is chosen under it `assets.models.rules.picks`.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np

from assets.models.rules.caps import Cap
from assets.models.rules.diversity import Likeness
from evaluation.arrays import Bools, Floats32

__all__ = [
    "NO_RULES",
    "Allowed",
    "Band",
    "Banner",
    "Bought",
    "Diversity",
    "Effect",
    "Lift",
    "Pin",
    "Redirect",
    "RuleSet",
]


@dataclass(frozen=True, slots=True)
class Allowed:
    """The only products that may be shown: bool[n]."""

    name: str
    mask: Bools


@dataclass(frozen=True, slots=True)
class Band:
    """Prices from ``low`` to ``high``, both inclusive, times the price of the product that a list starts from."""

    name: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bought:
    """What a known user bought is left out."""

    name: str


@dataclass(frozen=True, slots=True)
class Pin:
    """A product at a place, 1 being the first."""

    name: str
    item: int
    place: int
    by_query: bool = False
    """Whether the rule names queries: then it is shown though it does not match."""


@dataclass(frozen=True, slots=True)
class Lift:
    """What is added to the normalised scores of some products, bool[n]; below 0 to bury."""

    name: str
    mask: Bools
    amount: float


@dataclass(frozen=True, slots=True)
class Diversity:
    """Maximal marginal relevance with ``relevance`` (λ, in [0, 1]) for the score and the rest against likeness."""

    name: str
    relevance: float
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Banner:
    """A text that the answer of a search tells."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Redirect:
    """An address that the answer of a search tells."""

    name: str
    to: str


Effect = Allowed | Band | Bought | Pin | Lift | Cap | Diversity | Banner | Redirect


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules by what they do.

    Attributes:
        allowed: bool[n] that every `Allowed` keeps; none for all.
        lift: float32[n], the sum of all lifts; none without any.
        diversity: The last one declared.
        banner: The text of the first one declared.
        redirect: The address of the first one declared.
    """

    allowed: Bools | None = None
    bands: tuple[Band, ...] = ()
    leaves_out_bought: bool = False
    pins: tuple[Pin, ...] = ()
    lifts: tuple[Lift, ...] = ()
    lift: Floats32 | None = field(default=None, repr=False)
    caps: tuple[Cap, ...] = ()
    diversity: Diversity | None = None
    banner: str | None = None
    redirect: str | None = None

    @classmethod
    def of(cls, effects: list[Effect]) -> Self:
        """From effects in the order declared; a pin of a product that is pinned already counts for nothing."""
        masks = [e.mask for e in effects if isinstance(e, Allowed)]
        lifts = tuple(e for e in effects if isinstance(e, Lift))
        diversities = [e for e in effects if isinstance(e, Diversity)]
        pins: dict[int, Pin] = {}
        for effect in effects:
            if isinstance(effect, Pin):
                pins.setdefault(effect.item, effect)
        return cls(
            allowed=np.logical_and.reduce(masks) if masks else None,
            bands=tuple(e for e in effects if isinstance(e, Band)),
            leaves_out_bought=any(isinstance(e, Bought) for e in effects),
            pins=tuple(sorted(pins.values(), key=lambda pin: pin.place)),
            lifts=lifts,
            lift=sum((e.mask * np.float32(e.amount) for e in lifts[1:]), lifts[0].mask * np.float32(lifts[0].amount))
            if lifts
            else None,
            caps=tuple(e for e in effects if isinstance(e, Cap)),
            diversity=diversities[-1] if diversities else None,
            banner=next((e.text for e in effects if isinstance(e, Banner)), None),
            redirect=next((e.to for e in effects if isinstance(e, Redirect)), None),
        )

    @property
    def reorders(self) -> bool:
        """Whether an answer is more than the first products of each step, in its order."""
        return bool(self.lifts or self.caps or self.diversity is not None)


NO_RULES = RuleSet()
