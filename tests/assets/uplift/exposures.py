"""Exposures of campaigns of one treatment or three, and what the asset says of them."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import numpy as np
import polars as pl
import pytest
from numpy.typing import ArrayLike, NDArray

from assets.uplift.experiment import experiment, require_valid
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.shop import Arm, Shop
from resources.tables import TABLES, USER_FEATURES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

DAY = "2026-01-30"
N = 6_000
START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 14
MEANT = {"control": 0.4, "mail": 0.2, "text": 0.2, "voucher": 0.2}
"""Shares of the campaign of three treatments."""
ARMS = tuple(sorted(MEANT))[1:]


def dealt(arm: NDArray[np.str_], own: ArrayLike | None, rng: np.random.Generator) -> pl.DataFrame:
    """The table of users in these arms, exposed in turn over two weeks; ``own`` is the odds that each row logs."""
    rows, treatment = arm.size, (arm != "control").astype(np.int8)
    outcome = (rng.random(rows) < 0.1 + 0.05 * treatment).astype(np.int8)
    ts = pl.Series([START]).extend_constant(START, rows - 1) + pl.Series(
        (np.arange(rows) * DAYS * 86_400_000_000 / rows).astype(np.int64)
    ).cast(pl.Duration("us"))
    features = {name: rng.gamma(2.0, size=rows) for name in USER_FEATURES}
    whole = pl.DataFrame(
        {
            "day": [DAY] * rows,
            "exposure_id": [f"x{i}" for i in range(rows)],
            "user_id": [f"u{i}" for i in range(rows)],
            "campaign_id": ["c"] * rows,
            "ts": ts,
            "arm": arm,
            "treatment": treatment,
            "propensity": [None] * rows if own is None else np.where(treatment == 1, own, 1 - np.asarray(own)),
            "cost": 0.1 * treatment,
            "outcome": outcome,
            "revenue": 20.0 * outcome,
            "refunds": 0.0,
            "assigned_at": ts,
            "known_at": ts - timedelta(microseconds=1),
            "responded_at": ts,
            **features,
            "numeric": [[]] * rows,
            "categorical": [[]] * rows,
        }
    )
    return whole.cast(pl.Schema(TABLES["ad_frame"])).select(list(TABLES["ad_frame"]))


def frame(share: float = 0.5, rows: int = N, *, propensity: float | None = 0.5, seed: int = 0) -> pl.DataFrame:
    """An uplift frame of users dealt out with ``share`` in two weeks, while ``propensity`` is what the log says."""
    rng = np.random.default_rng(seed)
    arm = np.where(rng.random(rows) < share, "ad", "control")
    own = None if propensity is None else np.where(arm == "ad", propensity, 1 - propensity)
    return dealt(arm, own, rng)


def three_arms(
    rows: int = N, *, dealt_as: Mapping[str, float] = MEANT, is_logged: bool = True, seed: int = 0
) -> pl.DataFrame:
    """The same of three treatments, whose log says `MEANT`, whatever they were ``dealt_as``."""
    rng = np.random.default_rng(seed)
    arm = rng.choice(list(dealt_as), rows, p=list(dealt_as.values()))
    return dealt(arm, np.array([MEANT[name] for name in arm]) if is_logged else None, rng)


def exposures_of(rows: pl.DataFrame) -> pl.DataFrame:
    """The log that a frame was made of."""
    known = {"day": pl.col("ts").dt.strftime("%Y-%m-%d"), "propensity": pl.lit(None, dtype=pl.Float64)}
    return rows.with_columns(**known).select(list(TABLES["ad_exposures"]))


def shop(**campaign: object) -> Shop:
    """The shop with another campaign."""
    return msgspec.structs.replace(SHOP, campaign=msgspec.structs.replace(SHOP.campaign, **campaign))


def failed(rows: pl.DataFrame, home: Path, arms: Iterable[str] = ()) -> dict[str, str]:
    """Blocking checks that failed when the asset was materialised on the frame, each with its description.

    What they say is also the reason why no uplift may be used that day, and there is none without them.
    """
    lake, models = Lake(str(home / "lake")), ModelStore(home / "models")
    declared = shop(arms={name: Arm() for name in arms})
    lake.replace_partition("ad_frame", rows, DAY, DAY)
    logged = exposures_of(rows)
    lake.replace_partition("ad_exposures", logged, min(logged["day"]), max(logged["day"]))
    result = run(experiment, DAY, home=home, shop=declared)
    assert result.success, "a failed test of the experiment must not stop the run"
    broken = [check for check in result.get_asset_check_evaluations() if not check.passed]
    assert {check.severity for check in broken} <= {dg.AssetCheckSeverity.ERROR}
    if broken:
        with pytest.raises(Unavailable, match="the experiment is not valid") as reason:
            require_valid(models, DAY, SHOP)
        assert reason.value.expected
        assert all(f"{check.check_name}: {check.description}" in str(reason.value) for check in broken)
    else:
        require_valid(models, DAY, SHOP)
    # What is accepted knowingly stops nothing.
    require_valid(models, DAY, shop(accept=frozenset(check.check_name for check in broken)))
    return {check.check_name: check.description or "" for check in broken}
