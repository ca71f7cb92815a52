"""The Hillstrom e-mail trial as an uplift frame, outcome visit: the women's e-mail, the men's, or either, against none.

The other e-mail's arm is left out: it is another treatment, not a control.
"""

from pathlib import Path

import numpy as np
import polars as pl

__all__ = ["TREATMENTS", "half_split", "hillstrom_frame"]

NUMERIC = ("recency", "history", "mens", "womens", "newbie")
CATEGORICAL = ("history_segment", "zip_code", "channel")
TREATMENTS = {
    "womens": "women's e-mail against none",
    "mens": "men's e-mail against none",
    "pooled": "either e-mail against none",
}
_ARMS = {"womens": ["Womens E-Mail"], "mens": ["Mens E-Mail"], "pooled": ["Womens E-Mail", "Mens E-Mail"]}


def hillstrom_frame(data: Path, treatment: str = "womens") -> pl.DataFrame:
    """Read ``<data>/hillstrom/hillstrom.parquet`` in the columns of the uplift frame; 42,693 users for ``womens``.

    Raises:
        KeyError: ``treatment`` is none of `TREATMENTS`.
        FileNotFoundError: the data folder has no Hillstrom file.
    """
    path = data / "hillstrom" / "hillstrom.parquet"
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: set UPSHELF_DATA to the folder of the public data sets")
    raw = pl.read_parquet(path).with_row_index("row")
    kept = raw.filter(pl.col("segment").is_in([*_ARMS[treatment], "No E-Mail"]))
    return kept.select(
        pl.format("h{}", pl.col("row")).alias("user_id"),
        (pl.col("segment") != "No E-Mail").cast(pl.Int8).alias("treatment"),
        pl.lit(None, dtype=pl.Float64).alias("propensity"),
        pl.col("visit").cast(pl.Int8).alias("outcome"),
        pl.col("spend").alias("revenue"),
        _structs(NUMERIC, pl.Float64).alias("numeric"),
        _structs(CATEGORICAL, pl.String).alias("categorical"),
    )


def half_split(rows: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Row numbers of a random half to train on and of the other to test on, each ascending."""
    order = np.random.default_rng(seed).permutation(rows)
    return np.sort(order[: rows // 2]), np.sort(order[rows // 2 :])


def _structs(names: tuple[str, ...], value: type[pl.DataType]) -> pl.Expr:
    return pl.concat_list(
        pl.struct(pl.lit(name).alias("name"), pl.col(name).cast(value).alias("value")) for name in names
    )
