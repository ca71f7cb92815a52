"""Banners as the shop declares them, by one desk and by several at once."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from assets.models.banners.policies.thompson import thompson_distribution
from assets.models.banners.terms import Terms
from resources.store import Store
from serving.banners.selection import BannerDesk
from serving.campaigns.decisions import DecisionAnswer, decide
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.requests import DecisionRequest
from tests.serving.releases import build_release

TODAY = datetime.now(UTC).date()
FAR = timedelta(days=3)

SnapshotOf = Callable[[Mapping[str, Terms]], Snapshot]


@pytest.fixture
def snapshot_of(tmp_path: Path) -> SnapshotOf:
    """A release, loaded, of a shop that declares these banners. Its logs know good, poor and fair."""

    def make(banners: Mapping[str, Terms]) -> Snapshot:
        return Snapshot.load(build_release(tmp_path / "release", banners=banners), "1")

    return make


def shown(desk: BannerDesk, snapshot: Snapshot, times: int, **asked: object) -> Counter[str]:
    """How often each banner of slot home is drawn."""

    async def ask() -> list[str]:
        return [(await desk.select(snapshot, "home", **asked))[0].banner_id for _ in range(times)]  # type: ignore[arg-type]

    return Counter(asyncio.run(ask()))


@pytest.fixture
def desk(tmp_path: Path) -> BannerDesk:
    """Over an empty store."""
    return BannerDesk(Store(f"sqlite:///{tmp_path / 'store.db'}"), Workers(), seed=1)


def test_a_banner_that_was_never_logged_is_shown(snapshot_of: SnapshotOf, desk: BannerDesk) -> None:
    """With what the storefront is to show; those of the logs that are not declared are gone, and so are their odds."""
    snapshot = snapshot_of({"new": Terms(slots=["home"], content="new.png"), "fair": Terms(slots=["home"])})
    assert set(shown(desk, snapshot, 60)) == {"new", "fair"}
    drawn = asyncio.run(desk.select(snapshot, "home", exclude=["fair"]))[0]
    assert (drawn.banner_id, drawn.content, drawn.propensity) == ("new", "new.png", 1.0)


def test_what_is_not_meant_is_never_drawn(snapshot_of: SnapshotOf, desk: BannerDesk) -> None:
    """Paused, not begun, over, or meant for another context: in 300 draws never; the context opens what it fits."""
    snapshot = snapshot_of(
        {
            "good": Terms(slots=["home"], paused=True),
            "early": Terms(slots=["home"], starts=TODAY + FAR),
            "late": Terms(slots=["home"], ends=TODAY - FAR),
            "now": Terms(slots=["home"], starts=TODAY - FAR, ends=TODAY + FAR),
            "austria": Terms(slots=["home"], context={"country": ["AT"]}),
        }
    )
    assert set(shown(desk, snapshot, 300)) == {"now"}
    assert set(shown(desk, snapshot, 300, context={"country": "AT"})) == {"now", "austria"}


def test_the_others_odds_are_those_of_a_slot_without_it(snapshot_of: SnapshotOf, desk: BannerDesk) -> None:
    """A banner that is out and was best leaves no trace: each is drawn as often as it is best among the others."""
    terms = {"good": Terms(slots=["home"], paused=True), "fair": Terms(slots=["home"]), "poor": Terms(slots=["home"])}
    snapshot = snapshot_of(terms)
    priors = snapshot.release.banner_priors
    assert priors is not None
    alpha, beta = (p[[0, 2]] for p in priors.prior("home"))
    expected = thompson_distribution(alpha, beta, np.random.default_rng(0), draws=100_000)
    drawn = asyncio.run(desk.select(snapshot, "home"))[0]
    propensity = drawn.propensity if drawn.banner_id == "fair" else 1 - drawn.propensity
    assert propensity == pytest.approx(expected[0], abs=0.02)


def test_a_slot_whose_banners_are_all_out_says_so(snapshot_of: SnapshotOf, desk: BannerDesk) -> None:
    """404 with what may be the reason."""
    snapshot = snapshot_of({"good": Terms(slots=["home"], ends=TODAY - FAR)})
    with pytest.raises(ProblemError, match="No banner of slot 'home' may be shown"):
        asyncio.run(desk.select(snapshot, "home"))


@pytest.mark.parametrize("cap", [20, 300])
def test_a_cap_holds_for_all_workers_and_slots(snapshot_of: SnapshotOf, tmp_path: Path, cap: int) -> None:
    """Four desks on one store, eight requests at a time each: exceeded by less than what is asked at one moment."""
    both = ["home", "cart"]
    snapshot = snapshot_of({"capped": Terms(slots=both, max_impressions=cap), "other": Terms(slots=both)})
    desks = [BannerDesk(Store(f"sqlite:///{tmp_path / 'caps.db'}"), Workers(), seed=seed) for seed in range(4)]

    async def storefront(desk: BannerDesk, slot: str) -> None:
        for _ in range(60):
            await desk.select(snapshot, slot)

    async def all_at_once() -> None:
        await asyncio.gather(*(storefront(desk, slot) for desk in desks for slot in both * 4))

    asyncio.run(all_at_once())
    store = Store(f"sqlite:///{tmp_path / 'caps.db'}")
    counted = store.totals(["capped", "other"])
    store.close()
    assert counted["capped"].impressions + counted["other"].impressions == 4 * 8 * 60
    assert cap <= counted["capped"].impressions < cap + 4 * 8


def test_rewards_have_a_cap_too(snapshot_of: SnapshotOf, desk: BannerDesk, tmp_path: Path) -> None:
    """After its second reward a banner is not shown once more, whatever it earned."""
    snapshot = snapshot_of({"good": Terms(slots=["home"], max_rewards=2), "poor": Terms(slots=["home"])})
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")

    async def until_rewarded() -> None:
        rewarded = 0
        while rewarded < 2:
            drawn = (await desk.select(snapshot, "home"))[0]
            if drawn.banner_id == "good":
                store.record_reward(drawn.impression_id, 1.0)
                rewarded += 1

    asyncio.run(until_rewarded())
    assert set(shown(desk, snapshot, 40)) == {"poor"}


def test_a_decision_without_a_banner_that_may_be_shown_stands(snapshot_of: SnapshotOf, desk: BannerDesk) -> None:
    """With its products and the reason; a banner for its context is shown; a slot that is none is a 404 for anybody."""
    snapshot = snapshot_of({"good": Terms(slots=["home"], context={"country": ["AT"]})})
    asked = DecisionRequest(user_id="u0", slot="home", margin=1.0, contact_cost=0.0)

    def decided(**more: object) -> DecisionAnswer:
        return asyncio.run(decide(snapshot, desk, Workers(), msgspec.structs.replace(asked, **more)))

    assert decided().advertise
    assert decided().banner is None
    assert [note for note in decided().fallbacks if note.startswith("banner: No banner of slot 'home' may be shown")]
    assert decided().products.items
    banner = decided(context={"country": "AT"}).banner
    assert banner is not None
    assert banner.banner_id == "good"
    for user in ("u0", "nobody"):
        with pytest.raises(ProblemError, match="There is no slot 'attic'"):
            decided(user_id=user, slot="attic")
