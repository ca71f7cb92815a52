"""Slots that choose by the policy that the shop has declared: what is drawn, and with which propensity."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from assets.models.banners.bandit import BannerPriors
from assets.models.banners.slot_policy import SlotPolicy
from evaluation.arrays import Floats
from resources.store import ArmCount, Impression, Store
from serving.banners.odds import SlotOdds
from serving.banners.selection import BannerDesk, Drawn
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from tests.serving.releases import build_release

AS_OF = date(2026, 1, 30)
SnapshotOf = Callable[[SlotPolicy], Snapshot]


def logged() -> tuple[list[str], list[str], Floats, list[str]]:
    """Slots, banners, rewards and contexts: on the phone a earns .9 and b .1, on the desk the other way round."""
    slots, banners, rewards, contexts = [], [], [], []
    for i in range(800):
        device, banner = ("phone", "desk")[i % 2], ("a", "b")[i // 2 % 2]
        slots.append("home")
        banners.append(banner)
        rewards.append(float((i // 4 % 10 < 9) == ((device == "phone") == (banner == "a"))))
        contexts.append(json.dumps({"device": device, "user_id": f"u{i}"}))
    return slots, banners, np.array(rewards), contexts


def priors(policy: SlotPolicy) -> BannerPriors:
    """Fitted on `logged`, all of the release's day."""
    slots, banners, rewards, contexts = logged()
    fitted = BannerPriors.fit(slots, banners, rewards, None, {"home": policy}, np.zeros(800))
    fitted.learn_contexts(slots, banners, contexts, rewards, np.zeros(800))
    return fitted


@pytest.fixture
def snapshot_of(tmp_path: Path) -> SnapshotOf:
    """A release, written and loaded, whose slot home chooses so."""

    def make(policy: SlotPolicy) -> Snapshot:
        return Snapshot.load(build_release(tmp_path / policy.policy, banner_priors=priors(policy)), "1")

    return make


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """Empty."""
    return Store(f"sqlite:///{tmp_path / 'store.db'}")


def drawn(store: Store, snapshot: Snapshot, times: int, device: str = "phone") -> list[Drawn]:
    """So many selections of slot home."""

    async def ask() -> list[Drawn]:
        desk = BannerDesk(store, Workers(), seed=1)
        return [(await desk.select(snapshot, "home", context={"device": device}))[0] for _ in range(times)]

    return asyncio.run(ask())


def test_uniform_and_epsilon_greedy(snapshot_of: SnapshotOf, store: Store) -> None:
    """Half and half; and after 300 rewards of b since the release the greedy share for b."""
    uniform = drawn(store, snapshot_of(SlotPolicy(policy="uniform")), 10)
    assert {(one.propensity, one.policy) for one in uniform} == {(0.5, "uniform")}
    for i in range(300):
        store.record_impression(Impression(f"i{i}", datetime.now(UTC), "home", 1, "b", 0.5))
        store.record_reward(f"i{i}", 1.0)
    greedy = drawn(store, snapshot_of(SlotPolicy(policy="epsilon_greedy", epsilon=0.2, uniform_share=0.1)), 40)
    # .9 · (.8 + .1) + .1 / 2 for the best, .9 · .1 + .05 for the other.
    of = {one.banner_id: one.propensity for one in greedy}
    assert of["b"] == pytest.approx(0.86)
    assert set(of) <= {"a", "b"}
    assert all(one.policy == "epsilon_greedy" for one in greedy)


