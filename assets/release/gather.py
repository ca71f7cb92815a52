"""The release folder of a day: every module and report that the day has, and what is said of them.

What belongs here: copying, and the manifest. What does not: whether it may be promoted (`assets.release.gate`) and how
it is published (`assets.release.publish`).
"""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from assets.daily.declared import JOINT_PLAN
from assets.daily.models import AsOf
from assets.daily.windows import EXPOSED, FRAME, SAME_DAY, WHOLE, Window
from assets.models.manifest import (
    CAMPAIGN_PARTS,
    METRICS_FILE,
    REPORTS,
    Manifest,
    asset_and_campaign,
    part_of,
    write_manifest,
)
from assets.models.release import MODULES
from assets.models.rules.declared import RULES_FILE
from assets.release.campaigns import CAMPAIGNS, about
from assets.search.query_encoder import served_encoder
from assets.targeting.joint_plan import JOINT_FILE
from assets.targeting.plan import PLAN_FILE
from assets.uplift.campaign import pooled_price, response_value
from resources.contracts import CONTRACTS
from resources.model_store import Unavailable
from resources.shop import Shop
from resources.shop.experiments import EXPERIMENTS_FILE, experiments_json
from resources.shop.rules import rules_json

__all__ = ["READS", "economics", "figures_of", "gather"]

_MODULES = (*(module.name for module in MODULES), "uplift_model")
"""Assets that are modules; the uplift model is there for the gate, serving answers from the scores."""
_REPORTS = (
    "experiment",
    "uplift_report",
    "targeting_plan",
    "recommendation_report",
    "search_report",
    "similar_report",
    "drift_report",
    "banner_report",
    "live_experiments",
)
_ROI = "roi_simulation"
READS: dict[str, Window] = {
    **dict.fromkeys((*_MODULES, *_REPORTS, JOINT_PLAN), SAME_DAY),
    # A state counts as a whole, with the rows in quarantine that have no day.
    **{name: WHOLE if contract.is_state else SAME_DAY for name, contract in CONTRACTS.items()},
    "ad_frame": FRAME,
    "ad_exposures": EXPOSED,
}
"""What a release is made of and judged by."""


def gather(at: AsOf) -> tuple[Manifest, dict[str, Unavailable]]:
    """Gather the day's release into its folder; returns its manifest and the reasons of what it lacks."""
    reasons = _copy_modules(at)
    _copy_reports(at)
    manifest = write_manifest(
        at.folder,
        shop=at.shop.name,
        as_of=at.day,
        currency=at.shop.currency,
        unavailable={module: str(reason) for module, reason in reasons.items()},
        tables=_versions(at),
        metrics={name: figure for name, figure in figures_of(at.folder).items() if isinstance(figure, int | float)},
        economics=_economics(at),
    )
    return manifest, reasons


def figures_of(folder: Path) -> dict[str, float | Sequence[float] | str]:
    """The flat figures of every report of a release (`assets.daily.models.Built.metrics`)."""
    figures: dict[str, float | Sequence[float] | str] = {}
    for path in sorted((folder / REPORTS).glob(f"*/{METRICS_FILE}")):
        _, campaign = asset_and_campaign(path.parent.name)
        of_report = json.loads(path.read_text(encoding="utf-8"))
        figures |= {name if campaign is None else f"{campaign}/{name}": figure for name, figure in of_report.items()}
    return figures


def _copy_modules(at: AsOf) -> dict[str, Unavailable]:
    """Copy every module, what the shop declares of lists, and the encoder; returns why some cannot be had."""
    reasons: dict[str, Unavailable] = {}
    for module, campaign in _parts(at.shop, _MODULES):
        try:
            shutil.copytree(at.model(module), at.folder / module)
        except Unavailable as reason:
            # What one of several campaigns lacks holds up neither the others nor the release.
            reasons[module] = reason if campaign is None else Unavailable(str(reason), expected=True)
    if at.shop.rules and "catalogue" not in reasons:
        (at.folder / "catalogue" / RULES_FILE).write_bytes(rules_json(at.shop.rules, at.shop.time_zone))
    if at.shop.experiments and "catalogue" not in reasons:
        (at.folder / "catalogue" / EXPERIMENTS_FILE).write_bytes(experiments_json(at.shop.experiments))
    if "hnsw_index" in reasons:
        reasons["encoder"] = reasons["hnsw_index"]
        return reasons
    try:
        shutil.copytree(served_encoder(at), at.folder / "encoder")
    except ValueError as error:
        reasons["encoder"] = Unavailable(str(error))
    return reasons


