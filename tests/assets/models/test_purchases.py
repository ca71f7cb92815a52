"""What users bought."""

from pathlib import Path

import numpy as np
import pytest

from assets.models.purchases import Purchases


def test_each_user_has_what_was_bought_once(tmp_path: Path) -> None:
    """Repeats and unknown products do not count; rows in any order give the same files."""
    users = ["ann", "bob", "ann", "ann", "cyd"]
    items = np.array([3, 1, 0, 3, -1])
    model = Purchases.fit(users, items, 4)
    assert [model.items(user).tolist() for user in ("ann", "bob", "cyd", "dan")] == [[0, 3], [1], [], []]
    assert len(model) == 2
    for name, order in (("one", [0, 1, 2, 3, 4]), ("other", [4, 2, 1, 3, 0])):
        (tmp_path / name).mkdir()
        Purchases.fit([users[i] for i in order], items[order], 4).save(tmp_path / name)
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "other" / file.name).read_bytes()
    assert Purchases.load(tmp_path / "one").items("ann").tolist() == [0, 3]


def test_items_must_be_of_the_catalogue() -> None:
    """Position 4 of four products, and rows without a user."""
    with pytest.raises(ValueError, match="positions run from 0 to 3"):
        Purchases.fit(["ann"], np.array([4]), 4)
    with pytest.raises(ValueError, match="2 and 1 rows"):
        Purchases.fit(["ann", "bob"], np.array([1]), 4)
