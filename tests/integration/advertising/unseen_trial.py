"""A trial that the product has never seen: one Parquet file, one treatment, seven numeric columns, 1 % of buyers."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

DAY = "2024-05-05"
LAST = "2024-05-19"

SHOP = """
name = "unseen-trial"
first_day = 2024-05-05
last_day = 2024-05-19
window_days = 14

[source]
kind = "files"
folder = "{folder}"

[user_attributes]
numeric = ["c1", "c2", "c3", "c4", "c5", "c6", "c7"]

[campaign]
outcome = "purchase"
attribution_days = 14
revenue_per_response = 40.0
contact_cost = 0.02

[tables.users]
query = \"\"\"
SELECT customer AS user_id, TIMESTAMPTZ '2024-05-05 00:00:00+00' AS updated_at, c1, c2, c3, c4, c5, c6, c7
FROM read_parquet('{{folder}}/trial.parquet')
\"\"\"

[tables.ad_exposures]
query = \"\"\"
SELECT customer AS exposure_id, TIMESTAMPTZ '2024-05-05 12:00:00+00' AS ts, customer AS user_id,
       'trial' AS campaign_id, IF(treated = 1, 'mailing', 'control') AS arm, 0.5 AS propensity, 0.02 AS cost
FROM read_parquet('{{folder}}/trial.parquet')
\"\"\"

[tables.orders]
query = \"\"\"
SELECT customer AS order_id, 1 AS line, TIMESTAMPTZ '2024-05-06 12:00:00+00' AS ts, 'sale' AS kind,
       customer AS user_id, 'product' AS product_id, 1 AS quantity, 40.0 AS unit_price
FROM read_parquet('{{folder}}/trial.parquet')
WHERE bought = 1
\"\"\"
"""


class UnseenTrial(NamedTuple):
    """The folder of the shop, and what no shop ever sees."""

    folder: Path
    effect: pl.DataFrame
    """user_id, effect: the true difference of purchase probability."""


def write_unseen_trial(folder: Path, users: int, seed: int) -> UnseenTrial:
    """Skewed, correlated columns; likely buyers are moved little, and who is moved depends on two columns together."""
    rng = np.random.default_rng(seed)
    shared = rng.normal(size=(users, 1))
    z = np.sqrt(0.4) * shared + np.sqrt(0.6) * rng.normal(size=(users, 7))
    columns = np.column_stack(
        [
            np.round(np.exp(4 + 1.2 * z[:, 0]), 2),
            rng.poisson(np.exp(0.4 + 0.8 * z[:, 1])),
            np.floor(np.exp(3 + z[:, 2])),
            np.clip(np.round(3 + 1.3 * z[:, 3]), 1, 5),
            np.round(45 + 14 * z[:, 4]),
            z[:, 5] > 0.4,
            np.where(rng.random(users) < 0.2, np.nan, np.round(z[:, 6], 3)),
        ]
    ).astype(np.float64)
    p_control = 0.016 / (1 + np.exp(-(1.3 * z[:, 0] - 0.6 * z[:, 2] - 0.5)))
    moved = (z[:, 2] > 0) & (z[:, 0] < 0.5)
    effect = 0.012 * moved + 0.004 * (z[:, 4] < -0.5) - 0.3 * p_control * (z[:, 5] > 0.4)
    treated = rng.permutation(users) < users // 2
    bought = rng.random(users) < p_control + effect * treated
    names = [f"t{number:07d}" for number in range(users)]
    frame = pl.DataFrame(columns, schema=[f"c{number}" for number in range(1, 8)], orient="row").with_columns(
        pl.Series("customer", names),
        pl.Series("treated", treated.astype(np.int8)),
        pl.Series("bought", bought.astype(np.int8)),
    )
    folder.mkdir(parents=True, exist_ok=True)
    frame.with_columns(pl.col("c7").fill_nan(None)).write_parquet(folder / "trial.parquet")
    (folder / "shop.toml").write_text(SHOP.format(folder=folder), encoding="utf-8")
    return UnseenTrial(folder, pl.DataFrame({"user_id": names, "effect": effect}))
