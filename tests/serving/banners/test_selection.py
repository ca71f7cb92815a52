"""Banners over HTTP: exact propensities, rewards once, learning."""

import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Impression, Store
from serving.banners.odds import draw
from serving.banners.selection import context_hash
from serving.settings import ServingSettings

Client = TestClient[Litestar]


@pytest.mark.parametrize(("exclude", "want"), [((), (0.5, 0.3, 0.2)), (("a",), (0.0, 0.6, 0.4))])
def test_arms_come_as_often_as_their_propensity_says(exclude: tuple[str, ...], want: tuple[float, ...]) -> None:
    """20 000 draws: propensities are the given shares, scaled to what is left; frequencies agree within .02."""
    rng = np.random.default_rng(3)
    drawn = [draw(["a", "b", "c"], np.array([0.5, 0.3, 0.2]), exclude, rng)[0] for _ in range(20_000)]
    counted = Counter(drawn)
    for arm, share in zip("abc", want, strict=True):
        seen = {pair: n for pair, n in counted.items() if pair[0] == arm}
        assert sum(seen.values()) / 20_000 == pytest.approx(share, abs=0.02)
        assert all(propensity == pytest.approx(share) for _, propensity in seen)


def test_positions_come_as_often_as_their_propensities_say() -> None:
    """Of .5, .3, .2 the pair b, a: .3, and then .5 / .7; 20 000 pairs have it within .01. Four positions are three."""
    rng = np.random.default_rng(3)
    pairs = Counter(tuple(draw(["a", "b", "c"], np.array([0.5, 0.3, 0.2]), (), rng, 2)) for _ in range(20_000))
    assert len(pairs) == 6
    for ((one, first), (other, second)), times in pairs.items():
        share = dict(zip("abc", (0.5, 0.3, 0.2), strict=True))
        assert (first, second) == pytest.approx((share[one], share[other] / (1 - share[one])))
        assert times / 20_000 == pytest.approx(first * second, abs=0.01)
    assert sorted(arm for arm, _ in draw(["a", "b", "c"], np.array([0.5, 0.3, 0.2]), (), rng, 4)) == ["a", "b", "c"]
    assert draw(["a"], np.array([1.0]), ["a"], rng, 2) == []


def test_a_slate_is_one_impression_a_position(client: Client, settings: ServingSettings) -> None:
    """Two of three from position 4 on, each on record with its own propensity; the answer's own fields are the first's.

    Without a count it is one banner, and more than there are is all of them.
    """
    answer = client.post("/v1/banners/home/select", json={"count": 2, "position": 4}).json()
    slate = answer["slate"]
    assert [one["position"] for one in slate] == [4, 5]
    assert len({one["banner_id"] for one in slate}) == 2
    assert {name: answer[name] for name in slate[0] if name != "position"} == {
        name: value for name, value in slate[0].items() if name != "position"
    }
    for count, expected in (({}, 1), ({"count": 20}, 3)):
        assert len(client.post("/v1/banners/home/select", json=count).json()["slate"]) == expected
    store, now = Store(settings.store_url), datetime.now(UTC)
    frame = store.read_impressions(now - timedelta(days=1), now + timedelta(days=1))
    store.close()
    assert frame.height == 2 + 1 + 3
    kept = frame.filter(frame["impression_id"].is_in([one["impression_id"] for one in slate])).sort("position")
    assert kept.select("impression_id", "position", "banner_id", "propensity").rows(named=True) == [
        {name: one[name] for name in ("impression_id", "position", "banner_id", "propensity")} for one in slate
    ]
    assert client.post("/v1/banners/home/select", json={"count": 21}).status_code == 400


