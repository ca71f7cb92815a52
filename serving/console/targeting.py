"""Targeting: whether the trial can be trusted, how well the model ranks, and what a budget would earn.

What belongs here: reports and simulations as sections. Their figures are those of `/v1/reports`, `/v1/segments` and
`/v1/roi/simulate`.
"""

from dataclasses import replace
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from assets.models.uplift.exports import Export
from resources.contracts import MAX_ID
from serving.campaigns.budgets import Budgets, budgets_of
from serving.campaigns.choice import campaign_of, campaigns
from serving.campaigns.exports import Asked, write_export
from serving.campaigns.segments import segments
from serving.console import uplift_sections, words
from serving.console.access import PATH, Console, Session
from serving.console.charts import bars, curves
from serving.console.rendering import answer
from serving.console.sections import Cell, Link, Page, Section, Table
from serving.context import Context
from serving.http.problems import ProblemError
from serving.http.streams import in_turn
from serving.release.snapshot import Snapshot
from serving.requests import RoiRequest

__all__ = ["export", "targeting"]

Money = Annotated[str, QueryParameter(max_length=30, description="A number, or nothing for the release's own")]
Campaign = Annotated[str, QueryParameter(max_length=MAX_ID, description="Which of several; the first if left out")]
_OF_BUDGET = ("strategies", "curve")


def _asked(budget: Money = "", margin: Money = "", contact_cost: Money = "") -> RoiRequest:
    """The form's numbers, bounded as the API bounds them.

    Raises:
        ProblemError: 400 with the rule that one breaks.
    """
    given = {"budget": budget, "margin": margin, "contact_cost": contact_cost}
    numbers = {name: text.strip() for name, text in given.items() if text.strip()}
    try:
        return msgspec.convert(numbers, RoiRequest, strict=False)
    except msgspec.ValidationError as error:
        raise ProblemError(400, "invalid-input", f"The form has a number that cannot be: {error}.") from error


@get(["/targeting", "/targeting/{file:str}"], dependencies={"asked": Provide(_asked, sync_to_thread=False)})
async def targeting(
    request: Request[Any, Any, Any],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    session: NamedDependency[Session],
    asked: NamedDependency[RoiRequest],
    campaign: Campaign = "",
    file: FromPath[str | None] = None,
) -> Response[Any]:
    """The page of a campaign at a budget, or a table or chart of it."""
    of = _chosen(snapshot, campaign)
    simulated = file is None or file.partition(".")[0] in _OF_BUDGET
    page = await api.workers.run("score", _page, of, asked, simulated=simulated)
    if several := list(snapshot.campaigns):
        page = replace(page, sections=[_campaigns(snapshot), *page.sections])
    shown = {"campaigns": several, "campaign": of.campaign, "economics": of.economics}
    return answer(request, session, page, file, "targeting.html", asked=asked, **shown)


@get("/targeting/export/{what:str}")
async def export(
    what: FromPath[Export],
    api: NamedDependency[Context],
    snapshot: NamedDependency[Snapshot],
    console: NamedDependency[Console],
    session: NamedDependency[Session],
    campaign: Campaign = "",
) -> Stream:
    """The file of users that `/v1/exports` gives, as CSV; that somebody took it is on record."""
    asked = Asked(what, "csv", None, pseudonyms=False, campaign=campaign or None)
    parts = await api.workers.run("score", write_export, snapshot, asked, api.settings.cache, None)
    of = f" of {campaign}" if campaign else ""
    await console.access.record(session, f"exported {what}{of} of release {snapshot.version}")
    name = asked.file_name(snapshot.release.manifest.as_of)
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "cache-control": "no-store",
        "x-release": snapshot.version,
    }
    return Stream(in_turn(parts, api.workers), media_type="text/csv", headers=headers)


def _chosen(snapshot: Snapshot, campaign: str) -> Snapshot:
    """The campaign that is asked for; of several, by default, the first one that has scores.

    Raises:
        ProblemError: 404 for one that there is not.
    """
    scored = [name for name, of in snapshot.campaigns.items() if of.release.segments is not None]
    return campaign_of(snapshot, campaign or next(iter([*scored, *snapshot.campaigns]), None))


def _campaigns(snapshot: Snapshot) -> Section:
    """Each of several campaigns with its state, and why it has no scores."""
    rows: list[tuple[Cell, ...]] = [
        (
            Link(of.id, f"{PATH}/targeting?campaign={of.id}"),
            of.state,
            of.valid,
            of.missing or of.verdict,
            of.outcome,
            ", ".join(of.arms),
            of.exposures,
            of.attribution_days,
        )
        for of in campaigns(snapshot).campaigns
    ]
    columns = ("campaign", "state", "valid", "in words", "outcome", "arms", "exposures", "window in days")
    joint = snapshot.reports.get("joint_plan") or {}
    return Section("campaigns", "Campaigns", words.CAMPAIGNS, Table(columns, rows), str(joint.get("verdict", "")))


