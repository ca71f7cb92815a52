"""Which columns are watched for drift: the model's features and its score."""

import polars as pl

from assets.models.uplift.uplift_model import UpliftModel

__all__ = ["DRIFT_FILE", "SCORE", "watched"]

DRIFT_FILE = "drift.json"
SCORE = "score"


def watched(model: UpliftModel, frame: pl.DataFrame) -> pl.DataFrame:
    """The model's features of ``frame``, flat, with its effect as the column SCORE; NaN is null."""
    features = pl.DataFrame(model.design.matrix(frame), schema=model.design.names, orient="row").fill_nan(None)
    return features.with_columns(model.score(frame)["uplift"].alias(SCORE))
