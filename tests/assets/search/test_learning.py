"""Search learnt from a lake of searches whose shoppers want what the words alone do not tell."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.models.products.catalogue import Catalogue
from assets.models.products.texts import product_texts
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.score_blend import blend, find_candidates
from assets.models.search.vectors.index import VectorIndex
from assets.search.clicks import product_priors, searches_of
from assets.search.judgments import Judgments, is_held_out, judged_figures, judgments_of
from assets.search.learning import QueryTexts, SearchInputs, learn_from_days
from assets.search.report import search_report
from resources.encoder.text_encoder import TextEncoder
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import ROOT
from resources.shop import Shop
from resources.tables import TABLES
from tests.assets.one_asset import run

DAYS = ["2026-01-11", "2026-01-12", "2026-01-13"]
COLOURS = ("red", "blue", "green", "white", "black", "brass", "grey")
KINDS = ("lamp", "desk", "chair", "shelf", "vase", "clock", "rug", "stool")


def frame(table: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    """Rows of a table; columns that they lack are null."""
    columns = TABLES[table]
    return pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=dict(columns))


def at(day: str) -> datetime:
    """Noon."""
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


@pytest.fixture
def shop(tmp_path: Path, encoder: Path) -> SearchInputs:
    """Of each colour and kind two products of one text; shoppers always choose the second."""
    lake = Lake(str(tmp_path / "lake"))
    names = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]
    products = [
        {"day": DAYS[0], "product_id": f"{name} {i}", "title": name, "in_stock": True, "updated_at": at(DAYS[0])}
        for name in names
        for i in (1, 2)
    ]
    lake.replace_partition("products", frame("products", products), DAYS[0], DAYS[0])
    for number, day in enumerate(DAYS):
        # A name is asked for on two of the three days; on the third it is known by its popularity alone.
        asked = [name for i, name in enumerate(names) if i % 3 != number]
        searches = [
            {"day": day, "search_id": f"{day}/{n}", "ts": at(day), "query": n, "product_id": f"{n} 2", "gain": 1}
            for n in asked
        ]
        lake.replace_partition("searches", frame("searches", searches), day, day)
        counts = dict.fromkeys(("views", "carts", "units_sold", "orders", "units_returned"), 0)
        stats = [
            {"day": day, "product_id": f"{n} 2", "clicks": 1, "revenue": 0.0, "refunds": 0.0, **counts} for n in asked
        ]
        lake.replace_partition("product_stats", frame("product_stats", stats), day, day)
    catalogue = Catalogue.build(frame("products", products).drop("day"))
    texts = product_texts(catalogue.frame).to_list()
    text_encoder = TextEncoder.load(encoder)
    lexical = LexicalIndex.of_products(product_fields(catalogue.frame))
    vectors = VectorIndex.build(text_encoder.encode(texts))
    declared = Shop.load(ROOT / "tests" / "shops" / "tiny" / "shop.toml")
    return SearchInputs(declared, lake, catalogue, lexical, vectors, QueryTexts(lexical, text_encoder))


def test_clicks_teach_which_of_two_alike_is_wanted(shop: SearchInputs) -> None:
    """The untuned search puts the first of two equal texts first, the learnt one the second, of every name."""
    learnt = learn_from_days(shop, DAYS[0], DAYS[-1])
    untuned = wanted = 0
    for name in (f"{colour} {kind}" for colour in COLOURS for kind in KINDS):
        shop.texts.prepare([name])
        vector, target = shop.texts.vector(name), shop.products.position(f"{name} 2")
        untuned += int(blend(find_candidates(shop.lexical, shop.vectors, name, vector), 1).items[0]) == target
        wanted += int(learnt.answer(name, vector, 1)[1].items[0]) == target
    assert untuned == 0
    assert wanted >= 0.9 * len(COLOURS) * len(KINDS)


def test_days_without_searches_teach_nothing(shop: SearchInputs) -> None:
    """One time of the two has no search: there is nothing to learn, and the reason is given."""
    with pytest.raises(Unavailable, match="too few searches"):
        learn_from_days(shop, "2026-01-13", "2026-01-15")


def judge(shop: SearchInputs, number: int, names: list[str], day: str = "2026-01-01") -> None:
    """Somebody says of each name that the product ``number`` of the two is perfect, and that the other is none."""
    rows = [
        {
            "day": day,
            "query": name.upper(),
            "product_id": f"{name} {i}",
            "relevance": 3.0 if i == number else 1.0,
            "updated_at": at(day),
        }
        for name in names
        for i in (1, 2)
    ]
    shop.lake.merge("judgments", frame("judgments", rows), ["query", "product_id", "updated_at"])


def test_judgments_hold_from_their_day_and_their_halves_stay(shop: SearchInputs) -> None:
    """The latest word up to the day; as many queries more leave each of the others in its half."""
    names = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]
    assert judgments_of(shop.lake, shop.products, DAYS[0], 99) == []
    judge(shop, 1, names[:24])
    judge(shop, 2, names, DAYS[1])
    before, after = (judgments_of(shop.lake, shop.products, day, 99) for day in DAYS[:2])
    assert {one.query for one in before} == set(names[:24])
    assert all(one.gains[shop.products.position(f"{one.query} 1")] == 3.0 for one in before)
    assert all(one.gains[shop.products.position(f"{one.query} 1")] == 0.0 for one in after)
    order = [one.query for one in after]
    assert [query for query in order if query in names[:24]] == [one.query for one in before]
    halves = [is_held_out(query) for query in order]
    assert halves == sorted(halves)
    assert 12 <= sum(halves) <= 36
    few = judgments_of(shop.lake, shop.products, DAYS[1], 3)
    assert [is_held_out(one.query) for one in few] == [False] * 3 + [True] * 3


def test_figures_of_judged_queries() -> None:
    """The perfect product second, behind a middling one: NDCG by hand; relevance below 2 is no target of recall."""
    told = [Judgments("lamp", {4: 3.0, 5: 1.0, 6: 0.0}), Judgments("desk", {7: 0.5})]
    answers = {"lamp": np.array([6, 5, 4], np.int32), "desk": np.array([7], np.int32)}
    figures = judged_figures(answers.__getitem__, told)
    best = 3 + 1 / np.log2(3)
    np.testing.assert_allclose(figures["ndcg"], [(1 / np.log2(3) + 3 / 2) / best, 1])
    np.testing.assert_allclose(figures["mrr"], [1 / 2])
    np.testing.assert_allclose(figures["recall"], [1])


def test_what_people_judge_replaces_what_clicks_tell(shop: SearchInputs) -> None:
    """Of the judged names search remembers the first product alone; of the others still the second, as clicked."""
    names = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]
    judge(shop, 1, names[:16])
    learnt = learn_from_days(shop, DAYS[0], DAYS[-1])
    trial = learn_from_days(shop, DAYS[0], DAYS[-1], unseen=set(filter(is_held_out, names)))
    for name in names:
        shop.texts.prepare([name])
        two = np.array([shop.products.position(f"{name} {i}") for i in (1, 2)])
        for model, is_judged in ((learnt, name in names[:16]), (trial, name in names[:16] and not is_held_out(name))):
            assert model.parts.memory is not None
            first, second = model.parts.memory.of(shop.texts.vector(name), two)[:, 0]
            assert (first > second) is np.bool_(is_judged), name


def report(shop: SearchInputs, home: Path, encoder: Path) -> dict[str, Any]:
    """What the asset reports as of the last day."""
    models, day = ModelStore(home / "models"), DAYS[-1]
    parts = {"catalogue": shop.products, "hnsw_index": shop.vectors, "lexical_index": shop.lexical}
    for asset, part in parts.items():
        with models.writing(asset, day) as folder:
            part.save(folder)
    (home / "encoder").symlink_to(encoder)
    assert run(search_report, day, home=home, shop=msgspec.structs.replace(shop.shop, last_day=None)).success
    assert (models.require("search_report", day) / "search_ndcg.png").exists()
    return json.loads((models.require("search_report", day) / "search.json").read_text(encoding="utf-8"))


def test_judgments_alone_decide_where_nobody_searched(shop: SearchInputs, tmp_path: Path, encoder: Path) -> None:
    """People want the product that is not popular: what half of them say is measured, and kept, on the other half."""
    names = [f"{colour} {kind}" for colour in COLOURS for kind in KINDS]
    nobody = frame("searches", []).clear()
    shop.lake.replace_partition("searches", nobody, DAYS[0], DAYS[-1])
    with pytest.raises(Unavailable, match="too few searches"):
        learn_from_days(shop, DAYS[0], DAYS[-1])
    judge(shop, 1, names)
    told = report(shop, tmp_path, encoder)
    assert told["query_encoder"]["queries"] == sum(map(is_held_out, names))
    judged = told["judged"]
    assert told["all"] == {}
    assert set(judged) == {"words", "vectors", "hybrid", "adapter", "ranker"}
    assert {of["queries"] for of in judged.values()} == {sum(map(is_held_out, names))}
    assert judged["hybrid"]["mrr"]["estimate"] < 0.7
    assert told["kept"] == "ranker", told
    assert judged["ranker"]["ndcg"]["lower"] > judged["hybrid"]["ndcg"]["upper"]


def test_a_shop_without_judgments_reports_its_clicks_alone(shop: SearchInputs, tmp_path: Path, encoder: Path) -> None:
    """Without judgments there is no such section."""
    told = report(shop, tmp_path, encoder)
    assert "judged" not in told
    assert told["all"]["hybrid"]["ndcg"]


def test_priors_know_their_days_alone(shop: SearchInputs) -> None:
    """Popularity as of the first day is that day's; products are half a day old at its end, and a day more the next."""
    first = product_priors(shop.shop, shop.lake, shop.products, DAYS[0], DAYS[0])
    second = product_priors(shop.shop, shop.lake, shop.products, DAYS[0], DAYS[1])
    clicked = {item for search in searches_of(shop.lake, shop.products, DAYS[0], DAYS[0]) for item in search.gains}
    assert set(np.flatnonzero(first[:, 0]).tolist()) == clicked
    np.testing.assert_allclose(first[:, 1], 0.5)
    np.testing.assert_allclose(second[:, 1], 1.5)