@pytest.mark.parametrize("policy", ["lin_ts", "lin_ucb", "lin_rand_ucb"])
def test_the_context_decides(snapshot_of: SnapshotOf, store: Store, policy: str) -> None:
    """The release carries regressions: a on the phone and b on the desk, and the record has context and propensity."""
    snapshot = snapshot_of(SlotPolicy(policy=policy, features=["device"], uniform_share=0.02))
    for device, best in (("phone", "a"), ("desk", "b")):
        shown = drawn(store, snapshot, 30, device)
        assert {one.policy for one in shown} == {policy}
        assert {one.propensity for one in shown if one.banner_id == best} == {0.99}
        assert all(one.propensity == pytest.approx(0.01) for one in shown if one.banner_id != best)
        assert sum(one.banner_id == best for one in shown) >= 25
    now = datetime.now(UTC)
    frame = store.read_impressions(now - timedelta(days=1), now + timedelta(days=1))
    assert sorted(frame["context"].unique().to_list()) == ['{"device":"desk"}', '{"device":"phone"}']


def test_a_banner_that_may_not_be_shown_leaves_the_others_their_regressions(snapshot_of: SnapshotOf) -> None:
    """Without a, b is certain, on the phone too."""
    fitted = priors(SlotPolicy(policy="lin_ts", features=["device"]))
    odds = SlotOdds.of(fitted, "home", {}, as_of=AS_OF, today=AS_OF, read_at=0.0)
    names, shares = odds.odds_without(frozenset({"a"}), {"device": "phone"}, np.random.default_rng(0))
    assert (names, shares.tolist()) == (["b"], [1.0])
    assert odds.odds_without(frozenset({"a", "b"}), {}, np.random.default_rng(0))[0] == []


def test_decay_by_hand() -> None:
    """Half-life 2 days, release 4 days old: the prior is worth a quarter, counts of 2 days ago half, of today all."""
    fitted = priors(SlotPolicy(half_life_days=2.0))
    alpha, beta = (p.copy() for p in fitted.prior("home"))
    today = AS_OF + timedelta(days=4)
    counts = {
        today - timedelta(days=2): {"a": ArmCount(100, 10.0)},
        today: {"a": ArmCount(7, 3.0), "b": ArmCount(1, 1.0)},
    }
    odds = SlotOdds.of(fitted, "home", counts, as_of=AS_OF, today=today, read_at=0.0)
    policy = SlotPolicy().served(alpha / 4 + np.array([5 + 3, 1]), beta / 4 + np.array([45 + 4, 0]))
    expected = policy.odds(np.empty(0), np.random.default_rng(0))
    assert odds.odds_without(frozenset(), {}, np.random.default_rng(0))[1].tolist() == pytest.approx(expected.tolist())


def test_without_a_half_life_days_do_not_matter() -> None:
    """The posterior is prior and all counts, however old the release."""
    fitted = priors(SlotPolicy())
    alpha, beta = fitted.prior("home")
    counts = {AS_OF + timedelta(days=day): {"a": ArmCount(10, 1.0)} for day in (1, 300)}
    odds = SlotOdds.of(fitted, "home", counts, as_of=AS_OF, today=AS_OF + timedelta(days=300), read_at=0.0)
    expected = (
        SlotPolicy()
        .served(alpha + np.array([2, 0]), beta + np.array([18, 0]))
        .odds(np.empty(0), np.random.default_rng(0))
    )
    assert odds.odds_without(frozenset(), {}, np.random.default_rng(0))[1].tolist() == expected.tolist()


def test_counts_by_day(store: Store) -> None:
    """Days after the given one, in order, of this slot alone."""
    for i, (day, slot, banner) in enumerate(
        [(3, "home", "a"), (2, "home", "a"), (3, "home", "b"), (1, "home", "a"), (3, "x", "a")]
    ):
        store.record_impression(Impression(f"i{i}", datetime(2026, 3, day, 5, tzinfo=UTC), slot, 1, banner, 0.5))
    store.record_reward("i1", 0.5)
    assert store.daily_counts("home", after=date(2026, 3, 1)) == {
        date(2026, 3, 2): {"a": ArmCount(1, 0.5)},
        date(2026, 3, 3): {"a": ArmCount(1, 0.0), "b": ArmCount(1, 0.0)},
    }
