"""Arrays as npy files, read where they lie: a release of gigabytes loads at once, its pages shared by processes."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["link_file", "load_arrays", "load_mapped", "save_arrays"]


def save_arrays(folder: Path, **arrays: NDArray[Any]) -> None:
    """Write each array as ``<name>.npy``."""
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array)


def load_arrays(folder: Path, *names: str) -> tuple[NDArray[Any], ...]:
    """Read the arrays of these names, each as `load_mapped` does."""
    return tuple(load_mapped(folder / f"{name}.npy") for name in names)


def load_mapped(path: Path) -> NDArray[Any]:
    """A read-only memory-mapped view of an npy file as a plain ndarray.

    A plain view, because ``np.memmap`` pays for its subclass at every slice. Pickled arrays cannot be mapped: numpy
    raises ValueError.
    """
    return np.asarray(np.load(path, mmap_mode="r"))


def link_file(source: str, target: str) -> None:
    """A second name of a file, whose pages are then in memory once; a copy where the file system has none.

    To be the ``copy_function`` of `shutil.copytree`.
    """
    with suppress(OSError):
        os.link(source, target)
        return
    shutil.copy2(source, target)
