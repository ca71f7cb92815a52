"""The simulated campaign and its banners follow the truth that they are drawn from."""

from datetime import timedelta

import numpy as np
import polars as pl
import pytest

from resources.sources.simulated import SimulatedShop
from tests.resources.sources.conftest import END, MIDNIGHT


def outcomes(frame: dict[str, pl.DataFrame], shop: SimulatedShop) -> pl.DataFrame:
    """One row an exposure: arm, whether a sale fell in its seven days, and the truth."""
    exposed = frame["ad_exposures"].select("user_id", "arm", pl.col("ts").alias("exposed_at"))
    sales = frame["orders"].filter(pl.col("kind") == "sale").join(exposed, on="user_id")
    inside = (pl.col("ts") >= pl.col("exposed_at")) & (pl.col("ts") < pl.col("exposed_at") + timedelta(days=7))
    bought = sales.filter(inside)["user_id"].unique()
    return exposed.with_columns(pl.col("user_id").is_in(bought.implode()).alias("bought")).join(
        shop.truth().effects, on="user_id"
    )


def test_the_campaign_is_a_fair_experiment(frame: dict[str, pl.DataFrame]) -> None:
    """Everybody is exposed once, half are treated, and seven days fit between the exposure and the end."""
    exposures = frame["ad_exposures"]
    assert exposures["user_id"].is_unique().all()
    assert exposures.height > 0.95 * 20_000
    assert abs((exposures["arm"] == "treatment").mean() - 0.5) < 3 * 0.5 / np.sqrt(exposures.height)
    assert exposures["ts"].min() >= MIDNIGHT + timedelta(days=6)
    assert exposures["ts"].max() < END - timedelta(days=7)
    assert exposures.group_by("arm").agg(pl.col("cost").unique().first()).sort("arm")["cost"].to_list() == [0.0, 0.15]
    assert (exposures["propensity"] == 0.5).all()


def test_purchases_after_the_ad_follow_the_true_chances(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """In each type and arm the share of buyers is the mean true chance, within four standard errors."""
    table = outcomes(frame, shop)
    for (kind, arm), group in table.group_by("type", "arm"):
        chance = group["p_treated" if arm == "treatment" else "p_control"]
        error = np.sqrt((chance * (1 - chance)).sum()) / group.height
        assert abs(group["bought"].mean() - chance.mean()) < 4 * error, (kind, arm)


def test_types_have_the_effects_they_are_named_for(shop: SimulatedShop) -> None:
    """Persuadables gain, sleeping dogs lose, the others hardly move; the shares are as designed."""
    effects = shop.truth().effects
    mean = dict(effects.group_by("type").agg(pl.col("uplift").mean()).iter_rows())
    assert mean["persuadable"] > 0.2
    assert mean["sleeping_dog"] < -0.1
    assert abs(mean["sure_thing"]) < 0.03
    assert abs(mean["lost_cause"]) < 0.01
    share = dict(effects["type"].value_counts(normalize=True).iter_rows())
    assert share == pytest.approx(
        {"persuadable": 0.25, "sure_thing": 0.15, "lost_cause": 0.45, "sleeping_dog": 0.15}, abs=0.02
    )


def test_behaviour_before_the_ad_tells_the_types_apart(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """Sure things buy often before they are exposed; persuadables look a lot and rarely buy."""
    exposed = frame["ad_exposures"].select("user_id", pl.col("ts").alias("exposed_at"))
    kind = shop.truth().effects.select("user_id", "type").join(exposed, on="user_id")
    before = pl.col("ts") < pl.col("exposed_at")
    users = kind["type"].value_counts().rename({"count": "users"})

    def a_user(table: pl.DataFrame) -> dict[str, float]:
        counts = table.join(kind, on="user_id").filter(before)["type"].value_counts().join(users, on="type")
        return dict(counts.select("type", pl.col("count") / pl.col("users")).iter_rows())

    views = a_user(frame["events"].filter(pl.col("kind") == "view"))
    sales = a_user(frame["orders"].filter(pl.col("line") == 1, pl.col("kind") == "sale"))
    assert views["persuadable"] > 3 * views["lost_cause"]
    assert sales["sure_thing"] > 4 * sales["persuadable"]


def spearman(a: np.ndarray, b: np.ndarray) -> float:
    """Rank correlation of two arrays without ties."""
    return float(np.corrcoef(a.argsort().argsort(), b.argsort().argsort())[0, 1])


def test_effects_can_be_learnt_but_not_perfectly(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """A linear model an arm on declared attributes ranks users by effect; a model of buyers misses most of it."""
    table = outcomes(frame, shop).join(frame["users"], on="user_id").sort("user_id")
    numbers = np.nan_to_num(np.array([[a["value"] or 0.0 for a in row] for row in table["numeric"].to_list()]))
    numbers[:, 1] = np.log1p(numbers[:, 1])
    names = (
        table["categorical"].list.eval(pl.element().struct.field("value")).list.to_struct(fields=["region", "channel"])
    )
    dummies = names.struct.unnest().to_dummies(drop_first=True).to_numpy()
    x = np.column_stack([np.ones(table.height), numbers, numbers**2, dummies])
    treated, bought = (table["arm"] == "treatment").to_numpy(), table["bought"].to_numpy().astype(float)
    train = np.arange(table.height) % 2 == 0

    def predicted(rows: np.ndarray) -> np.ndarray:
        return x[~train] @ np.linalg.lstsq(x[train & rows], bought[train & rows], rcond=None)[0]

    truth = table["uplift"].to_numpy()[~train]
    uplift = predicted(treated) - predicted(~treated)
    buyers = predicted(np.ones_like(treated))
    best = truth.argsort()[::-1][: len(truth) * 3 // 10]

    def gain(score: np.ndarray) -> float:
        return float(truth[score.argsort()[::-1][: len(best)]].sum() / truth[best].sum())

    assert 0.4 < spearman(uplift, truth) < 0.75
    assert gain(uplift) > 0.5
    assert gain(buyers) < 0.35


def test_banner_clicks_follow_the_true_rates(shop: SimulatedShop, frame: dict[str, pl.DataFrame]) -> None:
    """Each slot shows its banners uniformly, logs that propensity, and is clicked at the true rate."""
    shown = (
        frame["banner_impressions"]
        .group_by("slot", "banner_id")
        .agg(
            pl.len().alias("n"),
            pl.col("reward").mean(),
            pl.col("propensity").n_unique().alias("kinds"),
            pl.first("propensity"),
        )
    )
    joined = shown.join(shop.truth().banner_rates, on=["slot", "banner_id"], how="full", coalesce=True)
    assert joined.null_count().sum_horizontal().item() == 0
    error = (joined["rate"] * (1 - joined["rate"]) / joined["n"]).sqrt()
    assert ((joined["reward"] - joined["rate"]).abs() < 4 * error).all()
    share = joined.with_columns(share=pl.col("n") / pl.col("n").sum().over("slot"))
    assert (joined["kinds"] == 1).all()
    assert ((share["share"] - share["propensity"]).abs() < 0.02).all()
