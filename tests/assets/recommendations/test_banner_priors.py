"""Which banners a release has: those declared, or else those that the logs have shown lately."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import polars as pl
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.terms import Terms
from assets.recommendations.recommenders import RETIRED_DAYS, banner_priors
from resources.lake import Lake
from resources.model_store import ModelStore
from resources.settings import Settings
from resources.shop import Banner
from resources.tables import TABLES
from tests.assets.one_asset import run
from tests.default_shop import SHOP

FIRST = datetime(2026, 1, 1, 12, tzinfo=UTC)
LAST_SHOWN = {("home", "old"): 0, ("home", "new"): RETIRED_DAYS + 1, ("cart", "rare"): 0}
"""(slot, banner) → day on which it was last shown, from 0."""
DAY = "2026-01-16"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A lake with one impression of each banner on each day until its last."""
    shown = [
        (FIRST + timedelta(days=day), slot, banner)
        for (slot, banner), last in LAST_SHOWN.items()
        for day in range(last + 1)
    ]
    rows = [
        {
            **{"day": f"{ts:%Y-%m-%d}", "impression_id": f"{slot}-{banner}-{ts:%d}", "ts": ts, "slot": slot},
            **{"position": 1, "banner_id": banner, "propensity": 0.5, "reward": 0.0, "context": None},
        }
        for ts, slot, banner in shown
    ]
    frame = pl.DataFrame(rows, schema=dict(TABLES["banner_impressions"]))
    lake = Lake(Settings.from_env({"UPSHELF_HOME": str(tmp_path)}).lake_url)
    lake.replace_partition("banner_impressions", frame, "2026-01-01", DAY)
    return tmp_path


def priors(home: Path, banners: dict[str, Banner]) -> dict[str, list[str]]:
    """Slot → banners of a release as of DAY."""
    assert run(banner_priors, DAY, home=home, shop=msgspec.structs.replace(SHOP, banners=banners)).success
    fitted = BannerPriors.load(ModelStore(home / "models").path("banner_priors", DAY))
    return {slot: fitted.arms(slot) for slot in fitted.slots()}


def test_what_its_slot_has_not_shown_for_long_is_retired(home: Path) -> None:
    """`old` was last shown 15 days before its slot was; `rare` is its slot's last, however long ago."""
    assert priors(home, {}) == {"home": ["new"], "cart": ["rare"]}


def test_declared_banners_are_those_that_there_are(home: Path) -> None:
    """Also one that was never shown, in a slot that never was."""
    declared = {"old": Banner(slots=["home"]), "next": Banner(slots=["home", "foot"])}
    assert priors(home, declared) == {"home": ["next", "old"], "foot": ["next"]}


def test_banners_of_the_source_and_of_the_file(home: Path) -> None:
    """As of the day, by their latest row; one that was removed is gone, and shop.toml has the last word."""
    rows = [
        {"day": f"{at:%Y-%m-%d}", "updated_at": at, "slots": ["home"], **row}
        for at, row in [
            (FIRST, {"banner_id": "old", "max_rewards": 5, "slots": ["home", "cart"]}),
            (FIRST, {"banner_id": "new", "max_rewards": 5}),
            (FIRST + timedelta(days=1), {"banner_id": "new", "paused": True, "ends": FIRST, "prior_rate": 0.2}),
            (FIRST, {"banner_id": "gone"}),
            (FIRST + timedelta(days=1), {"banner_id": "gone", "removed": True}),
            (FIRST + timedelta(days=30), {"banner_id": "later"}),
        ]
    ]
    lake = Lake(Settings.from_env({"UPSHELF_HOME": str(home)}).lake_url)
    lake.merge("banners", pl.DataFrame(rows, schema=dict(TABLES["banners"])), ["banner_id", "updated_at"])
    assert priors(home, {}) == {"cart": ["old"], "home": ["new", "old"]}
    terms = BannerPriors.load(ModelStore(home / "models").path("banner_priors", DAY)).declared
    assert terms["new"] == Terms(slots=["home"], paused=True, ends=FIRST.date(), prior_rate=0.2)
    assert terms["old"].max_rewards == 5
    assert priors(home, {"old": Banner(slots=["foot"])}) == {"foot": ["old"], "home": ["new"]}


def test_a_shop_without_impressions_has_those_that_it_declares(tmp_path: Path) -> None:
    """And without both a reason."""
    assert priors(tmp_path, {"next": Banner(slots=["home"])}) == {"home": ["next"]}
    assert run(banner_priors, DAY, home=tmp_path).success
    reason = ModelStore(tmp_path / "models").unavailable("banner_priors", DAY)
    assert reason is not None
    assert "no banner impressions" in str(reason)
    assert "no [banners] in shop.toml" in str(reason)
