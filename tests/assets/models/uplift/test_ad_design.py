"""The design matrix by hand: levels, attributes, missing values, round trips."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assets.models.uplift.ad_design import MIN_LEVEL_ROWS, AdDesign
from resources.tables import USER_FEATURES

ROWS = 2 * MIN_LEVEL_ROWS + 2
ATTRIBUTE = {
    "numeric": pl.List(pl.Struct({"name": pl.String, "value": pl.Float64})),
    "categorical": pl.List(pl.Struct({"name": pl.String, "value": pl.String})),
}


def small_frame() -> pl.DataFrame:
    """62 users: 31 of channel web, 30 of channel shop, one of channel fax; every second one has an age."""
    channel = ["web"] * 31 + ["shop"] * 30 + ["fax"]
    return pl.DataFrame(
        {
            "views_7d": [None, *map(float, range(ROWS - 1))],
            "orders_in_history": [1.0] * ROWS,
            "numeric": [[{"name": "age", "value": float(row)}] if row % 2 else [] for row in range(ROWS)],
            "categorical": [[{"name": "channel", "value": value}] for value in channel],
        },
        schema_overrides=ATTRIBUTE,
    )


def test_columns_by_hand() -> None:
    """Constant columns and rare levels get none; levels come by frequency."""
    design = AdDesign.fit(small_frame(), USER_FEATURES)
    assert design.names == ["views_7d", "age", "channel=web", "channel=shop"]
    matrix = design.matrix(small_frame())
    np.testing.assert_array_equal(matrix[0], [np.nan, np.nan, 1, 0])
    np.testing.assert_array_equal(matrix[1], [0, 1, 1, 0])
    np.testing.assert_array_equal(matrix[31], [30, 31, 0, 1])
    np.testing.assert_array_equal(matrix[61], [60, 61, 0, 0])
    infinite = small_frame().with_columns(views_7d=float("inf"))
    assert np.isnan(design.matrix(infinite)[:, 0]).all()


def test_new_levels_names_and_empty_lists() -> None:
    """What was not seen in the fit has no column and breaks nothing; a later duplicate wins."""
    design = AdDesign.fit(small_frame(), USER_FEATURES)
    frame = pl.DataFrame(
        {
            "views_7d": [2.0, None],
            "numeric": [[{"name": "age", "value": 1.0}, {"name": "age", "value": 2.0}], None],
            "categorical": [[{"name": "channel", "value": "moon"}, {"name": "mood", "value": "web"}], []],
        },
        schema_overrides=ATTRIBUTE,
    )
    np.testing.assert_array_equal(design.matrix(frame), [[2, 2, 0, 0], [np.nan, np.nan, 0, 0]])
    np.testing.assert_array_equal(design.matrix(frame.select("views_7d")), [[2, np.nan, 0, 0], [np.nan] * 2 + [0] * 2])


def test_saved_and_loaded(tmp_path: Path) -> None:
    """JSON gives the same design, also with quotes, unicode and = in a level."""
    design = AdDesign(("views_7d",), ("größe",), (("tier", 'a="b"'), ("tier", "é")))
    design.save(tmp_path)
    assert AdDesign.load(tmp_path) == design


def test_broken_frames_are_named() -> None:
    """No rows, nothing that varies, a feature that has gone."""
    with pytest.raises(ValueError, match="no rows"):
        AdDesign.fit(small_frame().clear(), USER_FEATURES)
    with pytest.raises(ValueError, match="no column of the uplift frame varies"):
        AdDesign.fit(small_frame().select("orders_in_history"), USER_FEATURES)
    with pytest.raises(ValueError, match="lacks views_7d"):
        AdDesign.fit(small_frame(), USER_FEATURES).matrix(small_frame().drop("views_7d"))
