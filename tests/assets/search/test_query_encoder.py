"""When queries are encoded in 8-bit integers: only where search loses nothing by it."""

import json
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import polars as pl
import pytest

from assets.daily.inputs import DeclaredLake, DeclaredModels, Reads
from assets.daily.models import AsOf
from assets.daily.windows import SAME_DAY
from assets.models.products.catalogue import Catalogue
from assets.models.products.texts import product_texts
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.vectors.index import VectorIndex
from assets.search.clicks import Search
from assets.search.judgments import Judgments
from assets.search.learning import QueryTexts, SearchInputs
from assets.search.query_encoder import FULL, QUANTISED, agreement, choose, loss, served_encoder
from assets.search.replays import HeldOut, systems
from evaluation.resampling.bootstrap import Interval
from resources.encoder.export import MODEL_FILE
from resources.encoder.quantised import quantised_folder
from resources.encoder.text_encoder import ABOUT_FILE, TextEncoder
from resources.lake import Lake
from resources.model_store import ModelStore, Unavailable
from resources.settings import Settings
from resources.shop import Embeddings
from resources.tables import TABLES
from tests.default_shop import SHOP

KINDS = ("lamp", "desk", "chair", "shelf", "vase", "clock", "rug", "stool")


@pytest.mark.parametrize(
    ("difference", "deciding", "against"),
    [
        ((-0.0005, -0.0015, 0.0005), 4_000, None),
        ((-0.0010, -0.0015, -0.0005), 4_000, None),
        ((-0.0010, -0.0020, 0.0), 400, "on 400 queries NDCG@10 may be 0.0020 lower by it, which is 0.002 or more"),
        ((-0.0100, -0.0150, -0.0050), 400, "NDCG@10 on 400 queries is 0.0100 lower by it"),
        ((0.0, 0.0, 0.0), 29, "measured on 29 queries only, where 30 are needed"),
        ((0.0, 0.0, 0.0), 30, None),
    ],
)
def test_the_rule(difference: tuple[float, float, float], deciding: int, against: str | None) -> None:
    """A loss that is small for sure is none; one that is shown, or cannot be ruled out, is one."""
    assert loss(Interval(*difference), deciding) == against


def test_agreement_by_hand() -> None:
    """Eight of ten; one of two and three; nothing twice, which is the same; what is behind the tenth does not count."""
    one = {"a": np.arange(30), "b": np.array([1, 2]), "c": np.array([], int)}
    other = {"a": np.r_[np.arange(8), 90, 91, 8, 9], "b": np.array([2, 7, 8]), "c": np.array([], int)}
    shares = agreement(
        lambda query: one[query].astype(np.int32), lambda query: other[query].astype(np.int32), ["a", "b", "c"]
    )
    np.testing.assert_allclose(shares, [0.8, 1 / 3, 1])


def test_what_decides() -> None:
    """Clicks of 30 queries, or of more than people judged; else what people judged, each query once."""
    clicked = [Search(f"query {i % 20}", {1: 1.0} if i % 20 < 10 else {}) for i in range(60)]
    answer = lambda query: np.array([1, 2], np.int32)  # noqa: E731
    judged = [Judgments(f"judged {i}", {2: 3.0}) for i in range(12)]
    by_clicks = HeldOut(clicked, judged[:9])
    assert by_clicks.decide_by_clicks
    assert np.unique(by_clicks.cluster).size == 10
    np.testing.assert_allclose(by_clicks.deciding_ndcg(answer), np.ones(30))
    by_people = HeldOut(clicked, judged)
    assert not by_people.decide_by_clicks
    assert by_people.cluster.tolist() == list(range(12))
    np.testing.assert_allclose(by_people.deciding_ndcg(answer), np.full(12, 1 / np.log2(3)))
    assert len(by_people.queries) == 32


NAMES = [f"{colour} {kind}" for colour in ("red", "blue", "green", "white", "black") for kind in KINDS]


@pytest.fixture
def search(tmp_path: Path, encoder: Path) -> SearchInputs:
    """Forty products of two words each."""
    rows = [{"product_id": name, "title": name, "in_stock": True} for name in NAMES]
    columns = {name: kind for name, kind in TABLES["products"].items() if name != "day"}
    catalogue = Catalogue.build(pl.DataFrame([{c: row.get(c) for c in columns} for row in rows], schema=columns))
    whole = TextEncoder.load(encoder)
    lexical = LexicalIndex.of_products(product_fields(catalogue.frame))
    vectors = VectorIndex.build(whole.encode(product_texts(catalogue.frame).to_list()))
    return SearchInputs(SHOP, Lake(str(tmp_path)), catalogue, lexical, vectors, QueryTexts(lexical, whole))


def wanted(search: SearchInputs, queries: int) -> HeldOut:
    """Of each name its product is perfect."""
    positions = search.products.positions(NAMES)
    return HeldOut([], [Judgments(n, {int(at): 3.0}) for n, at in zip(NAMES[:queries], positions, strict=False)])