def _page(snapshot: Snapshot, asked: RoiRequest, *, simulated: bool = True) -> Page:
    """Every section that the release has figures for; ``simulated`` adds those of the budget."""
    sections = [*uplift_sections.of_trial(snapshot.reports), *uplift_sections.of_model(snapshot)]
    sections += _segments(snapshot)
    sections += uplift_sections.of_plan(snapshot.reports)
    sections += _of_budget(snapshot, asked) if simulated else []
    return Page("targeting", "Targeting", sections)


def _segments(snapshot: Snapshot) -> list[Section]:
    try:
        found = segments(snapshot).segments
    except ProblemError as error:
        return [Section("segments", "Segments", words.SEGMENTS, verdict=error.detail)]
    rows: list[tuple[Cell, ...]] = [
        (
            one.name,
            one.users,
            one.share,
            one.mean_uplift,
            one.mean_lower,
            one.mean_upper,
            one.mean_p_control,
            "; ".join(f"{f.feature} {f.difference:+.2f} sd" for f in one.top_features),
        )
        for one in found
    ]
    columns = (
        "segment",
        "users",
        "share",
        "mean uplift",
        "mean lower 95 %",
        "mean upper 95 %",
        "mean chance without contact",
        "differs from all users by",
    )
    return [Section("segments", "Segments", words.SEGMENTS, Table(columns, rows))]


def _of_budget(snapshot: Snapshot, asked: RoiRequest) -> list[Section]:
    try:
        found = budgets_of(snapshot, asked)
    except ProblemError as error:
        return [Section("strategies", "What a budget would earn", words.STRATEGIES, verdict=error.detail)]
    currency = found.chosen.currency
    return [_strategies(found, currency), _curve(found, currency)]


def _strategies(found: Budgets, currency: str) -> Section:
    chosen = found.chosen
    rows: list[tuple[Cell, ...]] = [
        (
            one.strategy,
            one.contacts,
            one.cost,
            one.profit.value,
            one.profit.lower,
            one.profit.upper,
            *((None,) * 3 if one.roi is None else (one.roi.value, one.roi.lower, one.roi.upper)),
            one.conversions.value,
            one.conversions.lower,
            one.conversions.upper,
        )
        for one in chosen.strategies
    ]
    columns = ["strategy", "contacts", "cost"]
    columns += [f"{name}{end}" for name in ("profit", "ROI", "conversions") for end in ("", ", lower", ", upper")]
    groups = {"profit": [(one.profit.value, one.profit.lower, one.profit.upper) for one in chosen.strategies]}
    names = [one.strategy for one in chosen.strategies]
    return Section(
        "strategies",
        "Strategies at this budget",
        words.STRATEGIES,
        Table(columns, rows),
        _best(found),
        lambda: bars(groups, names, y=f"profit in {currency}"),
    )


def _best(found: Budgets) -> str:
    """Whom to contact, and what it is expected to earn, in words."""
    chosen = found.chosen
    best = next(one for one in chosen.strategies if one.strategy == chosen.best)
    limit = "Without a limit" if chosen.budget is None else f"With {chosen.budget:,.2f} {chosen.currency}"
    said = (
        f"{limit}, {best.strategy} earns the most: {best.profit.value:,.0f} {chosen.currency} "
        f"({best.profit.lower:,.0f} to {best.profit.upper:,.0f}) with {best.contacts:,.0f} contacts of "
        f"{chosen.population:,} users."
    )
    if found.cut is None:
        return f"{said} By effect, nobody is worth a contact."
    return f"{said} By effect, the cut lies at {found.cut:+.4f}: users whose expected effect is below it are left out."


def _curve(found: Budgets, currency: str) -> Section:
    rows: list[tuple[Cell, ...]] = [
        (budget, one.strategy, one.contacts, one.cost, one.profit.value, one.profit.lower, one.profit.upper)
        for budget, one in found.curve
    ]
    columns = ("budget", "strategy", "contacts", "cost", "profit", "lower 95 %", "upper 95 %")
    series: dict[str, list[tuple[float, float]]] = {}
    for budget, one in found.curve:
        series.setdefault(one.strategy, []).append((budget, one.profit.value))
    ends = [value for _, one in found.curve for value in (one.profit.lower, one.profit.upper)]
    chosen = found.chosen.budget
    if chosen is not None:
        series["this budget"] = [(chosen, min(ends)), (chosen, max(ends))]
    return Section(
        "curve",
        "Profit over budgets",
        words.CURVE,
        Table(columns, rows),
        chart=lambda: curves(series, x=f"budget in {currency}", y=f"profit in {currency}", dashed=["this budget"]),
    )
