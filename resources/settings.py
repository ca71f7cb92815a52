"""Where things are: the environment, read once, as one frozen typed object.

What belongs here: addresses and secrets of the installation. What does not: anything about the shop itself
(`resources.shop`) or about the API (`serving.settings`).
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from resources.storage import checked_address, is_remote

__all__ = ["ROOT", "Settings"]

_MOST_THREADS = 1_024
_GIGABYTES = {"MB": 1e-3, "GB": 1.0, "TB": 1e3, "MIB": 2**20 / 1e9, "GIB": 2**30 / 1e9, "TIB": 2**40 / 1e9}
_LEAST_GB, _MOST_GB = 0.1, 1e5

ROOT = Path(__file__).resolve().parent.parent
"""The checkout that this code runs from."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Addresses of the installation. Addresses that may hold a password are left out of ``repr``."""

    home: Path
    """UPSHELF_HOME: folder of everything that Upshelf writes (default ``var/`` in the checkout)."""
    shop: Path
    """UPSHELF_SHOP: a ``shop.toml``, or the folder that holds it (default ``shops/simulated``)."""
    data: Path
    """UPSHELF_DATA: folder of the data that a ``shop.toml`` may name as ``{data}`` (default ``../shared/data``)."""
    storage_url: str
    """UPSHELF_STORAGE: root of the tables, the models and the files of releases: a folder, or ``s3://``, ``gs://`` or
    ``az://`` with a bucket and a prefix (default ``<home>``)."""
    lake_url: str
    """UPSHELF_LAKE: root of the Delta tables alone, likewise (default ``<storage>/lake``)."""
    store_url: str = field(repr=False)
    """UPSHELF_STORE_URL: SQLAlchemy URL of the operational store: ``postgresql+psycopg2://…`` (default SQLite in
    ``<home>``)."""
    mlflow_url: str = field(repr=False)
    """UPSHELF_MLFLOW_URL: MLflow tracking and registry URI (default SQLite in ``<home>``)."""
    webhook: str | None = field(default=None, repr=False)
    """UPSHELF_WEBHOOK: address that is sent ``{"text": …}`` when a run or a check fails (default: nobody)."""
    pseudonym_key: str | None = field(default=None, repr=False)
    """UPSHELF_PSEUDONYM_KEY: secret of 16 characters or more by which exports hide ids of users (default: none)."""
    engine_threads: int | None = None
    """UPSHELF_ENGINE_THREADS: threads of a query over the tables (default: the cores that the process may use)."""
    engine_memory_gb: float | None = None
    """UPSHELF_ENGINE_MEMORY: such as ``6GB``, above which a query spills to disk (default: half of the memory)."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``env`` (default: the process's environment).

        Raises:
            ValueError: If a variable cannot be read; with its name, the rule and the remedy.
        """
        env = os.environ if env is None else env
        home = Path(env.get("UPSHELF_HOME") or ROOT / "var").resolve()
        storage = checked_address("UPSHELF_STORAGE", env.get("UPSHELF_STORAGE") or str(home))
        storage = storage if is_remote(storage) else str(Path(storage).resolve())
        shop = Path(env.get("UPSHELF_SHOP") or ROOT / "shops" / "simulated").resolve()
        return cls(
            home=home,
            shop=shop / "shop.toml" if shop.is_dir() else shop,
            data=Path(env.get("UPSHELF_DATA") or ROOT.parent / "shared" / "data").resolve(),
            storage_url=storage,
            lake_url=checked_address("UPSHELF_LAKE", env.get("UPSHELF_LAKE") or f"{storage}/lake"),
            store_url=env.get("UPSHELF_STORE_URL") or f"sqlite:///{home / 'store.db'}",
            mlflow_url=env.get("UPSHELF_MLFLOW_URL") or f"sqlite:///{home / 'mlflow' / 'mlflow.db'}",
            webhook=env.get("UPSHELF_WEBHOOK") or None,
            pseudonym_key=env.get("UPSHELF_PSEUDONYM_KEY") or None,
            engine_threads=_threads(env.get("UPSHELF_ENGINE_THREADS") or ""),
            engine_memory_gb=_gigabytes(env.get("UPSHELF_ENGINE_MEMORY") or ""),
        )

    @property
    def models_url(self) -> str:
        """Root of the models between assets: a folder or a URL."""
        return f"{self.storage_url}/models"

    @property
    def artifacts_url(self) -> str:
        """Root of the files of releases: a folder or a URL."""
        return f"{self.storage_url}/mlflow/artifacts"


def _threads(text: str) -> int | None:
    if not text:
        return None
    if not (text.isdecimal() and 1 <= int(text) <= _MOST_THREADS):
        raise ValueError(f"UPSHELF_ENGINE_THREADS is {text!r}: give a whole number from 1 to {_MOST_THREADS}.")
    return int(text)


def _gigabytes(text: str) -> float | None:
    if not text:
        return None
    read = re.fullmatch(r"(\d{1,9}(?:\.\d{1,9})?)\s*([MGT]i?B)", text.strip(), re.IGNORECASE)
    size = float(read[1]) * _GIGABYTES[read[2].upper()] if read else 0.0
    if not _LEAST_GB <= size <= _MOST_GB:
        raise ValueError(f"UPSHELF_ENGINE_MEMORY is {text!r}: give an amount from 100MB on, such as 6GB.")
    return size
