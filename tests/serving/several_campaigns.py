"""A release of several campaigns, for tests of what is answered from it."""

import json
import shutil
from pathlib import Path

import polars as pl

from assets.models.manifest import REPORTS, part_of, write_manifest
from assets.models.uplift.uplift_scores import UpliftScores
from tests.serving.releases import uplift_scores, write_campaign

__all__ = ["write_campaigns"]


def write_campaigns(folder: Path) -> None:
    """A shop without products and with three campaigns: mail earns 1 with u0…u29, a voucher 3 with u0 alone.

    The voucher's contacts are of u0, and each must earn half its cost besides. The third, push, has too few responses.
    The joint plan sends a voucher to u0 and mail to u1.
    """
    write_campaign(folder, UpliftScores.build(uplift_scores()))
    gain = pl.when(pl.col("user_id") == "u0").then(0.4).otherwise(0.05)
    scores = uplift_scores().with_columns(uplift=gain, lower=gain - 0.05, upper=gain + 0.05, p_treated=0.3 + gain)
    voucher = UpliftScores.build(scores.with_columns(segment=pl.lit("persuadable")))
    (folder / part_of("segments", "voucher")).mkdir()
    voucher.save(folder / part_of("segments", "voucher"))
    for name in ("segments", "roi_simulation"):
        shutil.move(folder / name, folder / part_of(name, "mail"))
    plan = folder / REPORTS / part_of("targeting_plan", "voucher")
    plan.mkdir(parents=True)
    scores.head(1).write_ipc(plan / "contacts.arrow")
    summary = {"contacts": {"treatment": 1}, "spend": 1.0, "profit": 3.0, "cutoff": 0.5, "verdict": "Contacts u0."}
    (plan / "plan.json").write_text(json.dumps(summary), encoding="utf-8")
    joint = folder / REPORTS / "joint_plan"
    joint.mkdir()
    pl.DataFrame({"user_id": ["u0", "u1"], "campaign": ["voucher", "mail"], "segment": "persuadable"}).write_ipc(
        joint / "contacts.arrow"
    )
    (joint / "joint_plan.json").write_text('{"verdict": "mail 1 contacts; voucher 1 contacts."}', encoding="utf-8")
    told = [
        {"id": "mail", "state": "running", "valid": True, "verdict": "every check passed", "arms": ["letter"]},
        {"id": "push", "state": "draft", "valid": False, "verdict": "No exposures.", "missing": "too few responses"},
    ]
    (folder / REPORTS / "campaigns").mkdir()
    (folder / REPORTS / "campaigns" / "campaigns.json").write_text(json.dumps(told), encoding="utf-8")
    prices = {"margin": 0.5, "contact_cost": 1.0, "revenue_per_response": 20.0}
    write_manifest(
        folder,
        shop="test",
        as_of="2026-01-30",
        currency="EUR",
        unavailable={
            part_of("segments", "push"): "too few responses",
            part_of("roi_simulation", "voucher"): "no holdout",
        },
        economics={"campaigns": {"mail": prices, "voucher": {**prices, "cutoff": 0.5}, "push": prices}},
    )
