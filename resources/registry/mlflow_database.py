"""MLflow's SQLite database: made whole or not at all."""

import contextlib
import os
import tempfile
from pathlib import Path

__all__ = ["create_database"]

_SQLITE = "sqlite:///"


def create_database(url: str) -> None:
    """Make a new SQLite database whole or not at all: MLflow's migrations cannot go on from where a kill left them."""
    import mlflow

    if not url.startswith(_SQLITE) or (path := Path(url.removeprefix(_SQLITE))).exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}-") as scratch:
        fresh = Path(scratch) / path.name
        mlflow.MlflowClient(f"{_SQLITE}{fresh}", f"{_SQLITE}{fresh}").search_experiments(max_results=1)
        # A link, unlike a rename, leaves the database of another process that was quicker.
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
