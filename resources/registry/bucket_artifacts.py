"""MLflow's access to files of runs in buckets, by the client that the tables and models use too.

MLflow's own would need a package for each cloud. What belongs here: what MLflow asks of such an access, and no more.
"""

from pathlib import Path, PurePosixPath
from typing import Any

from resources.storage import SCHEMES, Objects

__all__ = ["use_bucket_artifacts"]


def use_bucket_artifacts() -> None:
    """Let MLflow reach files in buckets by `BucketArtifacts`, in this process."""
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.store.artifact.artifact_repository_registry import get_registered_artifact_repositories

    access = type("BucketArtifactRepository", (BucketArtifacts, ArtifactRepository), {})
    get_registered_artifact_repositories().update(dict.fromkeys(SCHEMES, access))


class BucketArtifacts:
    """Files below the address of a run or a version; paths are relative to it. MLflow's own class adds the rest."""

    def __init__(self, artifact_uri: str, *given: Any, **named: Any) -> None:  # noqa: ANN401  # mlflow's own
        super().__init__(artifact_uri, *given, **named)  # type: ignore[call-arg]  # that of MLflow's class
        self._objects = Objects(artifact_uri)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Write a file into the folder ``artifact_path``."""
        file = Path(local_file)
        self._objects.put_file(file, (PurePosixPath(artifact_path or "") / file.name).as_posix())

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Write what is below a folder into the folder ``artifact_path``."""
        self._objects.upload(Path(local_dir), artifact_path or "")

    def list_artifacts(self, path: str | None = None) -> list[Any]:
        """The files and folders in the folder ``path``, in order; none where it is a file, or there is no such."""
        from mlflow.entities import FileInfo

        folder, found = PurePosixPath(path or ""), {}
        for key, of in self._objects.list(path or "").items():
            within = PurePosixPath(key).relative_to(folder).parts
            if not within:
                continue
            name, is_dir = (folder / within[0]).as_posix(), len(within) > 1
            found[name] = FileInfo(name, is_dir, None if is_dir else of.size)
        return [found[name] for name in sorted(found)]

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self._objects.get_file(remote_file_path, Path(local_path))

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Delete the file or folder ``artifact_path``, or all there is."""
        if artifact_path:
            self._objects.delete([artifact_path])
        self._objects.delete_folder(artifact_path or "")
