"""A release with a learnt search answers by it, one without by the untuned hybrid; the report measures that order."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assets.models.manifest import write_manifest
from assets.models.products.texts import product_texts
from assets.models.release import Release
from assets.models.search.learnt.features import SearchFeatures
from assets.models.search.learnt.judged_query import JudgedQuery
from assets.models.search.learnt.model import learn_search
from assets.search.learning import QueryTexts, SearchInputs
from assets.search.replays import systems
from resources.encoder.text_encoder import TextEncoder
from resources.lake import Lake
from resources.settings import ROOT
from resources.shop import Shop
from serving.lists.chains import fill
from serving.release.snapshot import Snapshot
from serving.search.pool import Pool, QueryRead, pool_of

KINDS = ("lantern", "teapot", "spade")
LEARNT = {"birthday of grandma": (1, 4, 7), "camping trip": (0, 30), "rainy sunday": (4, 16, 28)}
"""Queries that no title holds a word of, with the products that they found."""


def query_vector(seed: int) -> np.ndarray:
    """A vector that says nothing of the query."""
    return np.random.default_rng(seed).normal(size=384).astype(np.float32)


def with_search(base: Path, folder: Path, judged: list[JudgedQuery]) -> Path:
    """A copy of the release ``base`` with what ``judged`` teaches; products get older by one day each."""
    shutil.copytree(base, folder)
    release = Release.load(base)
    assert release.lexical_index is not None
    assert release.hnsw_index is not None
    texts = product_texts(release.catalogue.frame).to_list()
    age = np.zeros((len(texts), 2), dtype=np.float32)
    age[:, 1] = np.arange(len(texts))
    (folder / "search_model").mkdir()
    features = SearchFeatures.build(release.lexical_index, texts, age)
    learn_search(release.lexical_index, release.hnsw_index, features, judged).save(folder / "search_model")
    (folder / "manifest.json").unlink()
    write_manifest(folder, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    return folder


@pytest.fixture
def learnt_release(plain_release: Path, tmp_path: Path) -> Path:
    """Who asks for a kind of product wants the ten with the highest numbers, says the search module."""
    judged = [
        JudgedQuery(f"{kind} {word}", query_vector(i), dict.fromkeys(range(27 + k, 60, 3), 3.0))
        for k, kind in enumerate(KINDS)
        for i, word in enumerate(["", "nice", "fine", "new", "good", "old", "big", "small", "my", "your"])
    ]
    return with_search(plain_release, tmp_path / "release", judged)


@pytest.fixture(scope="module")
def remembering_release(full_release: Path, encoder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the real encoder, and what queries have found of which no product holds a word."""
    vectors = TextEncoder.load(encoder).encode(list(LEARNT))
    judged = [
        JudgedQuery(query, vector, dict.fromkeys(items, 3.0))
        for (query, items), vector in zip(LEARNT.items(), vectors, strict=True)
    ]
    return with_search(full_release, tmp_path_factory.mktemp("remembering") / "release", judged)


def test_the_search_module_decides_the_order(plain_release: Path, learnt_release: Path) -> None:
    """All of the first ten lanterns are late ones with the module, not so without; reasons and filters stay."""
    read = QueryRead("lantern", query_vector(99), None, np.empty(0, dtype=np.int32))

    def pool(folder: Path) -> tuple[Snapshot, Pool]:
        snapshot = Snapshot.load(folder, "1")
        return snapshot, pool_of(snapshot, read)

    def first(folder: Path, left_out: int | None = None) -> list[int]:
        snapshot, found = pool(folder)
        shown = found.matching.copy()
        if left_out is not None:
            shown[left_out] = False
        picks = fill(found.chain(snapshot, shown, "relevance"), 10).picks
        assert {pick.reason for pick in picks} == {"matches words of 'lantern'"}
        return [pick.item for pick in picks]

    untuned, learnt = first(plain_release), first(learnt_release)
    assert min(untuned) < 27
    assert min(learnt) >= 27
    assert {item % 3 for item in learnt} == {0}
    assert learnt[0] not in first(learnt_release, learnt[0])


