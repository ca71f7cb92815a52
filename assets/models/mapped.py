"""Arrays on disk, read where they lie: a release of gigabytes loads at once and its pages are shared by processes."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["load_mapped"]


def load_mapped(path: Path) -> NDArray[Any]:
    """A read-only memory-mapped view of an npy file as a plain ndarray.

    A plain view, because ``np.memmap`` pays for its subclass at every slice. Pickled arrays are refused by numpy.
    """
    return np.asarray(np.load(path, mmap_mode="r"))
