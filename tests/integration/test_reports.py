"""Reports of a whole run: pictures and data in the registry's artifacts, figures of the choice in its run."""

import pytest

from assets.models.manifest import REPORTS
from serving.release.snapshot import Snapshot
from tests.integration.home import Pipeline

PICTURES = {"qini.png", "deciles.png", "calibration.png", "profit.png", "budget.png", "hit_rate.png"}
DATA = {"uplift", "uplift_tables", "experiment", "strategies", "plan", "drift", "recommendations", "search"}


@pytest.fixture(scope="module")
def snapshot(finished: Pipeline) -> Snapshot:
    """The champion, fetched and loaded as serving does it."""
    return Snapshot.load(finished.champion().folder, "1")


def test_pictures_and_data_are_artifacts(snapshot: Snapshot) -> None:
    """What the Dagster UI shows is in the registry too, and every JSON report is answered."""
    present = {path.name for path in (snapshot.release.folder / REPORTS).glob("*/*")}
    assert present >= PICTURES
    assert set(snapshot.reports) >= DATA


def test_the_data_hold_what_the_pictures_show(snapshot: Snapshot) -> None:
    """A curve with its band, ten deciles and calibration points, profit by budget, and a verdict of every check."""
    tables, curve = snapshot.reports["uplift_tables"], snapshot.reports["strategies"]["curve"]
    assert [point["share"] for point in tables["qini_curve"]][:: len(tables["qini_curve"]) - 1] == [0.0, 1.0]
    assert all(point["lower"] <= point["gain"] <= point["upper"] for point in tables["qini_curve"])
    assert len(tables["deciles"]) == len(tables["calibration"]) == 10
    assert len({point["budget"] for point in curve}) > 2
    assert all(check["verdict"] for check in snapshot.reports["experiment"])
    scores = snapshot.reports["uplift"]["scores"]
    assert all(scores[name]["rate"]["lower"] < scores[name]["rate"]["upper"] for name in ("model", "response"))


def test_the_run_has_every_candidate_and_the_reason_of_the_choice(finished: Pipeline, snapshot: Snapshot) -> None:
    """The figure of each fold as a step, and what was chosen, by what and why, as parameters."""
    import mlflow

    client = mlflow.MlflowClient(finished.settings.mlflow_url)
    (model,) = client.search_registered_models()
    run = client.get_run(client.get_model_version_by_alias(model.name, "champion").run_id)
    report = snapshot.reports["uplift"]
    for name, figure in report["candidates"].items():
        folds = client.get_metric_history(run.info.run_id, f"qini_fold_{name}")
        assert [metric.value for metric in sorted(folds, key=lambda metric: metric.step)] == figure["folds"]
        assert run.data.metrics[f"qini_validation_{name}"] == figure["mean"]
    assert run.data.params["uplift_chosen"] == report["chosen"]
    assert sum(figure["weight"] for figure in report["candidates"].values()) == pytest.approx(2)  # the blend's own is 1
    assert run.data.params["uplift_reason"] == report["reason"]
