"""Runs of the pipeline in this process: a line an asset while they last, and what went wrong in words.

What belongs here: what a schedule and its sensors would start, started by hand, and how it is told to a person. What
does not: which assets a run has (`assets.automation`).
"""

import logging
import sys
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import click
import dagster as dg

from assets.automation import day_range_tags
from assets.definitions import build_defs
from assets.tables.checks import ACCEPT_TAG
from resources.settings import Settings
from resources.shop import Shop

__all__ = ["Pipeline", "Ran", "opened"]

_LOGGER = "progress"
_CHECK_FAILED = "DagsterAssetCheckFailedError"
"""What a failed check throws in its asset: the check has been told by then."""
_OURS = ("assets.", "evaluation.", "resources.")


@dataclass(frozen=True, slots=True)
class Ran:
    """What became of a run."""

    success: bool
    faults: list[str] = field(default_factory=list)
    """Assets that failed, each with its cause, and checks of severity ERROR that did."""
    release: Mapping[str, str] = field(default_factory=dict)
    """Of a run with a release: its ``release``, ``registry_version`` and ``verdict``."""

    @property
    def passed(self) -> bool:
        """Whether all is well: of tables every check too, of models the release alone, which judges what it needs."""
        verdict = self.release.get("verdict", "")
        return self.success and (verdict.startswith(("promoted", "unchanged")) if self.release else not self.faults)


class Pipeline:
    """The jobs of one shop's night."""

    def __init__(self, settings: Settings, shop: Shop, instance: dg.DagsterInstance) -> None:
        self._log = settings.home / "failures.log"
        self._instance = instance
        loggers = dg.Definitions(loggers={_LOGGER: dg.LoggerDefinition(_progress_logger)})
        self._defs = dg.Definitions.merge(build_defs(settings, shop=shop), loggers)

    def tables(self, first: date, last: date, accept_shrunk: str | None = None) -> Ran:
        """Logs to tables and features, the days ``first`` to ``last`` in one run.

        ``accept_shrunk`` names the days that may lose most of their rows, with commas between, or ``all``.
        """
        accepted = {ACCEPT_TAG: accept_shrunk} if accept_shrunk else {}
        return self._run("tables", tags=day_range_tags(first, last) | accepted)

    def models(self, as_of: date) -> Ran:
        """Models, reports and the release as of a day."""
        return self._run("models", partition_key=as_of.isoformat())

    def _run(self, job: str, **which: Any) -> Ran:  # noqa: ANN401  # tags or a partition
        config: dict[str, Any] = {"loggers": {_LOGGER: {}}}
        result = self._defs.resolve_job_def(job).execute_in_process(
            instance=self._instance, run_config=config, raise_on_error=False, **which
        )
        failed = [check for check in result.get_asset_check_evaluations() if _is_error(check)]
        faults = [f"{check.asset_key.to_user_string()} {check.check_name}: {check.description}" for check in failed]
        errors = [(e.step_key, e.step_failure_data.error) for e in result.all_events if e.is_step_failure]
        thrown = [(step, error) for step, error in errors if error is not None and error.cls_name != _CHECK_FAILED]
        if thrown:
            faults += [f"{step}: {_cause(error)}" for step, error in thrown]
            self._log.write_text("\n".join(f"{step}\n{error.to_string()}" for step, error in thrown), encoding="utf-8")
            click.echo(f"    (tracebacks: {self._log})", err=True)
        released = [m for m in result.get_asset_materialization_events() if m.step_key == "release"]
        metadata = released[-1].materialization.metadata if released else {}
        about = {name: str(metadata[name].value) for name in ("release", "registry_version", "verdict") if metadata}
        return Ran(result.success, faults, about)


@contextmanager
def opened(settings: Settings, shop: Shop) -> Iterator[Pipeline]:
    """The pipeline of ``shop``, on the instance that DAGSTER_HOME names."""
    warnings.filterwarnings("ignore")
    with dg.DagsterInstance.get() as instance:
        yield Pipeline(settings, shop, instance)


def _is_error(check: Any) -> bool:  # noqa: ANN401  # Dagster's evaluation
    return not check.passed and check.severity is dg.AssetCheckSeverity.ERROR


def _cause(error: Any) -> str:  # noqa: ANN401  # Dagster's serialised error
    """The first error of ours, or else the cause of all, in words; without the module of its class."""
    chain = [error]
    while chain[-1].cause is not None:
        chain.append(chain[-1].cause)
    ours = [one for one in chain if one.message.startswith(_OURS)]
    kind, _, message = (ours or chain[-1:])[0].message.strip().partition(": ")
    return f"{kind.rsplit('.', 1)[-1]}: {message}" if message else kind


class _Lines(logging.Handler):
    """The events of a run as lines: what begins, what is done, what failed and why."""

    def __init__(self) -> None:
        super().__init__()
        self._rows: dict[str, str] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Print what an event says, if it says anything to a person."""
        event = getattr(record, "dagster_meta", {}).get("dagster_event")
        if event is None:
            return
        step, data = event.step_key, event.event_specific_data
        match event.event_type_value:
            case "STEP_START" if sys.stdout.isatty():
                click.echo(f"    … {step:<60}\r", nl=False)
            case "ASSET_MATERIALIZATION":
                metadata = data.materialization.metadata
                rows, skipped = metadata.get("dagster/row_count"), metadata.get("skipped")
                self._rows[step] = f"skipped: {skipped.value}" if skipped else f"{rows.value:,} rows" if rows else ""
            case "ASSET_CHECK_EVALUATION" if not data.passed:
                mark = "✗" if _is_error(data) else "!"
                click.echo(f"    {mark} {step} {data.check_name}: {data.description}")
            case "STEP_SUCCESS":
                click.echo(f"    ✓ {step:<26}{self._rows.get(step, ''):>20}  {data.duration_ms / 1000:6.1f} s")
            case "STEP_UP_FOR_RETRY":
                cause = f"{_cause(data.error)} " if data.error else ""
                click.echo(f"    … {step}: {cause}It is asked again in {data.seconds_to_wait} s")
            case "STEP_FAILURE" if data.error is None or data.error.cls_name != _CHECK_FAILED:
                click.echo(f"    ✗ {step}: {_cause(data.error)}" if data.error else f"    ✗ {event.message}")


def _progress_logger(_: dg.InitLoggerContext) -> logging.Logger:
    logger = logging.getLogger("upshelf.progress")
    logger.handlers = [_Lines()]
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    return logger
