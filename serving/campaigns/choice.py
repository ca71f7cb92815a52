"""Which campaign is meant, and what a release says of each.

What belongs here: ids of campaigns in requests and answers. What is answered of one is in the other files.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

from assets.models.manifest import SOLE
from serving.http.problems import ProblemError
from serving.release.snapshot import Snapshot

__all__ = ["CampaignOut", "CampaignsAnswer", "campaign_of", "campaigns", "report_of"]

_REPORT = "campaigns"


class CampaignOut(msgspec.Struct, frozen=True, kw_only=True):
    """A campaign of the shop, as of the release; what a release of an earlier version does not say is null."""

    id: str
    state: str | None = None
    """``draft`` before its first exposure, ``running`` while an attribution window is open, then ``measured``;
    ``closed`` where the shop says so."""
    valid: bool
    """Whether its experiment is valid, so that effects are estimated."""
    verdict: str
    """In words, why."""
    missing: str | None = None
    """Why there are no scores; null where there are."""
    outcome: str | None = None
    """``purchase`` or ``visit``."""
    control: str | None = None
    arms: list[str] = []
    """Treatments, as the log or the shop names them."""
    exposures: int | None = None
    """In the days that its model is fitted on."""
    attribution_days: int | None = None
    """Length of the window in which a response counts."""
    history_days: int | None = None
    frame_days: int | None = None
    """How many days of exposures its model is fitted on."""
    max_contacts: int | None = None
    """Of a user within ``contact_days``; null for no limit."""
    contact_days: int | None = None
    budget: float | None = None
    """Of one round, in the shop's currency; null for no limit."""


class CampaignsAnswer(msgspec.Struct, frozen=True):
    """Every campaign, sorted by id."""

    campaigns: list[CampaignOut]
    release: str


def campaigns(snapshot: Snapshot) -> CampaignsAnswer:
    """What the release says of each campaign."""
    told: dict[str, dict[str, Any]] = {of["id"]: of for of in snapshot.reports.get(_REPORT, [])}
    found = [
        msgspec.convert(told[name], CampaignOut) if name in told else _undescribed(name, of)
        for name, of in _by_id(snapshot).items()
    ]
    return CampaignsAnswer(found, snapshot.version)


def _undescribed(name: str, snapshot: Snapshot) -> CampaignOut:
    missing = None if snapshot.release.segments is not None else snapshot.missing.get("segments", "it has no scores")
    return CampaignOut(
        id=name,
        valid=missing is None,
        verdict="The release was made before campaigns were described: release again for state, arms and windows.",
        missing=missing,
    )


def campaign_of(snapshot: Snapshot, campaign: str | None) -> Snapshot:
    """The release as if it had this campaign alone; with one campaign it need not be named.

    Raises:
        ProblemError: 404 unknown-campaign where there is none of this id, 400 campaign-needed where there are several
            and none is named; both name the ids that there are.
    """
    known = _by_id(snapshot)
    if campaign is None and len(known) == 1:
        return next(iter(known.values()))
    there = ", ".join(known)
    if campaign is None:
        raise ProblemError(400, "campaign-needed", f"The shop has several campaigns: name one as campaign, of {there}.")
    if campaign not in known:
        raise ProblemError(404, "unknown-campaign", f"There is no campaign {campaign!r}; there are {there}.")
    return known[campaign]


def report_of(snapshot: Snapshot, name: str, campaign: str | None) -> Any:  # noqa: ANN401  # a report is any JSON
    """A report of the release, or of one campaign of it.

    Raises:
        ProblemError: As `campaign_of`, and 404 unknown-report with the names that there are.
    """
    found = snapshot.reports if campaign is None else campaign_of(snapshot, campaign).reports
    if name not in found and campaign is None and any(name in of.reports for of in snapshot.campaigns.values()):
        found = campaign_of(snapshot, None).reports
    if name not in found:
        known = f"it has {', '.join(sorted(found))}" if found else "it has none"
        raise ProblemError(404, "unknown-report", f"the release has no report named {name!r}; {known}")
    return found[name]


def _by_id(snapshot: Snapshot) -> Mapping[str, Snapshot]:
    return snapshot.campaigns or {SOLE: snapshot}
