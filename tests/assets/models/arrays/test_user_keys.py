"""Keys of user ids are stable and found again."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from assets.models.arrays.user_keys import find_key, user_key, user_keys

KEY_OF_42 = 8820412187630416983


def test_known_value() -> None:
    """The key is part of the file format: blake2b-64 of '42', little-endian, never changes."""
    assert user_key("42") == KEY_OF_42
    assert user_keys(["42", "42"]).tolist() == [KEY_OF_42] * 2
    assert user_keys([]).dtype == np.uint64


@given(st.lists(st.text(st.characters(codec=None)), unique=True, max_size=20))
def test_every_id_is_found(ids: list[str]) -> None:
    """Also empty ids and lone surrogates; strangers are -1."""
    keys = np.sort(user_keys(ids))
    for user_id in ids:
        assert keys[find_key(keys, user_id)] == user_key(user_id)
    assert find_key(keys, "someone else entirely") == -1
