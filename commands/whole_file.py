"""Files that are there whole or not at all."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["replaced_when_whole"]


@contextmanager
def replaced_when_whole(output: Path) -> Iterator[Path]:
    """Another file beside ``output``, which takes its place at the end if nothing is raised."""
    handle, name = tempfile.mkstemp(dir=output.absolute().parent, prefix=f".{output.name}-")
    os.close(handle)
    try:
        yield Path(name)
        os.chmod(name, 0o644)  # as any file that a program writes; mkstemp's are its owner's alone
        os.replace(name, output)
    finally:
        Path(name).unlink(missing_ok=True)
