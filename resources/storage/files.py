"""Single files by their addresses: paths of this machine, or URLs of objects in buckets."""

import os
import tempfile
from collections.abc import Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from resources.storage.address import in_bucket, is_remote
from resources.storage.objects import Objects

__all__ = ["beginning", "chunks", "present_sizes", "replaced_when_whole", "stamp"]

_CHUNK = 1_000_000


def chunks(file: str) -> Iterator[bytes]:
    """The bytes of ``file``, up to a few megabytes at a time.

    Raises:
        OSError: If it is not there, or cannot be read.
    """
    if in_bucket(file):
        objects, key = _object(file)
        yield from objects.chunks(key)
        return
    with open(file, "rb") as stored:
        while chunk := stored.read(_CHUNK):
            yield chunk


def beginning(file: str, size: int) -> bytes:
    """The first ``size`` bytes of ``file``, or all that it has.

    Raises:
        OSError: If it is not there, or cannot be read.
    """
    if in_bucket(file):
        objects, key = _object(file)
        return objects.beginning(key, size)
    with open(file, "rb") as stored:
        return stored.read(size)


def stamp(file: str) -> Hashable:
    """What changes when ``file`` is written anew; none where it is not there."""
    try:
        if in_bucket(file):
            objects, key = _object(file)
            return objects.stamp(key)
        found = Path(file).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size


@contextmanager
def replaced_when_whole(file: str) -> Iterator[Path]:
    """Another file of this machine, which takes the place of ``file`` at the end if nothing is raised.

    Raises:
        OSError: If it cannot be written.
    """
    if in_bucket(file):
        with tempfile.TemporaryDirectory() as scratch:
            yield Path(scratch, "file")
            objects, key = _object(file)
            objects.put_file(Path(scratch, "file"), key)
        return
    target = Path(file).absolute()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)  # as any file that a program writes; mkstemp's are its owner's alone
        os.replace(name, target)
    finally:
        Path(name).unlink(missing_ok=True)


def present_sizes(files: Sequence[str], below: str) -> dict[str, int]:
    """Those of ``files``, all below the address ``below``, that are there → their bytes."""
    if not is_remote(below):
        return {file: Path(file).stat().st_size for file in files if Path(file).exists()}
    stored = Objects(below).list() if files else {}
    sizes = {f"{below}/{key}": of.size for key, of in stored.items()}
    return {file: sizes[file] for file in files if file in sizes}


def _object(file: str) -> tuple[Objects, str]:
    """The bucket of a URL, and the key in it."""
    scheme, _, rest = file.partition("://")
    bucket, _, key = rest.partition("/")
    return Objects(f"{scheme}://{bucket}"), key
