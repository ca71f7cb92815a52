"""A webhook that listens hears of what failed, and one that does not stops nothing."""

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from assets.alerts import tell_failed_checks, tell_failed_runs
from resources.settings import Settings
from tests.default_shop import SHOP


class Ear(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    heard: list[dict[str, Any]] = []  # noqa: RUF012  # emptied by the fixture

    def do_POST(self) -> None:  # the name that the library calls
        """Keep the body."""
        self.heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    """Of a server that listens."""
    Ear.heard.clear()
    server = HTTPServer(("127.0.0.1", 0), Ear)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


@dg.asset(check_specs=[dg.AssetCheckSpec("rows", asset="orders")])
def orders() -> dg.MaterializeResult:
    """A table whose check fails."""
    result = dg.AssetCheckResult(check_name="rows", passed=False, description="2 of 3 rows broke the contract")
    return dg.MaterializeResult(check_results=[result])


@dg.asset(deps=[orders])
def broken() -> None:
    """A table that cannot be written."""
    raise RuntimeError("the disk is full")


def told(assets: list[dg.AssetsDefinition], home: Path, webhook: str | None) -> str | None:
    """Run the assets, and the sensor of what became of them; what it says."""
    settings = replace(Settings.from_env({"UPSHELF_HOME": str(home)}), webhook=webhook)
    with dg.DagsterInstance.ephemeral() as instance:
        done = dg.materialize(assets, instance=instance, raise_on_error=False)
        kind = dg.DagsterEventType.RUN_SUCCESS if done.success else dg.DagsterEventType.RUN_FAILURE
        event = next(e for e in done.all_events if e.event_type is kind)
        context = dg.build_run_status_sensor_context(
            sensor_name="s", dagster_event=event, dagster_instance=instance, dagster_run=done.dagster_run
        )
        sensor = tell_failed_checks if done.success else tell_failed_runs
        found = sensor(context, settings=settings, shop=SHOP)
    assert isinstance(found, dg.SkipReason)
    return found.skip_message


def test_a_failed_check_is_told(tmp_path: Path, address: str) -> None:
    """The run went on."""
    assert told([orders], tmp_path, address) == "the webhook was told"
    (heard,) = Ear.heard
    assert heard["shop"] == SHOP.name
    assert heard["checks"] == [{"asset": "orders", "check": "rows", "told": "2 of 3 rows broke the contract"}]
    assert "- orders.rows: 2 of 3 rows broke the contract" in heard["text"]


def test_a_failed_run_is_told(tmp_path: Path, address: str) -> None:
    """With the check that failed in it."""
    assert told([orders, broken], tmp_path, address) == "the webhook was told"
    (heard,) = Ear.heard
    assert "failed." in heard["text"].splitlines()[0]
    assert [one["asset"] for one in heard["checks"]] == ["orders"]


def test_where_nobody_listens_nothing_stops(tmp_path: Path, address: str) -> None:
    """No address, and one where nothing answers."""
    assert told([orders], tmp_path, None) == "UPSHELF_WEBHOOK names no address"
    assert "took no message" in (told([orders], tmp_path, "http://127.0.0.1:9/hook") or "")
    assert not Ear.heard
