"""Arrays as files."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.arrays.files import load_arrays, load_mapped, save_arrays


def test_arrays_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    """With their types, read-only and as plain arrays."""
    save_arrays(tmp_path, ends=np.array([0, 2]), items=np.array([7, 9], dtype=np.int32))
    items, ends = load_arrays(tmp_path, "items", "ends")
    assert items.tolist() == [7, 9]
    assert items.dtype == np.int32
    assert ends.tolist() == [0, 2]
    assert type(items) is np.ndarray
    assert not items.flags.writeable


def test_pickled_arrays_are_refused(tmp_path: Path) -> None:
    """A release may come from elsewhere: no code of it is run."""
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        load_mapped(tmp_path / "objects.npy")
