"""A shell of somebody who follows the docs, in a folder of their own."""

import os
import subprocess
import sys
from pathlib import Path

from resources.settings import ROOT

__all__ = ["environment_of", "shell"]


def environment_of(folder: Path, encoder: Path, **more: str) -> dict[str, str]:
    """Variables of a shell in ``folder``, where the shop's file is ``shop.toml``; makes its home with the encoder."""
    home = folder / "home"
    home.mkdir()
    (home / "encoder").symlink_to(encoder)
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("UPSHELF_", "DAGSTER_"))}
    ours = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "UPSHELF_HOME": str(home),
        "UPSHELF_SHOP": str(folder / "shop.toml"),
    }
    return inherited | ours | more


def shell(command: str, environment: dict[str, str]) -> str:
    """What a command prints, run by bash beside the shop's file; it has to end well."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=Path(environment["UPSHELF_SHOP"]).parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, (command, done.stdout[-3_000:], done.stderr[-3_000:])
    return done.stdout