def test_a_search_module_without_its_indexes_is_left_alone(learnt_release: Path) -> None:
    """A release that lost its vectors loads, and has no learnt search."""
    shutil.rmtree(learnt_release / "hnsw_index")
    (learnt_release / "manifest.json").unlink()
    write_manifest(learnt_release, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    assert Release.load(learnt_release).search_model is None


@pytest.mark.slow
def test_what_like_searches_found_is_found_and_counted(
    full_release: Path, remembering_release: Path, tmp_path: Path, search_client: Callable[[Path, Path], Any]
) -> None:
    """Nothing matches until it is learnt; then it is on the pages, in the total and the facets, under filters too."""
    query, products = "Birthday of Grandma", {"p01", "p04", "p07"}
    with search_client(full_release, _folder(tmp_path / "before")) as client:
        before = client.get("/v1/search", params={"q": query}).json()
        assert before["relaxed"]
    with search_client(remembering_release, _folder(tmp_path / "after")) as client:

        def ask(**parameters: object) -> dict[str, Any]:
            answer = client.get(
                "/v1/search", params={"q": query, "limit": 100, "facets": "brand,category", **parameters}
            )
            assert answer.status_code == 200, answer.text
            found: dict[str, Any] = answer.json()
            return found

        whole = ask()
        assert "relaxed" not in whole
        ids = [item["product_id"] for item in whole["items"]]
        assert products <= set(ids)
        assert len(ids) == len(set(ids)) == whole["total"]
        pages = [item["product_id"] for at in range(len(ids)) for item in ask(limit=1, offset=at)["items"]]
        assert pages == ids
        assert whole["facets"]["brand"] == [{"value": "Acme", "count": whole["total"]}]
        for value in whole["facets"]["category"]:
            assert ask(filters=f"category:{value['value']}")["total"] == value["count"]
        one = ask(filters="price:5..5")
        assert (one["total"], [item["product_id"] for item in one["items"]]) == (1, ["p04"])
        told = {item["product_id"]: item["reason"] for item in whole["items"]}
        assert {told[p] for p in products} <= {
            f"is close in meaning to '{query}'",
            f"was found by searches like '{query}'",
        }
        other = client.get("/v1/search", params={"q": "zzzz"}).json()
        assert other["relaxed"], "a query unlike those that were learnt finds nothing of theirs"


@pytest.mark.slow
@pytest.mark.parametrize("module", ["words", "hybrid", "ranker"])
def test_the_report_measures_what_is_served(
    module: str,
    request: pytest.FixtureRequest,
    encoder: Path,
    tmp_path: Path,
    search_client: Callable[[Path, Path], Any],
) -> None:
    """The order that each system is measured by is the order over HTTP of a release of these modules."""
    releases = {"words": "plain_release", "hybrid": "full_release", "ranker": "remembering_release"}
    folder: Path = request.getfixturevalue(releases[module])
    release = Release.load(folder)
    assert release.lexical_index is not None
    assert release.hnsw_index is not None
    texts = QueryTexts(release.lexical_index, TextEncoder.load(encoder))
    shop = SearchInputs(
        Shop.load(ROOT / "tests" / "shops" / "tiny" / "shop.toml"),
        Lake(str(tmp_path / "lake")),
        release.catalogue,
        release.lexical_index,
        release.hnsw_index,
        texts,
    )
    answer = systems(shop, release.popularity.score, release.search_model)[module]
    with search_client(folder, _folder(tmp_path / "client")) as client:
        for query in ("lantern", "white teapot", "lamp for the living room", "camping trip", "red or blue spade", "!!"):
            texts.prepare([query])
            served = client.get("/v1/search", params={"q": query, "limit": 50}).json()
            ids = [] if "relaxed" in served else [item["product_id"] for item in served["items"]]
            assert [release.catalogue.ids[item] for item in answer(query)] == ids, query


def _folder(path: Path) -> Path:
    path.mkdir()
    return path
