"""Ids that hold what parts an address."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest
from litestar import Litestar
from litestar.testing import TestClient

from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.releases import build_release, describe

IDS = ["a/b", "/", "a//b", "e f", "über?x=1#y", "..", "a/../b"]


@pytest.fixture(scope="module")
def slashed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A release whose first products have such ids; the order of ids is the catalogue's."""
    folder = build_release(tmp_path_factory.mktemp("slashed") / "release")
    file = folder / "catalogue" / "catalogue.arrow"
    frame = pl.read_ipc(file.read_bytes())
    ids = sorted([*IDS, *frame["product_id"].to_list()[len(IDS) :]])
    frame.with_columns(pl.Series("product_id", ids)).write_ipc(file)
    describe(folder, "2026-03-01")
    return folder


def test_an_id_is_asked_for_as_it_is(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    slashed: Path,
    answering: Callable[..., Any],
) -> None:
    """Quoted as every client does; the product, what is like it, and the address in a problem."""
    promote("1", slashed)
    with answering(settings, source) as client:
        for product_id in IDS:
            if product_id == "..":  # clients take it for the folder above
                continue
            address = f"/v1/products/{quote(product_id, safe='')}"
            assert client.get(address).json().get("product_id") == product_id, (address, client.get(address).text)
            similar = client.get(f"{address}/similar")
            assert similar.status_code == 200
            assert product_id not in {item["product_id"] for item in similar.json()["items"]}
        unknown = client.get("/v1/products/no%2Fsuch%2Fthing")
        assert unknown.status_code == 404
        assert unknown.json()["instance"] == "/v1/products/no/such/thing"
        assert "'no/such/thing'" in unknown.json()["detail"]
        assert client.get("/v1/products/a/b").json()["detail"].startswith("There is no '/v1/products/a/b' here")


@pytest.mark.parametrize("address", ["/v1/products/p%00p", "/v1/products/p%2Fp%00/similar", "/v1/banners/%00/select"])
def test_no_id_holds_a_nul(client: TestClient[Litestar], address: str) -> None:
    """It stands for no other character."""
    answer = client.get(address)
    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/invalid-input")
    assert answer.headers["content-type"] == "application/problem+json"
