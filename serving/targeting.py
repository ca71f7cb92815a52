"""Whom to advertise to: scores of users, segments and what a contact is expected to earn.

What belongs here: reading a release's uplift scores and turning them into answers. How they were fitted is
`assets.models.uplift_model`.
"""

from collections.abc import Iterator, Sequence

import msgspec

from assets.models.uplift_scores import UpliftScores
from serving.problems import ProblemError
from serving.snapshot import Snapshot

__all__ = [
    "ScoreAnswer",
    "SegmentSummary",
    "SegmentsAnswer",
    "UserScore",
    "expected_net_value",
    "member_lines",
    "score",
    "segments",
    "uplift_of",
]


class UserScore(msgspec.Struct, frozen=True):
    """What is known of a user; every figure is null for one that the release does not know."""

    user_id: str
    known: bool
    uplift: float | None = None
    """Change of the probability to respond because of a contact, with its 95 % interval ``lower`` to ``upper``."""
    lower: float | None = None
    upper: float | None = None
    p_control: float | None = None
    p_treated: float | None = None
    segment: str | None = None
    expected_net_value: float | None = None
    """margin · revenue per response · uplift − contact cost − incentive · p_treated, in the shop's currency."""


class ScoreAnswer(msgspec.Struct, frozen=True):
    """A score for each user asked for, in the order asked."""

    users: list[UserScore]
    release: str


class SegmentSummary(msgspec.Struct, frozen=True):
    """A segment: its size and the means of its members."""

    name: str
    users: int
    share: float
    mean_uplift: float
    mean_lower: float
    mean_upper: float
    mean_p_control: float


class SegmentsAnswer(msgspec.Struct, frozen=True):
    """All segments, largest first."""

    segments: list[SegmentSummary]
    release: str


class Member(msgspec.Struct, frozen=True):
    """A line of a segment's export."""

    user_id: str
    uplift: float
    lower: float
    upper: float


def uplift_of(snapshot: Snapshot) -> UpliftScores:
    """The release's uplift scores.

    Raises:
        ProblemError: 404 module-unavailable, with the release's reason.
    """
    uplift = snapshot.release.uplift
    if uplift is None:
        reason = snapshot.missing.get("uplift", "it was built without them")
        raise ProblemError(404, "module-unavailable", f"This release has no uplift scores: {reason}.")
    return uplift


def score(snapshot: Snapshot, user_ids: Sequence[str]) -> ScoreAnswer:
    """Score users; milliseconds for a thousand."""
    rows = {row["user_id"]: row for row in uplift_of(snapshot).look_up(user_ids).iter_rows(named=True)}
    users = [_scored(snapshot, rows[u]) if u in rows else UserScore(user_id=u, known=False) for u in user_ids]
    return ScoreAnswer(users, snapshot.version)


def segments(snapshot: Snapshot) -> SegmentsAnswer:
    """Sizes and means, computed when the release was loaded."""
    uplift_of(snapshot)
    found = [
        SegmentSummary(
            name=row["segment"],
            users=row["users"],
            share=row["share"],
            mean_uplift=row["uplift"],
            mean_lower=row["lower"],
            mean_upper=row["upper"],
            mean_p_control=row["p_control"],
        )
        for row in snapshot.segments
    ]
    return SegmentsAnswer(found, snapshot.version)


def member_lines(snapshot: Snapshot, segment: str) -> Iterator[bytes]:
    """Members of a segment as NDJSON, a chunk of lines at a time, so that memory stays bounded.

    Raises:
        ProblemError: 404 if the release has no uplift scores or no such segment.
    """
    uplift = uplift_of(snapshot)
    names = [row["segment"] for row in snapshot.segments]
    if segment not in names:
        raise ProblemError(404, "unknown-segment", f"There is no segment {segment!r}; there are {', '.join(names)}.")
    encoder = msgspec.json.Encoder()
    return (
        encoder.encode_lines([Member(*row) for row in frame.select("user_id", "uplift", "lower", "upper").iter_rows()])
        for frame in uplift.members(segment)
    )


def expected_net_value(
    snapshot: Snapshot,
    uplift: float,
    p_treated: float,
    *,
    margin: float | None = None,
    contact_cost: float | None = None,
) -> tuple[float, float] | None:
    """(net value, cost) of contacting a user; none if the release has no prices.

    Cost is contact cost + incentive · P(response | contacted), net value margin · revenue per response · uplift − cost.
    """
    prices = snapshot.economics
    if prices is None:
        return None
    kept = prices.margin if margin is None else margin
    cost = (prices.contact_cost if contact_cost is None else contact_cost) + prices.incentive * p_treated
    return kept * prices.revenue_per_response * uplift - cost, cost


def _scored(snapshot: Snapshot, row: dict[str, float | str]) -> UserScore:
    figures = {c: float(row[c]) for c in ("uplift", "lower", "upper", "p_control", "p_treated")}
    valued = expected_net_value(snapshot, figures["uplift"], figures["p_treated"])
    return UserScore(
        user_id=str(row["user_id"]),
        known=True,
        segment=str(row["segment"]),
        expected_net_value=None if valued is None else valued[0],
        **figures,
    )
