"""The joint plan: whom to contact for which of several campaigns, under one budget and one limit of contacts."""

import json
from dataclasses import asdict

import numpy as np
import polars as pl

from assets.daily.models import AsOf, Built, daily_model
from assets.models.uplift.targeting.arm_plan import contact_offers, contacted_users
from assets.models.uplift.targeting.joint_plan import CampaignOffers, JointPlan, plan_jointly
from assets.models.uplift.targeting.knapsack import NOTHING
from assets.targeting.plan import CONTACT_READS, contact_prices, contacts_left_by, own_contacts_left, scored_users
from resources.model_store import Unavailable
from resources.shop import Targeting

__all__ = ["JOINT_FILE", "joint_plan"]

JOINT_FILE = "joint_plan.json"


@daily_model(group="roi", kinds={"numpy"}, reads=CONTACT_READS)
def joint_plan(at: AsOf) -> Built:
    """Whom to contact for which campaign: the highest net value of all under the budget and limits of `[targeting]`.

    `contacts.arrow` has a row a contact, by user. A campaign without scores, or that is closed, is left out with its
    reason. The cut-off is that of all campaigns together; the API's decisions keep to it.
    """
    scores: dict[str, pl.DataFrame] = {}
    missing: dict[str, str] = {}
    for name in at.shop.campaigns:
        try:
            scores[name] = scored_users(at.of_campaign(name))
        except Unavailable as reason:
            missing[name] = str(reason)
    if not scores:
        raise Unavailable(f"no campaign can be planned. {_listed(missing)}", expected=True)
    users = pl.concat([of["user_id"] for of in scores.values()]).unique().sort()
    targeting, left = at.shop.targeting or Targeting(), None
    if targeting.max_contacts is not None:
        left = contacts_left_by(at, users.to_list(), targeting.max_contacts, targeting.contact_days)
    campaigns = [_offers(at.of_campaign(name), name, of, users) for name, of in scores.items()]
    plan = plan_jointly(campaigns, users.len(), budget=targeting.budget, contacts_left=left)
    contacts = pl.concat([_contacts(scores[of.campaign], of, plan) for of in campaigns]).sort("user_id", "campaign")
    contacts.write_ipc(at.folder / "contacts.arrow")
    summary = {key: value for key, value in asdict(plan).items() if key != "arm"}
    summary |= {"verdict": plan.verdict, "missing": missing, "max_contacts": targeting.max_contacts}
    (at.folder / JOINT_FILE).write_text(json.dumps(summary, indent=1), encoding="utf-8")
    return Built(
        contacts.height,
        {
            "verdict": plan.verdict,
            "contacts": {name: share.contacts for name, share in plan.shares.items()},
            "cutoff": plan.cutoff,
            "campaigns_left_out": missing,
        },
    )


def _listed(missing: dict[str, str]) -> str:
    return " ".join(f"{name}: {reason}." for name, reason in missing.items())


def _offers(at: AsOf, name: str, scores: pl.DataFrame, users: pl.Series) -> CampaignOffers:
    """What the campaign could do with each of its users."""
    prices, arms = contact_prices(at, scores)
    place = users.search_sorted(scores["user_id"]).to_numpy().astype(np.int64)
    left = own_contacts_left(at, scores["user_id"].to_list())
    return CampaignOffers(name, tuple(arms), contact_offers(scores, prices, arms), place, left)


def _contacts(scores: pl.DataFrame, of: CampaignOffers, plan: JointPlan) -> pl.DataFrame:
    """The campaign's contacts: user, campaign, arm, effect with its interval, segment, expected cost and net value."""
    arm = plan.arm[of.campaign]
    rows = np.flatnonzero(arm != NOTHING)
    return contacted_users(scores, of.arms, arm).select(
        "user_id",
        pl.lit(of.campaign).alias("campaign"),
        "arm",
        "uplift",
        "lower",
        "upper",
        "segment",
        pl.Series("expected_cost", of.offers.cost[rows, arm[rows]]),
        pl.Series("expected_net_value", of.offers.net[rows, arm[rows]]),
    )
