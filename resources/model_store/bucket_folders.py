"""Folders of fitted models in a bucket, each whole or not at all, with copies on this machine.

A folder is written under a name of its own, ``folders/<asset>/<day>/<name>/``, and then named by a small object, its
pointer ``current/<asset>/<day>.json``; readers follow the pointer. So a killed writer leaves nothing that is seen, and
of two writers one comes after the other. What belongs here: that protocol. What does not: single objects
(`resources.storage`).
"""

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from resources.model_store.folders import ModelStore
from resources.settings import Settings
from resources.storage import Objects, StorageError, is_remote

__all__ = ["BucketModelStore", "open_models"]

_POINTERS, _FOLDERS = "current", "folders"
_ABANDONED = timedelta(hours=1)
"""Age of the files of a folder that no pointer names above which no writer is at work on it."""
_TRIES = 5


class _Pointer(NamedTuple):
    """What names the current folder of an asset and day."""

    folder: str
    files: Mapping[str, int]
    """File below the folder → its bytes."""
    mark: Mapping[str, str]
    """Of this content of the pointer, for `Objects.replace`."""


def open_models(settings: Settings) -> ModelStore:
    """The model store of an installation: below a folder, or in a bucket with copies below the home."""
    if is_remote(settings.models_url):
        return BucketModelStore(settings.models_url, settings.home / "cache" / "models")
    return ModelStore(Path(settings.models_url))


class BucketModelStore(ModelStore):
    """Model folders in the bucket at ``url``; those that were read or written here have a copy below ``cache``.

    A folder of this machine is given for each, as `ModelStore` does, so that files can be mapped into memory.
    """

    def __init__(self, url: str, cache: Path) -> None:
        super().__init__(cache)
        self._objects = Objects(url)

    def path(self, asset: str, day: str) -> Path:
        """Copy of the folder of ``asset`` as of ``day``, whole; it may not exist.

        Raises:
            StorageError: If the bucket does not answer, or a file that the pointer names is missing.
        """
        for _ in range(_TRIES):
            pointer = self._pointer(asset, day)
            if pointer is None:
                return self._root / asset / day / "none"
            name = pointer.folder
            copy = self._root / asset / day / name
            if copy.is_dir():
                return copy
            fresh = copy.with_name(f".{uuid.uuid4().hex}.copy")
            fresh.mkdir(parents=True)
            try:
                self._objects.download(f"{_FOLDERS}/{asset}/{day}/{name}", pointer.files, fresh)
            except FileNotFoundError:  # another folder has taken its place meanwhile, and the pointer says so
                shutil.rmtree(fresh)
                continue
            try:
                os.replace(fresh, copy)
            except OSError:
                if not copy.is_dir():  # it would be if another process of this machine was faster
                    raise
            shutil.rmtree(fresh, ignore_errors=True)
            self._keep_copy(asset, day, name)
            return copy
        raise StorageError(f"files of {asset} as of {day} below {self._objects.url} are missing: materialise it again.")

    @contextmanager
    def writing(self, asset: str, day: str) -> Iterator[Path]:
        """Yield an empty folder; when the block ends without an error it is uploaded, and then named by the pointer.

        Raises:
            StorageError: If the bucket does not answer; readers then have the previous folder.
        """
        name = uuid.uuid4().hex
        fresh = self._root / asset / day / f".{name}.new"
        for leftover in fresh.parent.glob(".*.new"):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        files = self._objects.upload(fresh, f"{_FOLDERS}/{asset}/{day}/{name}")
        before = self._publish(asset, day, name, files)
        os.replace(fresh, fresh.with_name(name))
        self._keep_copy(asset, day, name)
        if before is not None:
            self._objects.delete_folder(f"{_FOLDERS}/{asset}/{day}/{before}")
        self._delete_unnamed(f"{_FOLDERS}/{asset}/{day}", unchanged_for=_ABANDONED)

    def days(self) -> dict[str, list[str]]:
        """Day → the assets that have a folder as of it, both in order."""
        found: dict[str, list[str]] = {}
        for key in sorted(self._objects.list(_POINTERS)):
            _, asset, file = key.split("/")
            found.setdefault(file.removesuffix(".json"), []).append(asset)
        return dict(sorted(found.items()))

    def sizes(self) -> dict[str, int]:
        """Day → the bytes of the folders of all assets as of it, in the bucket."""
        sizes = dict.fromkeys(self.days(), 0)
        for key, of in self._objects.list(_FOLDERS).items():
            day = key.split("/")[2]
            if day in sizes:
                sizes[day] += of.size
        return sizes

    def remove(self, day: str) -> None:
        """Delete every asset's folder as of ``day``; a kill leaves a folder whole or no folder, never a half."""
        for asset in self.days().get(day, []):
            self._objects.delete([_pointer_key(asset, day)])
            self._objects.delete_folder(f"{_FOLDERS}/{asset}/{day}")
            shutil.rmtree(self._root / asset / day, ignore_errors=True)

    def clear_leftovers(self) -> None:
        """Delete what killed writers and deletions left in the bucket, and copies on this machine that are not current.

        Nothing may be written meanwhile.
        """
        self._delete_unnamed(_FOLDERS, unchanged_for=timedelta(0))
        known = self.days()
        for left in list(self._root.glob("*/*/.*")):
            shutil.rmtree(left)
        for folder in list(self._root.glob("*/*")):
            asset, day = folder.parent.name, folder.name
            pointer = self._pointer(asset, day) if asset in known.get(day, []) else None
            if pointer is None:
                shutil.rmtree(folder, ignore_errors=True)
            else:
                self._keep_copy(asset, day, pointer.folder)

    def _publish(self, asset: str, day: str, name: str, files: Mapping[str, int]) -> str | None:
        """Let the pointer name the folder ``name``; returns the name that it had before, whose folder is not needed."""
        body = json.dumps({"folder": name, "files": files}).encode()
        while True:
            before = self._pointer(asset, day)
            if before is not None and before.folder == name:  # written, but the answer was lost and the call repeated
                return None
            if self._objects.replace(_pointer_key(asset, day), body, before.mark if before else None):
                return before.folder if before else None

    def _pointer(self, asset: str, day: str) -> _Pointer | None:
        """What the pointer says; none where there is none."""
        found = self._objects.read(_pointer_key(asset, day))
        if found is None:
            return None
        said = json.loads(found[0])
        return _Pointer(str(said["folder"]), dict(said["files"]), found[1])

    def _delete_unnamed(self, below: str, *, unchanged_for: timedelta) -> None:
        """Delete the folders ``below`` that no pointer names, if they were left so long ago."""
        named: dict[tuple[str, str], str | None] = {}
        for asset, day, name in sorted({tuple(key.split("/")[1:4]) for key in self._objects.list(below)}):
            if (asset, day) not in named:
                pointer = self._pointer(asset, day)
                named[asset, day] = pointer.folder if pointer else None
            if name != named[asset, day]:
                self._objects.delete_folder(f"{_FOLDERS}/{asset}/{day}/{name}", unchanged_for=unchanged_for)

    def _keep_copy(self, asset: str, day: str, name: str) -> None:
        """Of the copies of one folder on this machine, keep that of ``name`` alone, and those that are being made."""
        for copy in (self._root / asset / day).iterdir():
            if copy.name != name and not copy.name.startswith("."):
                shutil.rmtree(copy, ignore_errors=True)


def _pointer_key(asset: str, day: str) -> str:
    return f"{_POINTERS}/{asset}/{day}.json"
