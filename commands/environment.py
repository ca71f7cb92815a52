"""The environment of the commands: what the Makefile, a shell and a scheduler all get alike.

What belongs here: defaults of variables that other packages read. They are set before those are imported.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from resources.settings import Settings

__all__ = ["instance_home", "prepare"]

_DEFAULTS = {
    # Waiting threads would otherwise spin on busy cores; models are never fetched at run time.
    "OMP_WAIT_POLICY": "passive",
    "HF_HUB_OFFLINE": "1",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    # The run's events are written to the instance in batches: a run over many days has thousands.
    "DAGSTER_EVENT_BATCH_SIZE": "200",
    # A run over years of days plans them as one range, not one event each.
    "DAGSTER_EMIT_PARTITION_SUBSET_IN_PLANNED_EVENTS": "true",
}

_IN_SQLITE = "storage:\n  sqlite:\n    base_dir: var/dagster\n"
_IN_POSTGRES = "storage:\n  postgres:\n    postgres_url:\n      env: DAGSTER_POSTGRES_URL\n"


def prepare() -> "Settings":
    """Set what is not set yet, for this process and those that it starts, and work from the checkout.

    Paths of the settings are made absolute before. Paths among a command's arguments are to be made so too.
    """
    from resources.settings import ROOT, Settings

    settings = Settings.from_env()
    os.environ |= {name: value for name, value in _DEFAULTS.items() if name not in os.environ}
    os.environ |= {
        "UPSHELF_HOME": str(settings.home),
        "UPSHELF_SHOP": str(settings.shop),
        "UPSHELF_DATA": str(settings.data),
        "UPSHELF_STORAGE": settings.storage_url,
        "UPSHELF_LAKE": settings.lake_url if "://" in settings.lake_url else str(Path(settings.lake_url).absolute()),
    }
    settings = Settings.from_env()
    settings.home.mkdir(parents=True, exist_ok=True)
    os.environ["DAGSTER_HOME"] = str(instance_home(settings))
    os.chdir(ROOT)
    return settings


def instance_home(settings: "Settings") -> Path:
    """Folder of the Dagster instance: DAGSTER_HOME if it is set, else that of UPSHELF_HOME.

    The checkout's ``dagster.yaml`` names folders below the default home; any other gets a copy that names its own. With
    DAGSTER_POSTGRES_URL there is a copy too, which keeps runs and events in that database.
    """
    from resources.settings import ROOT

    if given := os.environ.get("DAGSTER_HOME"):
        return Path(given).absolute()
    in_postgres = bool(os.environ.get("DAGSTER_POSTGRES_URL"))
    if settings.home == ROOT / "var" and not in_postgres:
        return ROOT
    folder = settings.home / "dagster"
    folder.mkdir(parents=True, exist_ok=True)
    text = (ROOT / "dagster.yaml").read_text(encoding="utf-8")
    if in_postgres:
        text = text.replace(_IN_SQLITE, _IN_POSTGRES)
    (folder / "dagster.yaml").write_text(text.replace("var/dagster", str(folder)), encoding="utf-8")
    return folder
