"""``upshelf forget`` as an operator runs it; a whole home is tested in ``tests/integration``."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from resources.lake import Lake
from resources.model_store import ModelStore
from resources.store import Store
from resources.store.forgotten import ForgottenUsers
from resources.tables import TABLES
from tests.commands.conftest import Called

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.fixture
def filled(home: Path) -> Path:
    """Three users in the store, the lake and a model."""
    users = ["u1", "u2", "u3"]
    store = Store(f"sqlite:///{home / 'store.db'}")
    store.add_events(
        [{"event_id": f"e-{u}", "ts": NOON, "kind": "view", "user_id": u, "product_id": "p"} for u in users]
    )
    store.close()
    rows = [{"day": "2026-01-01", "user_id": user} for user in users]
    frame = pl.DataFrame(rows, schema=dict(TABLES["user_profiles"]))
    Lake(str(home / "lake")).replace_partition("user_profiles", frame, "2026-01-01", "2026-01-01")
    with ModelStore(home / "models").writing("segments", "2026-01-01") as folder:
        pl.DataFrame({"user_id": users}).write_ipc(folder / "scores.arrow")
    return home


def left(home: Path) -> list[list[str]]:
    """Users in the store, the lake and the model."""
    store = Store(f"sqlite:///{home / 'store.db'}")
    events = store.read_events(NOON, NOON.replace(hour=13))
    store.close()
    profiles = Lake(str(home / "lake")).read("user_profiles")
    scores = pl.read_ipc(home / "models" / "segments" / "2026-01-01" / "scores.arrow")
    return [frame["user_id"].sort().to_list() for frame in (events, profiles, scores)]


def pending(home: Path) -> int:
    """How many users wait to be forgotten."""
    store = Store(f"sqlite:///{home / 'store.db'}")
    waiting, _ = ForgottenUsers(store.engine).pending()
    store.close()
    return len(waiting)


@pytest.mark.filterwarnings("default")  # MLflow's own SQLAlchemy code warns of what it will have to change
def test_it_lists_first_and_deletes_then(filled: Path, called: Called, tmp_path: Path) -> None:
    """Told alone nothing changes and nobody is on record; ids come from a file too; afterwards there is none."""
    (tmp_path / "ids.txt").write_text("u2\n\n u2 \n")
    chosen = ("forget", "u1", "--file", tmp_path / "ids.txt", "--json")
    told = called(*chosen, "--dry-run")
    assert told.exit_code == 0, told.output
    found = json.loads(told.stdout)
    expected = {
        "users": 2,
        "events": 2,
        "impressions": 0,
        "assignments": 0,
        "tables": {"user_profiles": 2},
        "models": {"segments/2026-01-01": ["scores.arrow"]},
        "releases": {},
        "run_events": 0,
        "logs": [],
        "left": [],
    }
    assert found == {**expected, "deleted": False}
    assert (left(filled), pending(filled)) == ([["u1", "u2", "u3"]] * 3, 0)
    done = called(*chosen)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == {**expected, "deleted": True}
    assert (left(filled), pending(filled)) == ([["u3"]] * 3, 0)
    assert called("forget").stdout == "nobody is to be forgotten\n"


@pytest.mark.filterwarnings("default")
def test_beside_a_run_the_store_alone_is_cleared_and_the_rest_follows(filled: Path, called: Called) -> None:
    """The user waits on record by a hash, and the call without ids goes on."""
    assert called("forget", "u1", "--dry-run").exit_code == 0
    with dg.DagsterInstance.from_config(str(filled / "dagster")) as instance:
        run = dg.DagsterRun(job_name="models", status=dg.DagsterRunStatus.STARTED)
        instance.add_run(run)
        held = called("forget", "u1")
        instance.delete_run(run.run_id)
    assert held.exit_code == 1
    assert f"left: run {run.run_id} is under way, so only the operational store was looked at" in held.stdout
    assert (left(filled), pending(filled)) == ([["u2", "u3"], ["u1", "u2", "u3"], ["u1", "u2", "u3"]], 1)
    done = called("forget")
    assert done.exit_code == 0, done.output
    assert done.stdout.endswith("\ndeleted\n")
    assert (left(filled), pending(filled)) == ([["u2", "u3"]] * 3, 0)
