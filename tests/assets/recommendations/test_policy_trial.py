"""Whether a declared policy takes the place of the one before: on a log in which contexts decide what is clicked."""

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.recommendations.recommenders import banner_priors
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Slot
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

DAYS = ("2026-01-09", "2026-01-10")
ROWS = 600
LIN = Slot(policy="lin_rand_ucb", features=["device"])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Slot home on three days, drawn in halves: on phones a is clicked .5 and b .1, on desks the other way round."""
    rng, frames = np.random.default_rng(5), []
    for number in (8, 9, 10):
        phone, a = rng.random(ROWS) < 0.5, rng.random(ROWS) < 0.5
        columns = {
            "day": f"2026-01-{number:02d}",
            "impression_id": [f"{number}-{i}" for i in range(ROWS)],
            "ts": datetime(2026, 1, number, 12, tzinfo=UTC),
            "slot": "home",
            "position": 1,
            "banner_id": np.where(a, "a", "b"),
            "propensity": 0.5,
            "reward": (rng.random(ROWS) < np.where(phone == a, 0.5, 0.1)).astype(float),
            "context": np.where(phone, '{"device":"phone"}', '{"device":"desk"}'),
        }
        schema = dict(TABLES["banner_impressions"])
        others = [pl.lit(None).alias(name) for name in schema if name not in columns]
        frames.append(pl.DataFrame(columns).with_columns(others).select(list(schema)).cast(schema))
    lake = Lake(Settings.from_env({"UPSHELF_HOME": str(tmp_path)}).lake_url)
    lake.replace_partition("banner_impressions", pl.concat(frames), "2026-01-01", DAYS[-1])
    return tmp_path


def after(home: Path, first: Slot | None, second: Slot | None) -> BannerPriors:
    """The release's of the last day, for which the shop declares ``second``; the day before it declared ``first``."""
    for day, slot in zip(DAYS, (first, second), strict=True):
        shop = msgspec.structs.replace(SHOP, slots={} if slot is None else {"home": slot})
        assert run(banner_priors, day, home=home, shop=shop).success
    return BannerPriors.load(ModelStore(home / "models").path("banner_priors", DAYS[-1]))


def test_a_new_slot_has_what_is_declared(home: Path) -> None:
    """No release had it before: no trial."""
    shop = msgspec.structs.replace(SHOP, slots={"home": LIN})
    assert run(banner_priors, DAYS[0], home=home, shop=shop).success
    priors = BannerPriors.load(ModelStore(home / "models").path("banner_priors", DAYS[0]))
    assert (priors.policy("home").policy, priors.trials) == ("lin_rand_ucb", {})


def test_one_that_earns_more_is_served(home: Path) -> None:
    """.5 by context against .3 without: +.2 lies in the interval."""
    priors = after(home, None, LIN)
    trial = priors.trials["home"]
    assert priors.policy("home").policy == "lin_rand_ucb"
    assert "home" in priors.contexts
    assert trial.is_served
    assert trial.lower is not None
    assert trial.upper is not None
    assert 0 < trial.lower < 0.2 < trial.upper
    assert (trial.before, trial.declared) == ("thompson", "lin_rand_ucb")


def test_one_that_earns_less_is_not(home: Path) -> None:
    """The one before stays with its features, and the verdict names the remedy."""
    priors = after(home, LIN, Slot(policy="uniform"))
    trial = priors.trials["home"]
    assert priors.policy("home").policy == "lin_rand_ucb"
    assert priors.policy("home").features == ["device"]
    assert "home" in priors.contexts
    assert not trial.is_served
    assert "lin_rand_ucb stays; accept = true in [slots.home] has uniform served all the same" in trial.verdict


def test_the_shop_may_accept_it(home: Path) -> None:
    """By name, whatever it would earn."""
    priors = after(home, LIN, Slot(policy="uniform", accept=True))
    assert priors.policy("home").policy == "uniform"
    assert priors.trials["home"].verdict == "uniform is served, as the shop accepts it."


def test_settings_of_the_same_policy_change_at_once(home: Path) -> None:
    """They are the shop's to tune."""
    priors = after(home, LIN, msgspec.structs.replace(LIN, exploration=0.5))
    assert (priors.policy("home").exploration, priors.trials) == (0.5, {})
