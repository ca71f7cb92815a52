"""The targeting plan: whom to contact with the budget, from scores to one decision a user."""

import json
from dataclasses import asdict
from datetime import date, timedelta

import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.daily.partitions import days_before
from assets.daily.windows import CONTACTS, FRAME, SAME_DAY
from assets.models.uplift.targeting.arm_plan import contacted_users, plan_contacts
from assets.models.uplift.targeting.contact_limits import contacts_left
from assets.models.uplift.targeting.policy import TargetingPlan
from assets.models.uplift.targeting.simulation import OPTIMISER
from assets.models.uplift.uplift_scores import arm_names
from assets.targeting.roi import STRATEGIES_FILE
from assets.uplift.arm_effects import arm_scores
from assets.uplift.campaign import arm_prices, contacts_on_record, response_value
from evaluation.arrays import Ints
from evaluation.policy_value.roi_prices import ArmPrice, Prices
from evaluation.resampling.bootstrap import Interval
from resources.ingestion.ingest import midnight
from resources.model_store import Unavailable

__all__ = [
    "CONTACT_READS",
    "PLAN_FILE",
    "contact_prices",
    "contacts_left_by",
    "own_contacts_left",
    "scored_users",
    "targeting_plan",
]

PLAN_FILE = "plan.json"
CONTACT_READS = {
    "uplift_model": SAME_DAY,
    "uplift_scores": SAME_DAY,
    "arm_effects": SAME_DAY,
    "ad_exposures": CONTACTS,
    "ad_frame": FRAME,
}
"""What users' scores, the prices of contacts and the contacts that are left are read from."""


def scored_users(at: AsOf) -> pl.DataFrame:
    """Every user's scores as of the day, with those of each arm where several are told apart, sorted by user_id.

    Raises:
        Unavailable: If the campaign is closed, or has no scores.
    """
    if at.shop.campaign.closed:
        raise Unavailable("the campaign is closed, so nobody is contacted any more", expected=True)
    at.model("uplift_model")  # without it there are no scores, and its reason is the plan's
    if at.campaign is not None:
        at.model("uplift_scores")
    scores = at.lake.read("uplift_scores", at.day, at.day).sort("user_id")
    if scores.is_empty():
        raise Unavailable("no user is known yet")
    if at.shop.campaign.arms:
        scores = scores.join(arm_scores(at.models, at.day), on="user_id", maintain_order="left")
    return scores


def contact_prices(at: AsOf, scores: pl.DataFrame) -> tuple[Prices, list[str]]:
    """What a contact costs and a response earns, and the arms that may be sent: one name where there is one."""
    campaign, arms = at.shop.campaign, arm_names(scores)
    contact = ArmPrice(campaign.contact_cost, campaign.incentive)
    worth = response_value(at.lake, at.shop, at.day)
    prices = Prices(campaign.margin, contact, worth, arm_prices(at.shop, arms))
    return prices, list(arms) or [campaign.treatment or "treatment"]


def own_contacts_left(at: AsOf, users: list[str]) -> Ints | None:
    """How often each user may still be contacted by the campaign's own limit; none where it sets none."""
    campaign = at.shop.campaign
    if campaign.max_contacts is None:
        return None
    return contacts_left_by(at, users, campaign.max_contacts, campaign.contact_days)


def contacts_left_by(at: AsOf, users: list[str], max_contacts: int, period_days: int) -> Ints:
    """The same by a limit: contacts of any campaign in the days that end with the day count."""
    exposures = at.lake.read("ad_exposures", days_before(at.day, period_days), at.day)
    return contacts_left(
        users,
        contacts_on_record(exposures, at.whole or at.shop),
        as_of=midnight(date.fromisoformat(at.day) + timedelta(days=1)),
        period_days=period_days,
        max_contacts=max_contacts,
    )


def _contacts(scores: pl.DataFrame, plan: TargetingPlan) -> pl.DataFrame:
    """The users to contact: user_id, uplift, lower, upper, segment, and the arm where several are told apart.

    The effect and its interval are then those of the arm.
    """
    columns = ["user_id", "uplift", "lower", "upper", "segment", *(["arm"] if arm_names(scores) else [])]
    return contacted_users(scores, plan.arms, plan.arm).select(columns)


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
    reads={**CONTACT_READS, "roi_simulation": SAME_DAY},
)
def targeting_plan(at: AsOf) -> Built:
    """Whom to contact: the highest net value that the budget buys, sleeping dogs never (`contacts.arrow`, by user).

    A campaign of several arms is planned with each arm's own effects and costs, and `contacts.arrow` names the arm.
    The cut-off is the profit that one more unit of budget would earn; the API's decisions keep to it.
    """
    scores = scored_users(at)
    prices, arms = contact_prices(at, scores)
    left = own_contacts_left(at, scores["user_id"].to_list())
    plan = plan_contacts(scores, prices, arms, budget=at.shop.campaign.budget, contacts_left=left)
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