def _parts(shop: Shop, assets: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """What the assets are called in the shop's release, with the campaign of those that each of several has."""
    for asset in assets:
        for campaign in shop.by_campaign if asset in CAMPAIGN_PARTS else (None,):
            yield part_of(asset, campaign), campaign


def _copy_reports(at: AsOf) -> None:
    """Copy every report into a folder of its name; what people read of the ROI simulation is moved there."""
    reports = at.folder / REPORTS
    reports.mkdir()
    for asset, _ in _parts(at.shop, [*_REPORTS, *([JOINT_PLAN] if at.shop.plans_jointly else [])]):
        if at.models.unavailable(asset, at.day) is None:
            shutil.copytree(at.models.path(asset, at.day), reports / asset)
    for roi, _ in _parts(at.shop, [_ROI]):
        for path in [path for pattern in ("*.png", "*.json") for path in (at.folder / roi).glob(pattern)]:
            (reports / roi).mkdir(exist_ok=True)
            shutil.move(path, reports / roi / path.name)
    body = [about(at.of_campaign(campaign)) for campaign in at.shop.by_campaign]
    (reports / CAMPAIGNS).mkdir()
    (reports / CAMPAIGNS / f"{CAMPAIGNS}.json").write_text(json.dumps(body, indent=1), encoding="utf-8")


def _economics(at: AsOf) -> dict[str, Any]:
    """`economics` of the shop's campaign, or of each of several by its id; those planned jointly have one cut-off."""
    if not at.shop.campaigns:
        return economics(at)
    joint: dict[str, Any] = {}
    if at.shop.plans_jointly and at.models.unavailable(JOINT_PLAN, at.day) is None:
        plan = json.loads((at.model(JOINT_PLAN) / JOINT_FILE).read_text(encoding="utf-8"))
        joint = {campaign: {"cutoff": round(plan["cutoff"], 6)} for campaign in plan["shares"]}
    each = {campaign: economics(at.of_campaign(campaign)) for campaign in at.shop.campaigns}
    return {"campaigns": {campaign: of | joint.get(campaign, {}) for campaign, of in each.items()}}


def economics(at: AsOf) -> dict[str, Any]:
    """What a response is worth, what a contact costs, and what a contact must earn for the budget to be spent on it.

    Of several arms, what each costs; the contact cost and the incentive are then those of any arm.
    """
    campaign = at.shop.campaign
    price = campaign.contact_cost, campaign.incentive
    try:
        worth, price = response_value(at.lake, at.shop, at.day), pooled_price(at.lake, at.shop, at.day)
    except Unavailable:
        worth = campaign.revenue_per_response or 0.0
    try:
        plan = json.loads((at.model("targeting_plan") / PLAN_FILE).read_text(encoding="utf-8"))
    except Unavailable:  # as where the arms cannot be told apart: a contact is still worth what it is worth
        plan = {"cutoff": 0.0}
    return {
        "margin": campaign.margin,
        "contact_cost": price[0],
        "incentive": price[1],
        "revenue_per_response": worth,
        "cutoff": round(plan["cutoff"], 6),
        **({"closed": True} if campaign.closed else {}),
        **({"arms": {arm: campaign.price(arm) for arm in sorted(campaign.arms)}} if campaign.arms else {}),
    }


def _versions(at: AsOf) -> dict[str, int]:
    """Version of every raw table that has ever been written."""
    present = {table: at.lake.files(table, at.day, at.day).version for table in CONTRACTS}
    return {table: version for table, version in present.items() if version is not None}
