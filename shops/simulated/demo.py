"""The demo: the simulated shop's logs become a release and a live API, end to end, with nothing set up by hand.

``make demo`` runs it. It materialises every asset through Dagster, starts the API (and the Dagster UI unless
``--headless``), calls each endpoint and prints what came of it. The servers stay up until ``make stop``.
"""

import argparse
import logging
import os
import signal
import socket
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import httpx

sys.path.insert(0, str(Path(__file__).parent))
from summary import print_summary  # the file beside this one

ROOT = Path(__file__).resolve().parents[2]
PIDS = "demo.pids"
START_SECONDS = 120


@dg.logger(description="One line a finished asset")
def progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    """A logger that turns the events of a run into one line an asset."""

    class Lines(logging.Handler):
        def __init__(self) -> None:
            super().__init__()
            self.rows: dict[str, str] = {}

        def emit(self, record: logging.LogRecord) -> None:
            event = getattr(record, "dagster_meta", {}).get("dagster_event")
            if event is None:
                return
            step = event.step_key
            if event.event_type_value == "STEP_START" and sys.stdout.isatty():
                sys.stdout.write(f"    … {step:<60}\r")
                sys.stdout.flush()
            elif event.event_type_value == "ASSET_MATERIALIZATION":
                metadata = event.materialization.metadata
                rows, skipped = metadata.get("dagster/row_count"), metadata.get("skipped")
                self.rows[step] = f"skipped: {skipped.value}" if skipped else f"{rows.value:,} rows" if rows else ""
            elif event.event_type_value == "STEP_SUCCESS":
                seconds = event.event_specific_data.duration_ms / 1000
                print(f"    ✓ {step:<26}{self.rows.get(step, ''):>20}  {seconds:6.1f} s", flush=True)
            elif event.event_type_value in ("STEP_FAILURE", "RUN_FAILURE"):
                print(f"    ✗ {event.message}", flush=True)

    logger = logging.getLogger("upshelf.demo")
    logger.handlers = [Lines()]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    return logger


def materialise() -> None:
    """Run the two jobs of a night over the shop's whole history."""
    from assets.automation import day_range_tags
    from assets.definitions import build_defs
    from assets.partitions import SHOP

    last = SHOP.last_day
    if last is None:
        raise SystemExit("the demo needs a shop whose logs end; unset UPSHELF_SHOP")
    source = SHOP.source
    print(f"1. The shop {SHOP.name!r}: {source.products:,} products, {source.users:,} users, {source.days} days")
    defs = dg.Definitions.merge(build_defs(), dg.Definitions(loggers={"progress": progress_logger}))
    config = {"loggers": {"progress": {}}}
    with dg.DagsterInstance.get() as instance:
        print(f"2. Logs to tables and features, {SHOP.first_day} to {last} in one run")
        tables = defs.resolve_job_def("tables")
        _run(tables, instance, config, tags=day_range_tags(SHOP.first_day, last))
        print(f"3. Models, reports and the release, as of {last}")
        _run(defs.resolve_job_def("models"), instance, config, partition_key=last.isoformat())


def _run(job: dg.JobDefinition, instance: dg.DagsterInstance, config: dict[str, object], **which: object) -> None:
    """Run a job in this process; a failure ends the demo with its reason."""
    result = job.execute_in_process(instance=instance, run_config=config, raise_on_error=False, **which)  # type: ignore[arg-type]  # tags or partition_key
    if not result.success:
        errors = [e.step_failure_data.error for e in result.all_events if e.is_step_failure]
        raise SystemExit("the pipeline failed\n" + "\n".join(error.to_string() for error in errors if error))


def free_port(preferred: int) -> int:
    """``preferred``, or any free port where it is taken."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise SystemExit("no free port on 127.0.0.1")


def start(command: list[str], log: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start a server of its own session, so that it outlives the demo; its output goes to ``log``."""
    with log.open("wb") as out:
        return subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait for a 200 at ``url``."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SystemExit(f"the server stopped with status {process.returncode}; see {log}")
        try:
            if httpx.get(url, timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.3)
    raise SystemExit(f"{url} did not answer within {START_SECONDS} s; see {log}")


@contextmanager
def servers(home: Path, *, headless: bool) -> Iterator[tuple[str, str | None]]:
    """Start the API and, unless headless, the UI; yields their addresses. Headless, both are stopped at the end."""
    stop(home)
    port = free_port(8000)
    api, log = f"http://127.0.0.1:{port}", home / "api.log"
    processes = [start([sys.executable, "-m", "serving"], log, UPSHELF_PORT=str(port))]
    ui = None
    if not headless:
        ui_port = free_port(3000)
        ui = f"http://127.0.0.1:{ui_port}"
        dagster = str(Path(sys.executable).with_name("dagster"))
        command = [dagster, "dev", "--host", "127.0.0.1", "--port", str(ui_port)]
        processes.append(start(command, home / "dagster.log", DAGSTER_HOME=str(ROOT)))
    (home / PIDS).write_text("\n".join(str(p.pid) for p in processes), encoding="utf-8")
    finished = False
    try:
        wait_until_ready(f"{api}/health/ready", processes[0], log)
        if ui is not None:
            wait_until_ready(f"{ui}/server_info", processes[1], home / "dagster.log")
        yield api, ui
        finished = True
    finally:
        if headless or not finished:
            stop(home)


def stop(home: Path) -> None:
    """Stop the servers that an earlier demo left running."""
    pids = home / PIDS
    if not pids.exists():
        return
    for pid in map(int, pids.read_text(encoding="utf-8").split()):
        try:
            # Each server leads a process group of its own.
            os.killpg(pid, signal.SIGTERM)
        except (ProcessLookupError, PermissionError):
            continue
    pids.unlink()


def main() -> int:
    """Run the demo; 0 when everything answered."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headless", action="store_true", help="no UI, and stop the API at the end")
    parser.add_argument("--stop", action="store_true", help="only stop the servers of an earlier demo")
    options = parser.parse_args()
    os.chdir(ROOT)
    os.environ.setdefault("DAGSTER_HOME", str(ROOT))
    warnings.filterwarnings("ignore")
    from resources.settings import Settings

    home = Settings.from_env().home
    home.mkdir(parents=True, exist_ok=True)
    if options.stop:
        stop(home)
        return 0
    started = time.monotonic()
    materialise()
    print("4. The API" + ("" if options.headless else " and the Dagster UI"))
    with servers(home, headless=options.headless) as (api, ui):
        print_summary(api, ui, seconds=time.monotonic() - started)
    return 0


if __name__ == "__main__":
    sys.exit(main())
