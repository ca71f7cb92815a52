"""Pages of other origins, as browsers let them call an API: preflights, headers, errors too."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

SHOP, OTHER = "https://shop.example", "https://other.example"
ALLOWED = "access-control-allow-origin"


@pytest.mark.parametrize("keyed", [False, True])
def test_the_shops_pages_may_call_and_others_may_not(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    answering: Callable[..., Any],
    keyed: bool,
) -> None:
    """A preflight needs no key; the call itself does, and a page can read why it failed."""
    promote("1", plain_release)
    keys = (("storefront", hashlib.sha256(b"k").digest()),) if keyed else ()
    with answering(replace(settings, keys=keys, origins=(SHOP,)), source) as client:
        asked = {"access-control-request-method": "POST", "access-control-request-headers": "content-type,x-api-key"}
        preflight = client.options("/v1/recommendations/session", headers={"origin": SHOP, **asked})
        assert preflight.is_success
        assert preflight.headers[ALLOWED] == SHOP
        assert "x-api-key" in preflight.headers["access-control-allow-headers"]
        refused = client.options("/v1/recommendations/session", headers={"origin": OTHER, **asked})
        assert ALLOWED not in refused.headers
        for url, status in (("/v1/search?q=lamp", 200), ("/v1/products/none", 404), ("/v1/search?qq=1", 400)):
            for _ in range(2):
                answer = client.get(url, headers={"origin": SHOP, "x-api-key": "k"})
                assert (answer.status_code, answer.headers[ALLOWED]) == (status, SHOP), url
                assert "x-request-id" in answer.headers["access-control-expose-headers"]
            assert ALLOWED not in client.get(url, headers={"origin": OTHER, "x-api-key": "k"}).headers
        if keyed:
            without = client.get("/v1/search?q=lamp", headers={"origin": SHOP})
            assert (without.status_code, without.headers[ALLOWED]) == (401, SHOP)


def test_without_origins_nothing_is_said(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    answering: Callable[..., Any],
) -> None:
    """A browser then keeps other pages out."""
    promote("1", plain_release)
    with answering(settings, source) as client:
        assert ALLOWED not in client.get("/v1/search?q=lamp", headers={"origin": SHOP}).headers


def test_what_may_be_asked_is_told_for_any_address(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    plain_release: Path,
    answering: Callable[..., Any],
) -> None:
    """Without a key, with the query of the request that will follow, and without an origin."""
    promote("1", plain_release)
    keys = (("storefront", hashlib.sha256(b"k").digest()),)
    with answering(replace(settings, keys=keys, origins=(SHOP,)), source) as client:
        answer = client.options("/v1/search?q=lamp")
        assert (answer.status_code, sorted(answer.headers["allow"].split(", "))) == (204, ["GET", "OPTIONS"])
