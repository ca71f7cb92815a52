"""Where things are: the environment, read once, as one frozen typed object.

What belongs here: addresses and secrets of the installation. What does not: anything about the shop itself
(`resources.shop`) or about the API (`serving.settings`).
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["ROOT", "Settings"]

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
    lake_url: str
    """UPSHELF_LAKE: root of the Delta tables, a folder (default ``<home>/lake``)."""
    store_url: str = field(repr=False)
    """UPSHELF_STORE_URL: SQLAlchemy URL of the operational store (default SQLite in ``<home>/store.db``)."""
    mlflow_url: str = field(repr=False)
    """UPSHELF_MLFLOW_URL: MLflow tracking and registry URI (default SQLite in ``<home>/mlflow/mlflow.db``)."""
    webhook: str | None = field(default=None, repr=False)
    """UPSHELF_WEBHOOK: address that is told of failed runs and checks, as JSON (default: nobody)."""
    pseudonym_key: str | None = field(default=None, repr=False)
    """UPSHELF_PSEUDONYM_KEY: secret by which exports hide ids of users where they are asked to (default: none)."""

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> "Settings":
        """Read the settings from ``env`` (default: the process's environment)."""
        env = os.environ if env is None else env
        home = Path(env.get("UPSHELF_HOME") or ROOT / "var").resolve()
        shop = Path(env.get("UPSHELF_SHOP") or ROOT / "shops" / "simulated").resolve()
        return cls(
            home=home,
            shop=shop / "shop.toml" if shop.is_dir() else shop,
            data=Path(env.get("UPSHELF_DATA") or ROOT.parent / "shared" / "data").resolve(),
            lake_url=env.get("UPSHELF_LAKE") or str(home / "lake"),
            store_url=env.get("UPSHELF_STORE_URL") or f"sqlite:///{home / 'store.db'}",
            mlflow_url=env.get("UPSHELF_MLFLOW_URL") or f"sqlite:///{home / 'mlflow' / 'mlflow.db'}",
            webhook=env.get("UPSHELF_WEBHOOK") or None,
            pseudonym_key=env.get("UPSHELF_PSEUDONYM_KEY") or None,
        )
