"""Taking users out of Dagster's logs, on a real instance."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from assets.daily.tables import shown_rows
from assets.release.event_logs import take_out_of_logs, take_out_of_texts

ROWS = pl.DataFrame({"user_id": ["u1", "ü'2", "u12"], "row": ['{"user_id": "u1"}', "{}", "{}"], "n": [1, 2, 3]})


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    """An instance on SQLite with a run that showed rows, and a check that named users."""

    @dg.asset(check_specs=[dg.AssetCheckSpec("robots", asset="logs")])
    def logs(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
        context.log.info("read the rows of u1, u12")
        check = dg.AssetCheckResult(check_name="robots", passed=False, description="such as u/u1 (9 looks), u/ü'2")
        return dg.MaterializeResult(metadata={"preview": shown_rows(ROWS), "of": "u1"}, check_results=[check])

    (tmp_path / "dagster.yaml").write_text("telemetry: {enabled: false}\n")
    made = dg.DagsterInstance.from_config(str(tmp_path))
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    assert dg.materialize([logs], instance=made, run_config=quiet).success
    return made


def shown(instance: dg.DagsterInstance) -> list[str]:
    """Users of the preview that the UI shows."""
    event = instance.get_latest_materialization_event(dg.AssetKey("logs"))
    assert event is not None
    assert event.asset_materialization is not None
    preview = event.asset_materialization.metadata["preview"]
    assert isinstance(preview, dg.TableMetadataValue)
    return [str(record.data["user_id"]) for record in preview.records]


def bytes_below(folder: Path) -> bytes:
    """All databases, with their write-ahead logs."""
    return b"".join(path.read_bytes() for path in folder.rglob("*.db*") if path.is_file())


def test_events_stay_without_the_users(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    """Rows go, texts lose the id, ids that only begin alike stay; Dagster reads its events and knows what there is."""
    runs = instance.get_runs()
    events = len(instance.all_logs(runs[0].run_id))
    counted = take_out_of_logs(instance, ["u1", "ü'2"], apply=False)
    assert counted >= 3
    assert shown(instance) == ["u1", "ü'2", "u12"]
    assert take_out_of_logs(instance, ["u1", "ü'2"], apply=True) == counted
    assert take_out_of_logs(instance, ["u1", "ü'2"], apply=True) == 0
    assert shown(instance) == ["u12"]
    assert len(instance.all_logs(runs[0].run_id)) == events
    told = [event.user_message for event in instance.all_logs(runs[0].run_id)]
    assert "read the rows of (forgotten), u12" in told
    key = dg.AssetCheckKey(dg.AssetKey("logs"), "robots")
    (record,) = instance.event_log_storage.get_asset_check_execution_history(key, limit=1)
    assert record.event is not None
    assert record.event.dagster_event is not None
    data = record.event.dagster_event.asset_check_evaluation_data
    assert data.description == "such as u/(forgotten) (9 looks), u/(forgotten)"
    left = bytes_below(tmp_path)
    assert b'"u1"' not in left
    assert b"u/u1 " not in left
    assert b'"u12"' in left


def test_without_ids_nothing_is_read(instance: dg.DagsterInstance) -> None:
    """Of nobody there is nothing."""
    assert take_out_of_logs(instance, [], apply=True) == 0


def test_outputs_that_name_them_are_emptied(tmp_path: Path) -> None:
    """Whole words alone count; other files stay."""
    texts = {"a.log": "user u1 failed", "b.log": "user u11 failed", "compute_logs/run/x.err": "(u1)", "c.txt": "u1"}
    for name, text in texts.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    found = take_out_of_texts([tmp_path, tmp_path], ["u1"], apply=False)
    assert found == [str(tmp_path / "a.log"), str(tmp_path / "compute_logs/run/x.err")]
    assert take_out_of_texts([tmp_path], ["u1"], apply=True) == found
    assert [(tmp_path / name).read_text() for name in texts] == ["", texts["b.log"], "", "u1"]
    assert take_out_of_texts([tmp_path], [], apply=True) == []
