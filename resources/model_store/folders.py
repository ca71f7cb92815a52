"""Folders of fitted models between assets: one folder an asset and day, written whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from resources.model_store.unavailable import Unavailable

__all__ = ["ModelStore"]

_REASON_FILE = "unavailable.json"


class ModelStore:
    """Model folders below ``root``: ``<root>/<asset>/<day>/``."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def path(self, asset: str, day: str) -> Path:
        """Folder of ``asset`` as of ``day``; it may not exist."""
        return self._root / asset / day

    @contextmanager
    def writing(self, asset: str, day: str) -> Iterator[Path]:
        """Yield an empty folder that takes the asset's place when the block ends without an error.

        A killed or failed writer leaves the previous folder in place; its leftovers are removed by the next writer.
        """
        target = self.path(asset, day)
        fresh, stale = _settled(target)
        fresh.mkdir(parents=True)
        yield fresh
        if target.exists():
            os.replace(target, stale)
        os.replace(fresh, target)
        shutil.rmtree(stale, ignore_errors=True)

    def days(self) -> dict[str, list[str]]:
        """Day → the assets that have a folder as of it, both in order."""
        found: dict[str, list[str]] = {}
        for folder in sorted(self._root.glob("*/*")):
            if folder.is_dir() and not folder.name.startswith("."):
                found.setdefault(folder.name, []).append(folder.parent.name)
        return dict(sorted(found.items()))

    def sizes(self) -> dict[str, int]:
        """Day → the bytes of the folders of all assets as of it."""
        return {
            day: sum(file.stat().st_size for name in assets for file in _files(self._root / name / day))
            for day, assets in self.days().items()
        }

    def remove(self, day: str) -> None:
        """Delete every asset's folder as of ``day``; a kill leaves a folder whole or no folder, never a half."""
        for asset in self.days().get(day, []):
            folder = self._root / asset / day
            gone = folder.with_name(f".{day}.gone")
            os.replace(folder, gone)
            shutil.rmtree(gone)

    def clear_leftovers(self) -> None:
        """Delete what killed writers and deletions left; nothing may be written meanwhile."""
        for gone in self._root.glob("*/.*.gone"):
            shutil.rmtree(gone)
        for left in [*self._root.glob("*/.*.new"), *self._root.glob("*/.*.old")]:
            _settled(left.with_name(left.stem.removeprefix(".")))

    def mark_unavailable(self, asset: str, day: str, reason: Unavailable) -> None:
        """Record why ``asset`` cannot be had as of ``day``, in place of the model."""
        with self.writing(asset, day) as folder:
            body = {"reason": str(reason), "expected": reason.expected}
            (folder / _REASON_FILE).write_text(json.dumps(body), encoding="utf-8")

    def require(self, asset: str, day: str) -> Path:
        """Folder of ``asset`` as of ``day``.

        Raises:
            Unavailable: With the recorded reason, if it cannot be had.
            FileNotFoundError: If it has not been materialised.
        """
        folder = self._materialised(asset, day)
        if (reason := _recorded_reason(folder)) is not None:
            raise reason
        return folder

    def unavailable(self, asset: str, day: str) -> Unavailable | None:
        """The recorded reason why ``asset`` cannot be had, or none if it is there.

        Raises:
            FileNotFoundError: If neither the model nor a reason has been written.
        """
        return _recorded_reason(self._materialised(asset, day))

    def _materialised(self, asset: str, day: str) -> Path:
        """Folder of a model or of a reason; `path` is asked once, as each time may be a request to a bucket."""
        folder = self.path(asset, day)
        if not folder.exists():
            raise FileNotFoundError(f"{asset} as of {day} has not been materialised. Materialise it first.")
        return folder


def _recorded_reason(folder: Path) -> Unavailable | None:
    recorded = folder / _REASON_FILE
    return Unavailable(**json.loads(recorded.read_text(encoding="utf-8"))) if recorded.exists() else None


def _settled(target: Path) -> tuple[Path, Path]:
    """Mend what a killed writer of ``target`` left; returns where to write, and where the former folder goes."""
    fresh, stale = target.with_name(f".{target.name}.new"), target.with_name(f".{target.name}.old")
    if stale.exists() and not target.exists():  # a kill between the two renames
        os.replace(stale, target)
    for leftover in (fresh, stale):
        shutil.rmtree(leftover, ignore_errors=True)
    return fresh, stale


def _files(folder: Path) -> Iterator[Path]:
    return (file for file in folder.rglob("*") if file.is_file())
