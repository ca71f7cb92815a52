"""A home of the pipeline: run in a process of its own, looked at through the lake, the models and the registry."""

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from assets.models.manifest import read_manifest
from assets.models.release import Release
from resources.lake import Lake
from resources.model_store import ModelStore, open_models
from resources.registry import Registry
from resources.settings import ROOT, Settings
from resources.shop import Shop
from resources.tables import TABLES

SCRIPT = Path(__file__).with_name("pipeline.py")
TINY = ROOT / "tests" / "shops" / "tiny"
TIMEOUT_SECONDS = 1800


@dataclass(frozen=True)
class Pipeline:
    """One shop's pipeline in a home of its own."""

    home: Path
    shop: Path
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    """Environment that says where else its tables, models and releases lie."""

    @property
    def env(self) -> dict[str, str]:
        """The environment of a process that belongs to this home."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("UPSHELF_", "DAGSTER_"))}
        if data := os.environ.get("UPSHELF_DATA"):
            inherited["UPSHELF_DATA"] = data
        return (
            inherited
            | self.elsewhere
            | {
                "UPSHELF_HOME": str(self.home),
                "UPSHELF_SHOP": str(self.shop),
                "DAGSTER_HOME": str(self.home),
                "DAGSTER_EVENT_BATCH_SIZE": "200",
                "MLFLOW_DISABLE_TELEMETRY": "true",
                "OMP_WAIT_POLICY": "passive",
                "PYTHONPATH": str(ROOT),
            }
        )

    @property
    def lake(self) -> Lake:
        """Its tables."""
        return Lake(self.settings.lake_url)

    @property
    def models(self) -> ModelStore:
        """Its models."""
        return open_models(self.settings)

    @property
    def settings(self) -> Settings:
        """Its addresses."""
        return Settings.from_env(self.env)

    def start(self, *steps: str) -> subprocess.Popen[str]:
        """Start the steps in a process group of their own."""
        with (self.home / "stderr.log").open("a", encoding="utf-8") as errors:
            return subprocess.Popen(
                [sys.executable, str(SCRIPT), *steps],
                env=self.env,
                cwd=ROOT,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                start_new_session=True,
            )

    def attempt(self, *steps: str) -> list[dict[str, Any]]:
        """Run the steps to their end, also when one fails; returns what each told."""
        process = self.start(*steps)
        out, _ = process.communicate(timeout=TIMEOUT_SECONDS)
        results = [json.loads(line) for line in out.splitlines() if line.startswith('{"step"')]
        if len(results) != len(steps):
            pytest.fail(f"the pipeline broke off: {(self.home / 'stderr.log').read_text()[-3_000:]}")
        return results

    def run(self, *steps: str) -> list[dict[str, Any]]:
        """Run the steps, which must all succeed."""
        results = self.attempt(*steps)
        assert all(t["success"] for t in results), [t["errors"] for t in results]
        return results

    def tables(self) -> dict[str, pl.DataFrame]:
        """Every table of the lake in one order; reading a broken one fails."""
        names = [name for name in sorted(TABLES) if self.lake.files(name).version is not None]
        read = {name: self.lake.read(name) for name in names}
        assert all(frame.columns == list(TABLES[name]) for name, frame in read.items())
        return {name: in_one_order(frame) for name, frame in read.items()}

    def model_hashes(self) -> dict[str, str]:
        """Relative path → sha256 of every model file, but for the release's manifest, which holds table versions."""
        root = self.home / "models"
        files = (p for p in sorted(root.rglob("*")) if p.is_file())
        hashes = {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}
        return {path: digest for path, digest in hashes.items() if not path.endswith("manifest.json")}

    def model(self, asset: str, day: str) -> Path:
        """Where ``asset`` lies as of ``day``."""
        return self.models.path(asset, day)

    def release_folder(self, day: str) -> Path:
        """The release as of ``day`` as the pipeline built it."""
        return self.model("release", day)

    def release_version(self, day: str) -> str:
        """Its version."""
        return read_manifest(self.release_folder(day)).version

    def registry(self) -> Registry:
        """Its releases."""
        return Registry(self.settings, Shop.load(self.settings.shop).name)

    def champion(self) -> Release:
        """The release that serving would follow, fetched from the registry as serving does it."""
        registry = self.registry()
        version = registry.champion_version()
        assert version is not None, "no release has been promoted"
        return Release.load(registry.fetch(version, self.home / "fetched" / version))


def in_one_order(frame: pl.DataFrame) -> pl.DataFrame:
    """The rows sorted by all their columns; lists as text, since lists have no order."""
    text = [
        pl.col(c).cast(pl.List(pl.String)).list.join("|") for c, t in frame.schema.items() if t == pl.List(pl.String)
    ]
    keys = [c for c, t in frame.schema.items() if not t.is_nested()]
    return frame.with_columns(text).sort(keys)
