"""Decisions, scores, segments, what targeting would earn, and reports.

What belongs here: shapes, named as in the API's description.
"""

from datetime import date
from typing import Any, Literal

from msgspec import Struct, field

from upshelf_client.answers.storefront import BannerOut, ListAnswer

__all__ = [
    "CampaignOut",
    "CampaignsAnswer",
    "ChangeOut",
    "Contact",
    "DecisionAnswer",
    "ExperimentOut",
    "ExperimentsAnswer",
    "Member",
    "PlanAnswer",
    "Range",
    "ReportAnswer",
    "RoiAnswer",
    "ScoreAnswer",
    "SegmentSummary",
    "SegmentsAnswer",
    "StrategyOut",
    "TopFeature",
    "UserScore",
]


class Contact(Struct, frozen=True):
    """What a contact with one of several arms does to a user, with its 95 % interval, and is expected to earn."""

    arm: str | None
    uplift: float
    lower: float
    upper: float
    p_control: float
    p_treated: float
    expected_cost: float | None = None
    expected_net_value: float | None = None


class UserScore(Struct, frozen=True):
    """What is known of a user; every figure is none for one that the release does not know."""

    user_id: str
    known: bool
    uplift: float | None = None
    lower: float | None = None
    upper: float | None = None
    p_control: float | None = None
    p_treated: float | None = None
    segment: str | None = None
    expected_net_value: float | None = None
    best_arm: str | None = None
    arms: list[Contact] = field(default_factory=list)


class ScoreAnswer(Struct, frozen=True):
    """A score for each user asked for, in the order asked."""

    users: list[UserScore]
    release: str
    campaign: str


class DecisionAnswer(Struct, frozen=True):
    """Whether to advertise, for which campaign, with which arm, banner and products, and ``why``."""

    advertise: bool
    arm: str | None
    campaign: str | None
    why: list[str]
    fallbacks: list[str]
    user: UserScore | None
    banner: BannerOut | None
    products: ListAnswer
    release: str


class TopFeature(Struct, frozen=True):
    """A feature by which a segment differs from all users; ``difference`` is in standard deviations."""

    feature: str
    mean: float | None
    mean_all: float | None
    difference: float


class SegmentSummary(Struct, frozen=True):
    """A segment: its size, the means of its members, and the features that tell it apart."""

    name: str
    users: int
    share: float
    mean_uplift: float
    mean_lower: float
    mean_upper: float
    mean_p_control: float
    top_features: list[TopFeature]


class RespondingGroup(Struct, frozen=True):
    """A group on whom a contact works unlike on others; the interval is one of all groups together."""

    words: str
    attribute: str
    group: str
    users: int
    effect: float
    lower: float
    upper: float
    p_value: float


class SegmentsAnswer(Struct, frozen=True):
    """All segments, largest first, and who responds, clearest first."""

    segments: list[SegmentSummary]
    responders: list[RespondingGroup]
    release: str
    campaign: str


class Member(Struct, frozen=True):
    """A user of a segment: uplift with its interval, both probabilities, and what the best contact is worth."""

    user_id: str
    uplift: float
    lower: float
    upper: float
    p_control: float
    p_treated: float
    expected_net_value: float | None
    best_arm: str | None


class Range(Struct, frozen=True):
    """An estimate with its 95 % interval."""

    value: float
    lower: float
    upper: float


class StrategyOut(Struct, frozen=True):
    """A strategy: money in the shop's currency; conversions and revenue are incremental."""

    strategy: str
    treated_share: float
    contacts: float
    cost: float
    conversions: Range
    revenue: Range
    profit: Range
    roi: Range | None


class RoiAnswer(Struct, frozen=True):
    """Every strategy, with the prices it was valued at; ``best`` has the highest expected profit."""

    strategies: list[StrategyOut]
    best: str
    budget: float | None
    margin: float
    contact_cost: float
    population: int
    currency: str
    release: str
    campaign: str


class PlanAnswer(Struct, frozen=True):
    """Users of all arms together, days, and what the control costs."""

    users: int
    by_arm: dict[str, int]
    effect: float
    lift: float
    users_with_cuped: int | None
    days: int | None
    responses_forgone: float
    control_cost: float
    mean: float
    deviation: float
    measured: bool
    warnings: list[str]
    currency: str
    release: str
    campaign: str


class CampaignOut(Struct, frozen=True, kw_only=True):
    """A campaign: its state, whether its experiment is valid and why, arms and windows."""

    id: str
    state: str | None = None
    valid: bool
    verdict: str
    missing: str | None = None
    outcome: str | None = None
    control: str | None = None
    arms: list[str] = field(default_factory=list)
    exposures: int | None = None
    attribution_days: int | None = None
    history_days: int | None = None
    frame_days: int | None = None
    max_contacts: int | None = None
    contact_days: int | None = None
    budget: float | None = None


class CampaignsAnswer(Struct, frozen=True):
    """Every campaign, sorted by id."""

    campaigns: list[CampaignOut]
    release: str


class ChangeOut(Struct, frozen=True):
    """What the challenger's lists do without: false, or the names of modules."""

    personalisation: bool
    rules: bool
    without: list[str]


class ExperimentOut(Struct, frozen=True):
    """An experiment as declared; ``arms`` are shares, ``figures`` what the nightly report tells, null before it."""

    id: str
    running: bool
    starts: date | None
    ends: date | None
    unit: Literal["user", "session"]
    metric: str
    share: float
    arms: dict[str, float]
    change: ChangeOut
    figures: Any


class ExperimentsAnswer(Struct, frozen=True):
    """The experiments that the release declares, by id; their figures hold up to the end of the day ``as_of``."""

    experiments: list[ExperimentOut]
    as_of: str
    release: str


class ReportAnswer(Struct, frozen=True):
    """A report of the release; its fields are those that the pipeline wrote."""

    name: str
    as_of: str
    report: Any
    release: str
