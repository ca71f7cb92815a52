"""The targeting plan: whom to contact with the budget, from scores to one decision a user."""

import json
from dataclasses import asdict
from datetime import date, timedelta

import numpy as np
import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.partitions import days_before
from assets.daily.windows import CONTACTS, FRAME, SAME_DAY
from assets.models.uplift.targeting.arm_plan import plan_contacts
from assets.models.uplift.targeting.contact_limits import contacts_left
from assets.models.uplift.targeting.policy import TargetingPlan
from assets.models.uplift.targeting.simulation import OPTIMISER
from assets.models.uplift.uplift_scores import arm_matrix, arm_names
from assets.targeting.roi import STRATEGIES_FILE
from assets.uplift.arm_effects import arm_scores
from assets.uplift.campaign import arm_prices, contacts_on_record, response_value
from evaluation.arrays import Ints
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.resampling.bootstrap import Interval
from resources.ingest import midnight
from resources.model_store import Unavailable
from resources.shop import Shop

__all__ = ["PLAN_FILE", "targeting_plan"]

PLAN_FILE = "plan.json"


def _contacts_left(at: AsOf, users: list[str]) -> Ints | None:
    """How often each user may still be contacted as of the end of the day; none where the shop sets no limit."""
    campaign, day = at.shop.campaign, at.day
    if campaign.max_contacts is None:
        return None
    exposures = at.lake.read("ad_exposures", days_before(day, campaign.contact_days), day)
    return contacts_left(
        users,
        contacts_on_record(exposures, at.whole or at.shop),
        as_of=midnight(date.fromisoformat(day) + timedelta(days=1)),
        period_days=campaign.contact_days,
        max_contacts=campaign.max_contacts,
    )


def _plan(scores: pl.DataFrame, shop: Shop, value: float, left: Ints | None) -> TargetingPlan:
    """The most profitable contacts that the shop's budget buys; which arm, where the scores tell several apart."""
    campaign, arms = shop.campaign, arm_names(scores)
    contact = ArmPrice(campaign.contact_cost, campaign.incentive)
    prices = Prices(campaign.margin, contact, value, arm_prices(shop, arms))
    return plan_contacts(
        scores, prices, arms or [campaign.treatment or "treatment"], budget=campaign.budget, contacts_left=left
    )


def _contacts(scores: pl.DataFrame, plan: TargetingPlan) -> pl.DataFrame:
    """The users to contact: user_id, uplift, lower, upper, segment, and the arm where several are told apart.

    The effect and its interval are then those of the arm.
    """
    columns = ["user_id", "uplift", "lower", "upper", "segment"]
    contacted = scores.filter(pl.Series(plan.contacted))
    if not arm_names(scores):
        return contacted.select(columns)
    chosen = plan.arm[plan.contacted]
    at = (np.arange(chosen.size), chosen)
    figures = [pl.Series(f, arm_matrix(contacted, f, plan.arms)[at]) for f in ("uplift", "lower", "upper")]
    names = pl.Series("arm", [plan.arms[place] for place in chosen], dtype=pl.String)
    return contacted.with_columns(*figures, names).select(*columns, "arm")


def _measured(at: AsOf) -> Interval | None:
    """Profit of the same choice of contacts on the holdout, doubly robust; none where it was not simulated."""
    try:
        folder = at.model("roi_simulation")
    except Unavailable:
        return None
    body = json.loads((folder / STRATEGIES_FILE).read_text(encoding="utf-8"))
    return next(Interval(**of["profit"]) for of in body["strategies_doubly_robust"] if of["strategy"] == OPTIMISER)


@daily_model(
    group="roi",
    kinds={"numpy"},
    reads={
        "uplift_model": SAME_DAY,
        "uplift_scores": SAME_DAY,
        "arm_effects": SAME_DAY,
        "ad_exposures": CONTACTS,
        "ad_frame": FRAME,
        "roi_simulation": SAME_DAY,
    },
)
def targeting_plan(at: AsOf) -> Built:
    """Whom to contact: the highest net value that the budget buys, sleeping dogs never (`contacts.arrow`, by user).

    A campaign of several arms is planned with each arm's own effects and costs, and `contacts.arrow` names the arm.
    The cut-off is the profit that one more unit of budget would earn; the API's decisions keep to it.
    """
    if at.shop.campaign.closed:
        raise Unavailable("the campaign is closed, so nobody is contacted any more", expected=True)
    at.model("uplift_model")  # without it there are no scores, and its reason is the plan's
    scores = at.lake.read("uplift_scores", at.day, at.day)
    if scores.is_empty():
        raise Unavailable("no user is known yet")
    if at.shop.campaign.arms:
        scores = scores.join(arm_scores(at.models, at.day), on="user_id", maintain_order="left")
    users = scores["user_id"].to_list()
    plan = _plan(scores, at.shop, response_value(at.lake, at.shop, at.day), _contacts_left(at, users))
    _contacts(scores, plan).write_ipc(at.folder / "contacts.arrow")
    earned = _measured(at)
    verdict = plan.verdict(earned)
    summary = {key: value for key, value in asdict(plan).items() if key != "arm"}
    summary |= {"verdict": verdict, "measured_profit": None if earned is None else earned._asdict()}
    (at.folder / PLAN_FILE).write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return Built(
        int(plan.contacted.sum()),
        {
            "verdict": verdict,
            "contacts": plan.contacts,
            "cutoff": plan.cutoff,
            "left_out": plan.left_out,
        },
    )
