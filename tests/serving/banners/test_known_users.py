"""What the release knows of a user in a context: by hand, learnt from, logged, and what banners are meant for."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.slot_policy import SlotPolicy
from assets.models.banners.terms import Terms
from resources.shop.slots import USER_FEATURES
from resources.store import Store
from serving.banners.known_users import known_of
from serving.banners.selection import BannerDesk, Drawn
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from tests.serving.releases import build_release
from tests.serving.several_campaigns import write_campaigns

NOON = datetime(2026, 2, 2, 12, tzinfo=UTC)


def learnt() -> BannerPriors:
    """Of persuadable users a earns .9 and b .1, of sleeping dogs the other way round."""
    n = 800
    segments, banners = ["persuadable", "sleeping_dog"] * (n // 2), ["a", "a", "b", "b"] * (n // 4)
    rewards = np.array([float((i // 4 % 10 < 9) == ((i % 2 == 0) == (i // 2 % 2 == 0))) for i in range(n)])
    contexts = [json.dumps({"user.segment": segment}) for segment in segments]
    policies = {"home": SlotPolicy(policy="lin_rand_ucb", features=["user.segment"], uniform_share=0.02)}
    priors = BannerPriors.fit(["home"] * n, banners, rewards, None, policies, np.zeros(n))
    priors.learn_contexts(["home"] * n, banners, contexts, rewards, np.zeros(n))
    return priors


def drawn(store: Store, snapshot: Snapshot, user: str, times: int) -> list[Drawn]:
    """So many selections for a user."""

    async def ask() -> list[Drawn]:
        desk = BannerDesk(store, Workers(), seed=1)
        return [(await desk.select(snapshot, "home", context={"user_id": user}))[0] for _ in range(times)]

    return asyncio.run(ask())


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Empty."""
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def test_the_segment_in_one_of_several_campaigns_is_not_the_users(tmp_path: Path) -> None:
    """It may be another one in each, and a context has one."""
    write_campaigns(tmp_path / "release")
    release = Snapshot.load(tmp_path / "release", "1").release
    of = [one.segments.look_up(["u0"])["u0"]["segment"] for one in release.campaigns.values() if one.segments]
    assert len(of) == 2
    assert known_of(release, "u0", ["user.segment"], NOON) == {}


def test_what_is_known_by_hand(tmp_path: Path) -> None:
    """u5 viewed p01 and bought p02, p04 and p20 at midnight of January 30; u0 likes lighting."""
    release = Snapshot.load(build_release(tmp_path / "release"), "1").release
    assert known_of(release, "u5", USER_FEATURES, NOON) == {
        "user.segment": "persuadable",
        "user.products_bought": 3,
        "user.products_viewed": 2,
        "user.days_since_purchase": 3,
        "user.days_since_view": 3,
    }
    lighting = known_of(release, "u0", ["user.favourite_category"], NOON)
    assert lighting == {"user.favourite_category": "Home > Lighting"}
    assert known_of(release, "u35", ["user.segment"], NOON) == {"user.segment": "sleeping_dog"}
    assert known_of(release, "stranger", USER_FEATURES, NOON) == {}


def test_without_the_modules_nothing_is_known(tmp_path: Path) -> None:
    """No error either."""
    lacking = ("segments", "category_recommendations", "user_histories")
    release = Snapshot.load(build_release(tmp_path / "release", without=lacking), "1").release
    assert known_of(release, "u0", USER_FEATURES, NOON) == {}


def test_the_segment_decides_and_is_logged(tmp_path: Path, store: Store) -> None:
    """What the slot asks for, and nothing else."""
    snapshot = Snapshot.load(build_release(tmp_path / "release", banner_priors=learnt()), "1")
    for user, best in (("u0", "a"), ("u35", "b")):
        shown = drawn(store, snapshot, user, 30)
        assert {one.propensity for one in shown if one.banner_id == best} == {0.99}
        assert sum(one.banner_id == best for one in shown) >= 25
    now = datetime.now(UTC)
    frame = store.read_impressions(now - timedelta(days=1), now + timedelta(days=1))
    assert sorted(frame["context"].unique().to_list()) == [
        '{"user.segment":"persuadable","user_id":"u0"}',
        '{"user.segment":"sleeping_dog","user_id":"u35"}',
    ]


def test_banners_are_meant_for_a_segment(tmp_path: Path, store: Store) -> None:
    """As for any context."""
    terms = {
        "dogs": Terms(slots=["home"], context={"user.segment": ["sleeping_dog"]}),
        "all": Terms(slots=["home"], context={"user.segment": ["persuadable"]}),
    }
    snapshot = Snapshot.load(build_release(tmp_path / "release", banners=terms), "1")
    assert {one.banner_id for one in drawn(store, snapshot, "u0", 5)} == {"all"}
    assert {one.banner_id for one in drawn(store, snapshot, "u35", 5)} == {"dogs"}