def declared(search: SearchInputs, quantise: Literal["auto", "always", "never"]) -> SearchInputs:
    """The same in a shop that says how."""
    return search._replace(shop=msgspec.structs.replace(SHOP, embeddings=Embeddings(quantise=quantise)))


def test_the_encoder_is_chosen_by_what_it_finds(search: SearchInputs, encoder: Path) -> None:
    """Names find their products by either: nothing is lost. Too few of them tell nothing; the shop may declare it."""
    popularity = np.ones(len(NAMES), dtype=np.float32)
    chosen, told = choose(declared(search, "auto"), encoder, wanted(search, 40), popularity)
    assert (told["used"], told["why"], told["queries"]) == (QUANTISED, "search loses nothing by it", 40)
    assert told["ndcg"] == {FULL: 1, QUANTISED: 1}
    assert told["differences"]["int8 above float32"] == {"estimate": 0, "lower": 0, "upper": 0}
    assert 0.5 < told["agreement"]["estimate"] <= 1
    quantised = TextEncoder.load(quantised_folder(encoder)).encode([NAMES[0]], query=True)[0]
    np.testing.assert_array_equal(chosen.texts.vector(NAMES[0]), quantised)
    few = wanted(search, 29)
    kept, told = choose(declared(search, "auto"), encoder, few, popularity)
    assert (told["used"], told["why"]) == (FULL, "measured on 29 queries only, where 30 are needed")
    assert kept.texts is search.texts
    assert choose(declared(search, "always"), encoder, few, popularity)[1]["used"] == QUANTISED
    same, told = choose(declared(search, "never"), encoder, few, popularity)
    assert told == {"used": FULL, "why": "[embeddings] quantise is never"}
    assert same.texts is search.texts


def test_a_model_that_cannot_be_quantised(search: SearchInputs, encoder: Path, tmp_path: Path) -> None:
    """The whole one serves, and the report says why; a shop that wants it always is told."""
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / MODEL_FILE).write_bytes(b"")
    (broken / ABOUT_FILE).write_text('{"fingerprint": "none"}', encoding="utf-8")
    held, popularity = wanted(search, 40), np.ones(len(NAMES), dtype=np.float32)
    kept, told = choose(declared(search, "auto"), broken, held, popularity)
    assert told["used"] == FULL
    assert "cannot be quantised" in told["why"]
    assert kept.texts is search.texts
    with pytest.raises(Unavailable, match="cannot be quantised"):
        choose(declared(search, "always"), broken, held, popularity)


def test_a_query_is_answered_once(search: SearchInputs) -> None:
    """Every figure of a way to answer is of the same array; other ways have their own."""
    search.texts.prepare(NAMES[:2])
    answers = systems(search, np.ones(len(NAMES), dtype=np.float32), None)
    assert answers["hybrid"](NAMES[0]) is answers["hybrid"](NAMES[0])
    assert answers["hybrid"](NAMES[0]) is not answers["words"](NAMES[0])
    assert search.products.positions([NAMES[1]]).tolist() == answers["hybrid"](NAMES[1])[:1].tolist()


@pytest.mark.parametrize(
    ("quantise", "used", "served"),
    [
        ("auto", QUANTISED, "encoder-int8"),
        ("auto", FULL, "encoder"),
        ("auto", None, "encoder"),
        ("always", None, "encoder-int8"),
        ("never", QUANTISED, "encoder"),
    ],
)
def test_a_release_carries_what_the_report_chose(
    quantise: Literal["auto", "always", "never"], used: str | None, served: str, encoder: Path, tmp_path: Path
) -> None:
    """Without a report the whole one, unless the shop wants the other always; a report of before says nothing of it."""
    day, models = "2026-01-11", ModelStore(tmp_path / "models")
    (tmp_path / "encoder").symlink_to(encoder)
    if used is None:
        models.mark_unavailable("search_report", day, Unavailable("nobody searched"))
    else:
        with models.writing("search_report", day) as folder:
            told = {"query_encoder": {"used": used}}
            (folder / "search.json").write_text(json.dumps(told), encoding="utf-8")
    shop = msgspec.structs.replace(SHOP, embeddings=Embeddings(quantise=quantise))
    reads = Reads("release", {"search_report": SAME_DAY}, shop, day, day)
    settings = Settings.from_env({"UPSHELF_HOME": str(tmp_path)})
    lake = DeclaredLake(Lake(settings.lake_url), reads)
    at = AsOf(day, tmp_path, settings, shop, lake, DeclaredModels(models, reads))
    assert served_encoder(at).name == served
    if used is not None:
        with models.writing("search_report", day) as folder:
            (folder / "search.json").write_text("{}", encoding="utf-8")
        assert served_encoder(at).name == ("encoder-int8" if quantise == "always" else "encoder")
