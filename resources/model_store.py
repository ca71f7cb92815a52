"""Folders of fitted models between assets: one folder an asset and day, written whole or not at all."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["ModelStore", "Unavailable"]

_REASON_FILE = "unavailable.json"


class Unavailable(Exception):  # noqa: N818  # a state that is reported, not an error
    """What an asset would be made of is not there; the message is the reason that users read."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        """Give the reason.

        Args:
            reason: In words.
            expected: Whether it is right that there is none, such as of a model that lost its trial: a release that
                lacks it is no worse.
        """
        super().__init__(reason)
        self.expected = expected


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
        fresh = target.with_name(f".{day}.new")
        stale = target.with_name(f".{day}.old")
        if stale.exists() and not target.exists():
            # A kill between the two renames below.
            os.replace(stale, target)
        for leftover in (fresh, stale):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh.mkdir(parents=True)
        yield fresh
        if target.exists():
            os.replace(target, stale)
        os.replace(fresh, target)
        shutil.rmtree(stale, ignore_errors=True)

    def days(self) -> dict[str, list[Path]]:
        """Day → the folders of all assets that have one as of it, in the order of days."""
        found: dict[str, list[Path]] = {}
        for folder in sorted(self._root.glob("*/*")):
            if folder.is_dir() and not folder.name.startswith("."):
                found.setdefault(folder.name, []).append(folder)
        return dict(sorted(found.items()))

    def remove(self, day: str) -> None:
        """Delete every asset's folder as of ``day``; a kill leaves a folder whole or no folder, never a half."""
        for leftover in self._root.glob("*/.*.gone"):
            shutil.rmtree(leftover)
        for folder in self.days().get(day, []):
            gone = folder.with_name(f".{day}.gone")
            os.replace(folder, gone)
            shutil.rmtree(gone)

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
        if (reason := self.unavailable(asset, day)) is not None:
            raise reason
        return self.path(asset, day)

    def unavailable(self, asset: str, day: str) -> Unavailable | None:
        """The recorded reason why ``asset`` cannot be had, or none if it is there.

        Raises:
            FileNotFoundError: If neither the model nor a reason has been written.
        """
        folder = self.path(asset, day)
        if not folder.exists():
            raise FileNotFoundError(f"{asset} as of {day} has not been materialised. Materialise it first.")
        recorded = folder / _REASON_FILE
        return Unavailable(**json.loads(recorded.read_text(encoding="utf-8"))) if recorded.exists() else None
