"""One folder a day, or the reason why there is none."""

from pathlib import Path

import dagster as dg
import pytest

from assets.daily_models import Metadata, build_each_day
from assets.partitions import DAILY, daily_asset
from resources.model_store import ModelStore, Unavailable

pytestmark = pytest.mark.filterwarnings("ignore:Parameter `backfill_policy`")  # beta, and what our assets need

DAYS = [str(day) for day in DAILY.get_partition_keys()[:3]]


@pytest.fixture
def models(tmp_path: Path) -> ModelStore:
    """An empty store."""
    return ModelStore(tmp_path)


def materialize(models: ModelStore, missing: dict[str, str], days: list[str]) -> dg.ExecuteInProcessResult:
    """Materialise in one run over ``days`` an asset of one file; the days of ``missing`` cannot be had."""

    @daily_asset(name="index")
    def index(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        def build(day: str, folder: Path) -> Metadata:
            (folder / "model").write_text(day)
            if day in missing:
                raise Unavailable(missing[day])
            return {"built": dg.MetadataValue.text(day)}

        return build_each_day(context, models, build)

    logs = models.path("index", "")  # an instance without a folder given makes one and warns when it goes
    logs.mkdir(exist_ok=True)
    tags = {"dagster/asset_partition_range_start": days[0], "dagster/asset_partition_range_end": days[-1]}
    return dg.materialize([index], tags=tags, instance=dg.DagsterInstance.ephemeral(tempdir=str(logs)))


def reported(result: dg.ExecuteInProcessResult) -> dict[str, object]:
    """Metadata of the materialisation."""
    (step,) = {event.step_key for event in result.get_asset_materialization_events()}
    metadata = result.asset_materializations_for_node(step)[-1].metadata
    return {name: value.value for name, value in metadata.items() if not name.startswith("dagster/")}


def test_each_day_has_its_folder_and_the_last_one_is_reported(models: ModelStore) -> None:
    """Three days in one run."""
    result = materialize(models, {}, DAYS)
    assert [(models.require("index", day) / "model").read_text() for day in DAYS] == DAYS
    assert reported(result) == {"built": DAYS[-1]}


def test_a_day_that_cannot_be_had_keeps_the_reason_and_stops_nobody(models: ModelStore) -> None:
    """The middle of three days: the run succeeds, the half-written model is gone, the days around it are there."""
    result = materialize(models, {DAYS[1]: "the shop has no orders"}, DAYS)
    assert result.success
    assert [models.unavailable("index", day) for day in DAYS] == [None, "the shop has no orders", None]
    assert not (models.path("index", DAYS[1]) / "model").exists()


def test_the_reason_is_in_the_metadata(models: ModelStore) -> None:
    """Where the last day of the run cannot be had."""
    assert reported(materialize(models, {DAYS[0]: "no rows"}, DAYS[:1])) == {"skipped": "no rows"}


def test_a_day_that_can_be_had_again_loses_its_reason(models: ModelStore) -> None:
    """After the repair the model is there."""
    materialize(models, {DAYS[0]: "no rows"}, DAYS[:1])
    materialize(models, {}, DAYS[:1])
    assert models.unavailable("index", DAYS[0]) is None
