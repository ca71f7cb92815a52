"""Likeness by hand."""

import numpy as np

from assets.models.products.item_values import ItemValues
from assets.models.rules.diversity import CategoryLikeness, VectorLikeness


def test_by_vectors() -> None:
    """The cosine of unit rows."""
    vectors = np.array([[1, 0], [0, 1], [0.6, 0.8]], dtype=np.float32)
    to = VectorLikeness(vectors).among(np.array([0, 1, 2], dtype=np.int32))
    np.testing.assert_allclose(to(2), [0.6, 0.8, 1], rtol=1e-6)


def test_by_categories() -> None:
    """Item 0 has a and b, 1 has b and c, 2 has none: one shared of three, and 0 where either has none."""
    categories = ItemValues.of_pairs(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 2]), 3, 3)
    to = CategoryLikeness(categories).among(np.array([0, 1, 2], dtype=np.int32))
    np.testing.assert_allclose(to(0), [1, 1 / 3, 0], rtol=1e-6)
    assert to(2).tolist() == [0, 0, 0]
