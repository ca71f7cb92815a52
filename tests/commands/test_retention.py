"""``upshelf retention`` as an operator runs it; what may go is tested beside `assets.release.retention`."""

from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lake import Lake
from resources.model_store import ModelStore
from resources.tables import TABLES
from tests.commands.conftest import Called

DAYS = [f"2026-01-{day:02d}" for day in range(1, 21)]


def test_it_tells_first_and_deletes_when_asked(home: Path, called: Called) -> None:
    """Told alone nothing changes, nor beside a run of this home's instance, nor where too little would stay."""
    models = ModelStore(home / "models")
    for day in DAYS:
        with models.writing("catalogue", day) as folder:
            (folder / "file").write_bytes(b"x" * 100)
    chosen = ("retention", "--keep-days", "7", "--keep-versions", "2")
    told = called(*chosen)
    assert told.exit_code == 0
    assert "models: 13 days\n  2026-01-01" in told.stdout
    assert told.stdout.endswith("nothing was deleted; --apply deletes it\n")
    with dg.DagsterInstance.from_config(str(home / "dagster")) as instance:
        run = dg.DagsterRun(job_name="models", status=dg.DagsterRunStatus.STARTED)
        instance.add_run(run)
        held = called(*chosen, "--apply")
        instance.delete_run(run.run_id)
    assert held.exit_code == 1
    assert f"nothing was deleted: run {run.run_id} is under way" in held.stderr
    few = called("retention", "--keep-days", "6")
    assert few.exit_code == 1
    assert "keep at least 7 days" in few.stderr
    assert list(models.days()) == DAYS
    done = called(*chosen, "--apply")
    assert done.exit_code == 0
    assert done.stdout == told.stdout.replace("nothing was deleted; --apply deletes it", "deleted")
    assert list(models.days()) == DAYS[13:]


def test_days_of_logs_beyond_what_the_shop_keeps(
    home: Path, tmp_path: Path, called: Called, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told with their rows, and dropped when asked."""
    (tmp_path / "shop.toml").write_text(
        'name = "kept"\nfirst_day = 2025-01-01\n[source]\nkind = "files"\n[tables.orders]\nquery = "SELECT 1"\n'
        "[retention]\nlogs_days = 120\n"
    )
    monkeypatch.setenv("UPSHELF_SHOP", str(tmp_path))
    lake, days = Lake(str(home / "lake")), ["2025-09-01", "2025-09-02", "2025-12-31"]
    orders = [dict.fromkeys(TABLES["orders"]) | {"day": day} for day in days]
    lake.replace_partition("orders", pl.DataFrame(orders, dict(TABLES["orders"])), days[0], days[-1])
    told = called("retention")
    assert told.exit_code == 0
    assert "logs: 2 rows of days up to 2025-09-02\n  orders                             2 rows" in told.stdout
    assert lake.count("orders") == 3
    assert called("retention", "--apply").exit_code == 0
    assert lake.read("orders")["day"].to_list() == ["2025-12-31"]
