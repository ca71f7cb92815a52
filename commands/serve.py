"""``upshelf serve``, ``ui`` and ``mlflow``: the three servers, each at the host and port that it is told."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from commands.environment import prepare

__all__ = ["mlflow", "serve", "ui"]

_Command = Callable[..., Any]


def _address(host_env: str, port_env: str, port: int) -> Callable[[_Command], _Command]:
    """The options ``--host`` and ``--port``, and the variables that stand in for them."""

    def add(command: _Command) -> _Command:
        number = click.IntRange(1, 65_535)
        told: dict[str, Any] = {"show_default": True, "show_envvar": True}
        listening = click.option("--port", envvar=port_env, default=port, type=number, **told)(command)
        return click.option("--host", envvar=host_env, default="127.0.0.1", **told)(listening)

    return add


@click.command()
@_address("UPSHELF_HOST", "UPSHELF_PORT", 8000)
@click.option(
    "--workers",
    envvar="UPSHELF_WORKERS",
    default=1,
    type=click.IntRange(min=1),
    show_default=True,
    show_envvar=True,
    help="Processes that answer on the port, about one a core.",
)
def serve(host: str, port: int, workers: int) -> None:
    """Serve the API until stopped. Only the base install is needed."""
    os.environ |= {"UPSHELF_HOST": host, "UPSHELF_PORT": str(port), "UPSHELF_WORKERS": str(workers)}
    from serving.__main__ import main

    sys.exit(main())


@click.command()
@_address("UPSHELF_UI_HOST", "UPSHELF_UI_PORT", 3000)
def ui(host: str, port: int) -> None:
    """Run the Dagster UI with its daemon: schedules, sensors, runs."""
    prepare()
    _become("dagster", "dev", "--workspace", "workspace.yaml", "--host", host, "--port", str(port))


@click.command()
@_address("UPSHELF_MLFLOW_HOST", "UPSHELF_MLFLOW_PORT", 5000)
def mlflow(host: str, port: int) -> None:
    """Run the MLflow UI: releases, their figures and files."""
    settings = prepare()
    (settings.home / "mlflow").mkdir(exist_ok=True)
    os.environ["MLFLOW_BACKEND_STORE_URI"] = settings.mlflow_url  # which may hold a password: no argument
    _become("mlflow", "ui", "--host", host, "--port", str(port))


def _become(program: str, *arguments: str) -> None:
    """Go on as a program of this environment, so that signals reach it."""
    path = Path(sys.executable).with_name(program)
    if not path.exists():
        click.echo(f"{program} is not installed: install Upshelf's extra 'pipeline'.", err=True)
        sys.exit(1)
    sys.stdout.flush()
    os.execv(path, [str(path), *arguments])  # noqa: S606  # our own environment's program
