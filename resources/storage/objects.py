"""The objects below one address of a bucket, by obstore.

What belongs here: single objects and whole folders of them, and errors in words. What does not: what is kept where.
Credentials come from the environment or the machine's own identity, as obstore, delta-rs and Polars find them alike;
none is ever read here, nor written into an error.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from resources.storage.address import checked_address

__all__ = ["REMEDY", "Objects", "StorageError", "Stored", "concise"]

_COLOURS = re.compile(r"\x1b\[\d*m")
_PARAMETERS = re.compile(r"(https?://[^\s?]+)\?\S*")
_DETAILS = re.compile(r"Debug source:|<\?xml")
REMEDY = "Check the bucket, its region and the credentials in the environment (docs/deploy.md)."
"""What to do about most errors of a bucket."""

_AT_ONCE = 8
"""Objects that are sent or fetched at the same time."""
_PARTS_AT_ONCE = 4
"""Parts of a large file, of 5 MB each, that are sent at the same time."""
_DELETED_AT_ONCE = 1_000
_LONGEST_REASON = 300

Given = TypeVar("Given")


class StorageError(OSError):
    """A bucket does not do as it is asked; the message has the address, what went wrong and the remedy."""


@dataclass(frozen=True, slots=True)
class Stored:
    """An object as a listing has it."""

    size: int
    """Bytes."""
    changed: datetime
    """When it was written (UTC)."""


class Objects:
    """Objects by their keys below ``url``; connects on first use."""

    def __init__(self, url: str) -> None:
        self.url = checked_address("the address", url)
        self._connected: Any = None

    @property
    def _store(self) -> Any:  # noqa: ANN401  # obstore's three classes of stores
        if self._connected is None:
            obstore = _obstore(self.url)
            with self._in_words(""):
                self._connected = obstore.store.from_url(self.url)
        return self._connected

    def read(self, key: str) -> tuple[bytes, Mapping[str, str]] | None:
        """What ``key`` holds, and the mark of that content for `replace`; none where there is no such object."""
        obstore = _obstore(self.url)
        with self._in_words(key):
            try:
                found = obstore.get(self._store, key)
                return bytes(found.bytes()), _mark(found.meta)
            except FileNotFoundError:
                return None

    def replace(self, key: str, content: bytes, was: Mapping[str, str] | None) -> bool:
        """Write ``key`` if it still has the content of the mark ``was`` (none: if it is not there); whether it did."""
        obstore = _obstore(self.url)
        taken = (obstore.exceptions.AlreadyExistsError, obstore.exceptions.PreconditionError)
        mode: Any = "create" if was is None else dict(was)
        with self._in_words(key):
            try:
                obstore.put(self._store, key, content, mode=mode)
            except taken:
                return False
        return True

    def list(self, prefix: str = "") -> dict[str, Stored]:
        """Every object in the folder ``prefix`` and those below: key below `url` → what a listing says of it."""
        obstore = _obstore(self.url)
        with self._in_words(prefix):
            found = [one for batch in obstore.list(self._store, prefix or None) for one in batch]
        return {one["path"]: Stored(int(one["size"]), one["last_modified"]) for one in found}

    def upload(self, folder: Path, prefix: str) -> dict[str, int]:
        """Write every file below ``folder`` to the same place below ``prefix``; returns their sizes."""
        files = {file.relative_to(folder).as_posix(): file for file in sorted(folder.rglob("*")) if file.is_file()}
        _all_of(lambda name: self.put_file(files[name], f"{prefix}/{name}".lstrip("/")), files)
        return {name: file.stat().st_size for name, file in files.items()}

    def download(self, prefix: str, sizes: Mapping[str, int], folder: Path) -> None:
        """Copy the files of these sizes below ``prefix`` to the same places below ``folder``.

        Raises:
            FileNotFoundError: If one is not there.
            StorageError: If one has another size, or the bucket does not answer.
        """
        _all_of(lambda name: self.get_file(f"{prefix}/{name}", folder / name), sizes)
        if wrong := [name for name, size in sizes.items() if (folder / name).stat().st_size != size]:
            raise StorageError(
                f"{self.url}/{prefix}/{wrong[0]} is not of {sizes[wrong[0]]:,} bytes, as it was written."
            )

    def put_file(self, file: Path, key: str) -> None:
        """Write a local file as the object ``key``, which is there whole or not at all."""
        obstore = _obstore(self.url)
        with self._in_words(key):
            obstore.put(self._store, key, file, max_concurrency=_PARTS_AT_ONCE)

    def get_file(self, key: str, into: Path) -> None:
        """Copy the object ``key`` to a local file, in chunks.

        Raises:
            FileNotFoundError: If there is no such object.
            StorageError: If the bucket does not answer.
        """
        into.parent.mkdir(parents=True, exist_ok=True)
        with into.open("wb") as local:
            for chunk in self.chunks(key):
                local.write(chunk)

    def chunks(self, key: str) -> Iterator[bytes]:
        """What ``key`` holds, a few megabytes at a time.

        Raises:
            FileNotFoundError: If there is no such object.
            StorageError: If the bucket does not answer.
        """
        obstore = _obstore(self.url)
        with self._in_words(key):
            yield from map(bytes, obstore.get(self._store, key).stream())

    def beginning(self, key: str, size: int) -> bytes:
        """The first ``size`` bytes of ``key``, or all that it has.

        Raises:
            FileNotFoundError: If there is no such object.
            StorageError: If the bucket does not answer.
        """
        obstore = _obstore(self.url)
        with self._in_words(key):
            length = min(size, obstore.head(self._store, key)["size"])
            return bytes(obstore.get_range(self._store, key, start=0, length=length)) if length else b""

    def stamp(self, key: str) -> Hashable:
        """What changes when the object ``key`` is written anew.

        Raises:
            FileNotFoundError: If there is no such object.
            StorageError: If the bucket does not answer.
        """
        obstore = _obstore(self.url)
        with self._in_words(key):
            meta = obstore.head(self._store, key)
        return meta["last_modified"], meta["size"], meta["e_tag"]

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects; one that is not there is not missed."""
        obstore = _obstore(self.url)
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            with self._in_words(keys[start]):
                obstore.delete(self._store, list(keys[start : start + _DELETED_AT_ONCE]))

    def delete_folder(self, prefix: str, *, unchanged_for: timedelta = timedelta(0)) -> bool:
        """Delete what is below ``prefix``, if nothing there was written within ``unchanged_for``; whether it did."""
        found = self.list(prefix)
        if any(of.changed > datetime.now(UTC) - unchanged_for for of in found.values()):
            return False
        self.delete(list(found))
        return True

    @contextmanager
    def _in_words(self, key: str) -> Iterator[None]:
        """Make `StorageError` of obstore's errors, which go on for pages; a missing object stays what it is."""
        failed = _obstore(self.url).exceptions.BaseError
        try:
            yield
        except FileNotFoundError:
            raise
        except (failed, ValueError) as error:
            address = f"{self.url}/{key}".rstrip("/")
            raise StorageError(f"{address} cannot be read or written: {concise(error)}. {REMEDY}") from None