def test_impressions_are_on_record_with_their_context(client: Client, settings: ServingSettings) -> None:
    """50 draws give 50 impressions with the propensities that were told, and the slot's counts agree."""
    drawn = [client.post("/v1/banners/home/select", json={"context": {"page": "x"}}).json() for _ in range(50)]
    store, now = Store(settings.store_url), datetime.now(UTC)
    frame = store.read_impressions(now - timedelta(days=1), now + timedelta(days=1))
    counts = store.counts("home")
    store.close()
    assert dict(zip(frame["impression_id"], frame["propensity"], strict=True)) == {
        d["impression_id"]: d["propensity"] for d in drawn
    }
    assert frame["context"].unique().to_list() == ['{"page":"x"}']
    of_all = {(d["policy"], d["release"], hashlib.sha256(b'{"page":"x"}').hexdigest()[:16]) for d in drawn}
    assert set(frame.select("policy", "release", "context_hash").rows()) == of_all
    assert {arm: c.impressions for arm, c in counts.items()} == Counter(d["banner_id"] for d in drawn)


def test_a_reward_counts_once(client: Client, settings: ServingSettings) -> None:
    """Sent again, even with another value, it gives the same answer."""
    shown = client.post("/v1/banners/home/select", json={}).json()
    body = {"impression_id": shown["impression_id"], "reward": 1}
    first = client.post("/v1/banners/home/reward", json=body)
    second = client.post("/v1/banners/home/reward", json=body | {"reward": 0})
    assert (first.status_code, second.status_code) == (200, 200)
    assert first.json() == second.json()
    store = Store(settings.store_url)
    assert sum(c.rewards for c in store.counts("home").values()) == 1.0
    store.close()


def test_an_impression_that_never_was_is_404(client: Client) -> None:
    """Unknown id, or an id of another slot."""
    shown = client.post("/v1/banners/home/select", json={}).json()["impression_id"]
    for slot, key in (("home", "never"), ("elsewhere", shown)):
        answer = client.post(f"/v1/banners/{slot}/reward", json={"impression_id": key, "reward": 1})
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-impression")


def test_excluded_banners_are_never_drawn_and_the_rest_share_their_probability(client: Client) -> None:
    """With one banner left it is certain; with none left the answer is a problem."""
    only = client.post("/v1/banners/home/select", json={"exclude": ["good", "fair"]}).json()
    assert (only["banner_id"], only["propensity"]) == ("poor", 1.0)
    none = client.post("/v1/banners/home/select", json={"exclude": ["good", "fair", "poor"]})
    assert (none.status_code, none.json()["type"]) == (404, "/problems/no-banner-left")
    assert client.post("/v1/banners/attic/select", json={}).json()["type"] == "/problems/unknown-slot"


def test_equal_contexts_have_one_hash_whoever_the_user() -> None:
    """Order does not matter, values do; of a user alone there is none."""
    one = context_hash({"page": "home", "device": "phone", "user_id": "u1"})
    assert one == context_hash({"device": "phone", "page": "home", "user_id": "u2"})
    assert one != context_hash({"device": "desk", "page": "home"})
    assert context_hash({"user_id": "u1"}) is context_hash({}) is None


def test_a_context_has_its_bound(client: Client) -> None:
    """More than 2000 characters of JSON are refused."""
    large = {f"k{i}": "v" * 200 for i in range(10)}
    answer = client.post("/v1/banners/home/select", json={"context": large})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-input")


def test_rewards_move_the_distribution(
    client: Client, settings: ServingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 rewarded impressions of the poor banner make it likely: the counts of the store are heeded."""
    monkeypatch.setattr("serving.banners.selection.FRESH_SECONDS", 0.0)
    store = Store(settings.store_url)
    for i in range(300):
        store.record_impression(Impression(f"i{i}", datetime.now(UTC), "home", 1, "poor", 0.5))
        store.record_reward(f"i{i}", 1.0)
    store.close()
    drawn = [client.post("/v1/banners/home/select", json={}).json() for _ in range(20)]
    poor = [d["propensity"] for d in drawn if d["banner_id"] == "poor"]
    assert len(poor) >= 15
    assert min(poor) > 0.9


def test_a_release_without_banners_says_why(bare_client: Client) -> None:
    """404 with the release's reason."""
    answer = bare_client.post("/v1/banners/home/select", json={})
    assert answer.status_code == 404
    assert "the shop has no data for banner_priors" in answer.json()["detail"]
