"""One folder a day, or the reason why there is none."""

import json
from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pytest

from assets.daily.declared import Check, Declared
from assets.daily.models import AsOf, Built, daily_model
from assets.models.manifest import METRICS_FILE
from evaluation.insufficient import InsufficientDataError
from resources.model_store import ModelStore, Unavailable
from tests.assets.one_asset import run

DAYS = ["2026-01-01", "2026-01-02", "2026-01-03"]


def index_without(missing: Mapping[str, str], failing: str = "") -> Declared:
    """An asset of one file a day; the days of ``missing`` cannot be had, and its check fails on the day ``failing``."""

    @daily_model(group="index", kinds={"numpy"}, reads={}, checks=[Check("right", "It is right.")])
    def index(at: AsOf) -> Built:
        """An index of nothing, for tests."""
        (at.folder / "model").write_text(at.day)
        if at.day in missing:
            raise Unavailable(missing[at.day])
        right = dg.AssetCheckResult(check_name="right", passed=at.day != failing, description=f"judged on {at.day}")
        return Built(3, {"built": at.day}, [right], {"rows": 3, "folds": [1.0, 2.0], "chosen": "the first"})

    return index


def models(home: Path) -> ModelStore:
    """Where they are."""
    return ModelStore(home / "models")


def reported(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """Metadata of the materialisation, without Dagster's own."""
    metadata = result.asset_materializations_for_node("index")[-1].metadata
    return {name: value.value for name, value in metadata.items() if not name.startswith("dagster/partition")}


def checked(result: dg.ExecuteInProcessResult) -> tuple[bool, str | None]:
    """Verdict of the check."""
    (evaluation,) = result.get_asset_check_evaluations()
    return evaluation.passed, evaluation.description


def test_each_day_has_its_folder_and_the_last_one_is_reported(tmp_path: Path) -> None:
    """Three days in one run."""
    result = run(index_without({}), *DAYS, home=tmp_path)
    assert [(models(tmp_path).require("index", day) / "model").read_text() for day in DAYS] == DAYS
    assert reported(result) == {"built": DAYS[-1], "dagster/row_count": 3}
    assert checked(result) == (True, f"judged on {DAYS[-1]}")


def test_its_figures_lie_beside_it(tmp_path: Path) -> None:
    """A number, one of each step, and words, for the experiment tracker."""
    run(index_without({}), DAYS[0], home=tmp_path)
    written = json.loads((models(tmp_path).require("index", DAYS[0]) / METRICS_FILE).read_text())
    assert written == {"rows": 3, "folds": [1.0, 2.0], "chosen": "the first"}


def test_a_day_that_cannot_be_had_keeps_the_reason_and_stops_nobody(tmp_path: Path) -> None:
    """The middle of three days: the run succeeds, the half-written model is gone, the days around it are there."""
    result = run(index_without({DAYS[1]: "the shop has no orders"}), *DAYS, home=tmp_path)
    assert result.success
    reasons = [models(tmp_path).unavailable("index", day) for day in DAYS]
    assert [reason and str(reason) for reason in reasons] == [None, "the shop has no orders", None]
    assert not (models(tmp_path).path("index", DAYS[1]) / "model").exists()


def test_data_that_cannot_answer_are_a_reason_and_a_fault_is_a_failure(tmp_path: Path) -> None:
    """A measure that says what is lacking is skipped like a missing input; any other error stops the run."""

    @daily_model(group="index", kinds={"numpy"}, reads={})
    def index(at: AsOf) -> Built:
        """An index of nothing, for tests."""
        raise InsufficientDataError("nobody bought") if at.day == DAYS[0] else ValueError("operands do not match")

    run(index, DAYS[0], home=tmp_path)
    reason = models(tmp_path).unavailable("index", DAYS[0])
    assert reason is not None
    assert (str(reason), reason.expected) == ("nobody bought", False)
    with pytest.raises(ValueError, match="operands do not match"):
        run(index, DAYS[1], home=tmp_path)


def test_the_reason_is_in_the_metadata_and_in_the_check(tmp_path: Path) -> None:
    """Where no day of the run can be had, there is nothing to judge."""
    result = run(index_without({DAYS[0]: "no rows"}), DAYS[0], home=tmp_path)
    assert reported(result) == {"skipped": "no rows"}
    assert checked(result) == (True, "nothing to judge: no rows")


@pytest.mark.parametrize("failing", DAYS)
def test_a_failed_check_is_not_hidden_by_other_days(tmp_path: Path, failing: str) -> None:
    """Whichever of three days it is."""
    assert checked(run(index_without({}, failing), *DAYS, home=tmp_path)) == (False, f"judged on {failing}")


def test_a_day_that_can_be_had_again_loses_its_reason(tmp_path: Path) -> None:
    """After the repair the model is there."""
    run(index_without({DAYS[0]: "no rows"}), DAYS[0], home=tmp_path)
    run(index_without({}), DAYS[0], home=tmp_path)
    assert models(tmp_path).unavailable("index", DAYS[0]) is None