def concise(error: Exception) -> str:
    """What went wrong with a bucket in one line, without the client's pages of details or parameters of URLs.

    These may hold a signature.
    """
    text = _PARAMETERS.sub(r"\1", _COLOURS.sub("", str(error)))
    code = re.search(r"<Code>(\w+)</Code>", text)
    kept = [line for line in _DETAILS.split(text)[0].splitlines() if not line.startswith(("Traceback", "  File"))]
    words = " ".join(" ".join(kept).replace("\u21b3", ":").split()).replace(" :", ":")
    return f"{words[:_LONGEST_REASON].rstrip(' .:')}{f' ({code[1]})' if code else ''}" or type(error).__name__


def _obstore(address: str) -> Any:  # noqa: ANN401  # a module that is not installed everywhere
    """The client of buckets, imported by the first use.

    Raises:
        StorageError: If it is not installed.
    """
    try:
        import obstore.store
    except ImportError as error:
        raise StorageError(f"{address} needs the package obstore: pip install 'upshelf[cloud]'.") from error
    return obstore


def _mark(meta: Mapping[str, Any]) -> dict[str, str]:
    """By what a bucket tells one content of an object from another: S3 and Azure by tag, Google by version."""
    return {name: str(meta[name]) for name in ("e_tag", "version") if meta.get(name)}


def _all_of(act: Callable[[Given], object], given: Iterable[Given]) -> None:
    """Call ``act`` for each, several at once; the first error is raised when those that run have ended."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        calls = [threads.submit(act, one) for one in given]
        try:
            for call in calls:
                call.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
