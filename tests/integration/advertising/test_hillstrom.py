"""A real randomised campaign (Hillstrom's e-mails) end to end, by visits: the women's against none, and both."""

import json
from collections.abc import Callable

import polars as pl
import pytest

from assets.models.uplift.uplift_scores import arm_column
from resources.settings import ROOT, Settings
from tests.integration.home import Pipeline

pytestmark = [pytest.mark.slow, pytest.mark.data]

LAST = "2008-04-04"


def run(make_pipeline: Callable[..., Pipeline], shop: str) -> Pipeline:
    """All days, then the models as of the last."""
    data = Settings.from_env().data / "hillstrom"
    if not data.is_dir():
        pytest.skip(f"{data} is missing: put hillstrom.parquet there, or set UPSHELF_DATA")
    pipeline = make_pipeline(ROOT / "shops" / "hillstrom" / shop)
    pipeline.run(f"tables:2008-03-20:{LAST}", f"models:{LAST}")
    return pipeline


@pytest.fixture(scope="module")
def campaign(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """The women's e-mail."""
    return run(make_pipeline, "shop.toml")


@pytest.fixture(scope="module")
def both(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """The men's and the women's e-mail as two arms."""
    return run(make_pipeline, "both_emails.toml")


def test_the_frame_holds_the_experiment(campaign: Pipeline) -> None:
    """42,693 users; .1514 of those who got the e-mail visited, .1062 of those who did not."""
    frame = campaign.lake.read("ad_frame")
    assert frame.height == 42_693
    rate = {arm[0]: rows["outcome"].to_numpy().mean() for arm, rows in frame.group_by("treatment")}
    assert rate[1] == pytest.approx(0.1514, abs=5e-5)
    assert rate[0] == pytest.approx(0.1062, abs=5e-5)


def test_the_model_finds_the_persuadable_better_than_a_response_model(campaign: Pipeline) -> None:
    """The report's Qini of the model is above that of the response model and of random targeting."""
    folder = campaign.home / "models" / "uplift_report" / LAST
    scores = json.loads((folder / "uplift.json").read_text(encoding="utf-8"))["scores"]
    qini = {name: figures["qini"]["estimate"] for name, figures in scores.items()}
    assert qini["model"] > qini["response"]
    assert qini["model"] > qini["random"]
    assert (folder / "qini.png").stat().st_size > 5_000


def test_the_release_targets_and_simulates(campaign: Pipeline) -> None:
    """Uplift of every user, and ROI on the holdout."""
    release = campaign.champion()
    assert release.segments is not None
    assert len(release.segments) == 42_693
    assert release.roi_simulation is not None
    assert 0.25 * 42_693 < release.roi_simulation.height < 0.35 * 42_693


@pytest.mark.parametrize("which", ["strategies", "strategies_doubly_robust"])
def test_each_email_to_everyone_is_worth_what_the_whole_trial_says(both: Pipeline, which: str) -> None:
    """Of 64,000 users .0766 more visit by the men's and .0452 by the women's; the holdout's intervals hold that."""
    body = json.loads((both.home / "models" / "roi_simulation" / LAST / "strategies.json").read_text(encoding="utf-8"))
    results = {row["strategy"]: row for row in body[which]}
    for arm, effect in (("mens-email", 0.0766), ("womens-email", 0.0452)):
        conversions = results[f"everyone_gets_{arm}"]["conversions"]
        assert conversions["lower"] <= effect * 64_000 <= conversions["upper"]
    assert results["optimiser"]["profit"]["estimate"] > results["optimiser"]["profit"]["lower"]


def test_the_release_knows_both_emails(both: Pipeline) -> None:
    """Means of either effect over all users are near those of the trial."""
    uplift = both.champion().segments
    assert uplift is not None
    assert uplift.arms == ("mens-email", "womens-email")
    effects = pl.read_ipc(both.home / "models" / "arm_effects" / LAST / "scores.arrow")
    means = [float(effects[arm_column("uplift", arm)].to_numpy().mean()) for arm in uplift.arms]
    assert means == pytest.approx([0.0766, 0.0452], abs=0.01)
