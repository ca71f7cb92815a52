"""A real randomised campaign (Hillstrom's e-mails) end to end: the women's e-mail against none, by visits."""

import json
from collections.abc import Callable

import pytest

from resources.settings import ROOT, Settings
from tests.integration.home import Pipeline

pytestmark = [pytest.mark.slow, pytest.mark.data]

LAST = "2008-04-04"


@pytest.fixture(scope="module")
def campaign(make_pipeline: Callable[..., Pipeline]) -> Pipeline:
    """All days, then the models as of the last."""
    data = Settings.from_env().data / "hillstrom"
    if not data.is_dir():
        pytest.skip(f"{data} is missing: put hillstrom.parquet there, or set UPSHELF_DATA")
    pipeline = make_pipeline(ROOT / "shops" / "hillstrom")
    pipeline.run(f"tables:2008-03-20:{LAST}", f"models:{LAST}")
    return pipeline


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
    assert release.uplift is not None
    assert len(release.uplift) == 42_693
    assert release.roi is not None
    assert 0.25 * 42_693 < release.roi.height < 0.35 * 42_693
