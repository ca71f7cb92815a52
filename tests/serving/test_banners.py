"""Banners over HTTP: exact propensities, rewards once, learning."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.store import Store
from serving.settings import ServingSettings

Client = TestClient[Litestar]


def test_a_banner_is_drawn_with_the_propensity_that_is_logged(client: Client, settings: ServingSettings) -> None:
    """300 draws: each arm's share is within 5 standard errors of its mean propensity, and all are on record."""
    drawn = [client.post("/v1/banners/home/select", json={"context": {"page": "x"}}).json() for _ in range(300)]
    shares = Counter(d["banner_id"] for d in drawn)
    assert {d["banner_id"] for d in drawn} <= {"good", "poor", "fair"}
    for arm in shares:
        p = sum(d["propensity"] for d in drawn if d["banner_id"] == arm) / shares[arm]
        assert abs(shares[arm] / 300 - p) < 5 * (p * (1 - p) / 300) ** 0.5 + 0.02
    store = Store(settings.store_url)
    now = datetime.now(UTC)
    frame = store.read_impressions(now - timedelta(days=1), now + timedelta(days=1))
    assert set(frame["impression_id"]) == {d["impression_id"] for d in drawn}
    assert frame["context"].unique().to_list() == ['{"page":"x"}']
    assert sum(c.impressions for c in store.counts("home").values()) == 300
    store.close()


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


def test_a_context_has_its_bound(client: Client) -> None:
    """More than 2000 characters of JSON are refused."""
    large = {f"k{i}": "v" * 200 for i in range(10)}
    answer = client.post("/v1/banners/home/select", json={"context": large})
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-input")


def test_rewards_move_the_distribution(
    client: Client, settings: ServingSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 rewarded impressions of the poor banner make it likely: the counts of the store are heeded."""
    monkeypatch.setattr("serving.banners.FRESH_SECONDS", 0.0)
    from resources.store import Impression

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
    assert "the shop has no data for banners" in answer.json()["detail"]
