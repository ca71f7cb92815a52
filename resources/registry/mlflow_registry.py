"""The registry of releases: MLflow runs, versions of one registered model, and the alias that serving follows.

A release is one run's artifacts and one version. Promoting it moves the alias ``champion``; a rollback moves it back.
Only what ``mlflow-skinny`` has is used, so serving needs no more.
"""

import logging
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, NamedTuple

from resources.registry.mlflow_database import create_database
from resources.settings import Settings
from resources.storage import is_remote

__all__ = ["CHAMPION", "PREVIOUS_TAG", "Known", "Registry", "RegistryError"]

CHAMPION = "champion"
_ARTIFACT_FOLDER = "release"
PREVIOUS_TAG = "previous_champion"
_ROLLED_BACK_TAG = "rolled_back"


class RegistryError(RuntimeError):
    """The registry has no such version or no champion."""


class Known(NamedTuple):
    """A version that has the content asked for."""

    version: str
    rolled_back: bool
    """Whether a rollback left that content, and it was not promoted since."""


class Registry:
    """Releases of one shop in MLflow; connects on first use."""

    def __init__(self, settings: Settings, shop: str) -> None:
        self._url = settings.mlflow_url
        self._artifacts = settings.artifacts_url
        self.model = f"upshelf-{shop}"
        self._connecting = Lock()
        self._connected: Any = None

    @property
    def client(self) -> Any:  # noqa: ANN401  # mlflow's client is untyped here
        """MLflow's client, connected by the first use."""
        with self._connecting:
            if self._connected is None:
                self._connected = self._connect()
            return self._connected

    def _connect(self) -> Any:  # noqa: ANN401
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
        import mlflow

        from resources.registry.bucket_artifacts import use_bucket_artifacts

        # Both report every step of a new database at level INFO.
        for name in ("alembic", "mlflow.store.db.utils"):
            logging.getLogger(name).setLevel(logging.WARNING)
        create_database(self._url)
        use_bucket_artifacts()
        mlflow.set_registry_uri(self._url)
        return mlflow.MlflowClient(self._url, self._url)

    def log_run(
        self,
        name: str,
        *,
        parameters: Mapping[str, Any],
        metrics: Mapping[str, float | Sequence[float]],
        folder: Path,
    ) -> str:
        """Log one run with its figures and the files of ``folder``; returns the run's id.

        A sequence of figures, such as one a fold, is logged as the steps 0, 1, … of one metric.
        """
        from mlflow.entities import Metric, Param

        client = self.client
        run = client.create_run(self._experiment(), run_name=name)
        run_id = str(run.info.run_id)
        at = int(time.time() * 1_000)
        client.log_batch(
            run_id,
            params=[Param(key, str(value)[:500]) for key, value in parameters.items()],
            metrics=[
                Metric(key, float(figure), at, step)
                for key, figures in metrics.items()
                for step, figure in enumerate(figures if isinstance(figures, Sequence) else (figures,))
            ],
        )
        client.log_artifacts(run_id, str(folder), _ARTIFACT_FOLDER)
        client.set_terminated(run_id)
        return run_id

    def _experiment(self) -> str:
        """Id of the experiment whose runs keep their files where the settings say; made by the first use.

        Its place cannot be changed, so what is kept in a bucket has an experiment of its own, named after it.
        """
        stored = is_remote(self._artifacts)
        name = f"{self.model} in {self._artifacts}" if stored else self.model
        # Not when connecting: whoever only reads may have a home that cannot be written to.
        if not stored:
            Path(self._artifacts).mkdir(parents=True, exist_ok=True)
        if experiment := self.client.get_experiment_by_name(name):
            return str(experiment.experiment_id)
        location = self._artifacts if stored else Path(self._artifacts).absolute().as_uri()
        return str(self.client.create_experiment(name, artifact_location=location))

    def register(self, run_id: str, tags: Mapping[str, str]) -> str:
        """Make the files of a run a new version; returns its number. ``tags`` hold what lists show of it."""
        from mlflow.exceptions import MlflowException

        try:
            self.client.get_registered_model(self.model)
        except MlflowException:
            self.client.create_registered_model(self.model)
        source = f"{self.client.get_run(run_id).info.artifact_uri}/{_ARTIFACT_FOLDER}"
        version = self.client.create_model_version(self.model, source, run_id=run_id, tags=dict(tags))
        return str(version.version)

    def tag(self, version: str, tags: Mapping[str, str]) -> None:
        """Add tags to a version."""
        for key, value in tags.items():
            self.client.set_model_version_tag(self.model, version, key, value[:5_000])

    def champion_version(self) -> str | None:
        """Number of the version that serving follows; none before the first promotion."""
        from mlflow.exceptions import MlflowException

        try:
            return str(self.client.get_model_version_by_alias(self.model, CHAMPION).version)
        except MlflowException as error:
            if error.error_code in ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"):
                return None
            raise

    def versions(self) -> Sequence[tuple[str, Mapping[str, str]]]:
        """Number and tags of every version, oldest first."""
        found = self.client.search_model_versions(f"name = '{self.model}'")
        return sorted(((str(v.version), dict(v.tags)) for v in found), key=lambda pair: int(pair[0]))

    def registered_at(self, version: str) -> datetime:
        """When ``version`` was registered (UTC)."""
        created = self.client.get_model_version(self.model, version).creation_timestamp
        return datetime.fromtimestamp(created / 1_000, tz=UTC)

    def promote(self, version: str) -> None:
        """Move the alias to ``version``; the version it left is kept as the one a rollback returns to."""
        previous = self.champion_version()
        if previous == version:
            return
        if previous is not None:
            self.tag(version, {PREVIOUS_TAG: previous})
        self.client.set_registered_model_alias(self.model, CHAMPION, version)
        self.tag(version, {_ROLLED_BACK_TAG: "no"})

    def known(self, release: str) -> Known | None:
        """The newest version with the content ``release`` (its tag) and its files, if there is one."""
        found = [(version, tags) for version, tags in self.versions() if tags.get("release") == release]
        if not found or not self._has_files(found[-1][0]):
            return None
        rolled_back = any(tags.get(_ROLLED_BACK_TAG) == "yes" for _, tags in found)
        return Known(found[-1][0], rolled_back)

    def _has_files(self, version: str) -> bool:
        """Whether the artifacts of ``version`` are still there."""
        import mlflow.artifacts

        source = self.client.get_model_version_download_uri(self.model, version)
        return bool(mlflow.artifacts.list_artifacts(artifact_uri=source, tracking_uri=self._url))

    def rollback_target(self, version: str | None = None) -> str:
        """Where a rollback goes: ``version``, by default the one that the champion replaced.

        Raises:
            RegistryError: If there is no champion, it replaced none, or there is no such version.
        """
        current, known = self.champion_version(), dict(self.versions())
        if current is None:
            raise RegistryError(f"{self.model} has no champion, so there is nothing to roll back.")
        target = version or known[current].get(PREVIOUS_TAG)
        if target is None:
            raise RegistryError(f"version {current} of {self.model} replaced no other, so there is none to go back to.")
        if target not in known:
            raise RegistryError(f"{self.model} has no version {target}; there are {', '.join(known)}.")
        return target

    def rollback(self, version: str | None = None) -> tuple[str, str]:
        """Move the alias to the `rollback_target` of ``version``; returns (left, followed).

        Whether this code can serve it is not asked here (`serving.release.rollback`). The version left is marked, so
        that a re-run of its day does not bring it back (`known`).

        Raises:
            RegistryError: If there is no champion, it replaced none, or there is no such version.
        """
        target, current = self.rollback_target(version), str(self.champion_version())
        if target != current:
            self.client.set_registered_model_alias(self.model, CHAMPION, target)
            self.tag(current, {_ROLLED_BACK_TAG: "yes"})
            self.tag(target, {_ROLLED_BACK_TAG: "no"})
        return current, target

    def needed(self) -> dict[str, str]:
        """Versions that must stay → why: those that an alias names, and the one that a rollback goes to."""
        from mlflow.exceptions import MlflowException

        try:
            aliases = self.client.get_registered_model(self.model).aliases
        except MlflowException:  # nothing has been registered
            return {}
        named = {str(version): alias for alias, version in aliases.items()}
        current, known = self.champion_version(), dict(self.versions())
        previous = None if current is None else known[current].get(PREVIOUS_TAG)
        # What a champion replaced long ago may have been deleted since.
        return ({previous: "where a rollback goes"} if previous in known else {}) | named

    def read_text(self, version: str, file: str) -> str:
        """A small text file of ``version``.

        Raises:
            RegistryError: If it is gone.
        """
        with tempfile.TemporaryDirectory() as scratch:
            return self.fetch(version, Path(scratch) / "text", file).read_text(encoding="utf-8")

    def size(self, version: str) -> int:
        """Bytes of the files of ``version``."""
        repository, folders, total = self.repository(version), [""], 0
        while folders:
            for file in repository.list_artifacts(folders.pop() or None):
                if file.is_dir:
                    folders.append(file.path)
                else:
                    total += int(file.file_size or 0)
        return total

    def remove(self, version: str) -> None:
        """Delete ``version`` with its files; the run that it came from keeps its figures.

        The files go first: what a kill leaves is a version without files, which is removed the next time.

        Raises:
            RegistryError: If it is one of the `needed`.
        """
        if why := self.needed().get(version):
            raise RegistryError(f"version {version} of {self.model} is not deleted: it is {why}.")
        self.repository(version).delete_artifacts()
        self.client.delete_model_version(self.model, version)

    def repository(self, version: str) -> Any:  # noqa: ANN401  # mlflow's client is untyped here
        """MLflow's access to the files of ``version``."""
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        source = self.client.get_model_version_download_uri(self.model, version)
        return get_artifact_repository(source, tracking_uri=self._url)

    def fetch(self, version: str, into: Path, file: str = "") -> Path:
        """Copy the files of ``version``, or one ``file`` of them, to ``into``, whole or not at all; returns ``into``.

        An existing ``into`` is replaced. The copy is not verified here (`assets.models.manifest.verify`).

        Raises:
            RegistryError: If its files are gone.
        """
        import mlflow.artifacts
        from mlflow.exceptions import MlflowException

        source = self.client.get_model_version_download_uri(self.model, version)
        into.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=into.parent, prefix=f".{into.name}-") as scratch:
            # Without dst_path a file URI yields the original folder, not a copy.
            try:
                copied = mlflow.artifacts.download_artifacts(
                    artifact_uri=f"{source}/{file}".rstrip("/"), dst_path=scratch, tracking_uri=self._url
                )
            except (OSError, MlflowException) as error:
                raise RegistryError(
                    f"{file or 'the files'} of version {version} of {self.model} cannot be had: {error}"
                ) from error
            shutil.rmtree(into, ignore_errors=True)
            os.replace(copied, into)
        return into
