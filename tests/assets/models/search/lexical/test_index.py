"""Keyword search: a hand-made shop, bm25s as oracle, hostile queries."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.models.search.lexical.fields import FieldWeights, ProductFields
from assets.models.search.lexical.index import K1, B, LexicalIndex
from assets.models.text.analysis import MAX_QUERY_CHARACTERS, MAX_QUERY_TERMS

TEXTS = [
    "WHITE HANGING HEART T-LIGHT HOLDER 85123A",
    "Red heart lunch box",
    "Lunch boxes, set of 2",
    "WD-40 spray",
    "",
    "The Who: live",
]
WORDS = ["red", "blue", "lamp", "lamps", "box", "desk", "the", "of", "usb-c", "12v"]


def test_by_hand() -> None:
    """Plurals, SKUs and joined terms are found; both words beat one; nothing known finds nothing."""
    index = LexicalIndex.build(TEXTS)
    assert index.search("lunch box heart", 5).items.tolist()[0] == 1
    assert set(index.search("lunchbox boxes", 5).items.tolist()) == {1, 2}
    assert index.search("85123a", 5).items.tolist() == [0]
    assert index.search("tlight", 5).items.tolist() == [0]
    for query in ("wd40", "WD 40", "wd-40"):
        assert index.search(query, 5).items.tolist() == [3]
    assert index.search("the", 5).items.tolist() == [5]
    assert index.search("unknown words", 5).items.tolist() == []
    mask = np.array([True, False, True, True, True, True])
    assert index.search("lunch", 5, mask).items.tolist() == [2]


def test_titles_alone_rank_as_bm25() -> None:
    """Products that have no more than a title are scored and ordered as bm25s does with the same k1 and b."""
    import bm25s

    rng = np.random.default_rng(0)
    titles = [" ".join(rng.choice(WORDS, rng.integers(1, 9))) for _ in range(400)]
    index = LexicalIndex.of_products([ProductFields(title) for title in titles])
    oracle = bm25s.BM25(method="lucene", k1=K1, b=B, backend="numpy")
    oracle.index([index.analyser.terms(title) for title in titles], show_progress=False)
    for query in ("lamp", "red desk", "usb-c box 12v", "blue lamps box desk"):
        typed = index.analyser.query_terms(query)
        expected = oracle.get_scores(typed)
        words = np.zeros(len(titles), dtype=np.float32)
        index.words.add(typed, words)
        np.testing.assert_allclose(words, expected, rtol=1e-5)
        # Within rounding, products that bm25s tells apart stand in its order.
        assert (np.diff(expected[np.argsort(-words, kind="stable")]) <= 1e-5).all()
    alone = index.search("lamp", 400)
    np.testing.assert_allclose(alone.scores, oracle.get_scores(["lamp"])[alone.items], rtol=1e-5)


def test_a_title_comes_before_a_description() -> None:
    """A word in the title counts for more than in the description, and a long description does not dilute it."""
    long = "Sturdy thing for every home and garden, " * 30
    products = [
        ProductFields("Desk", description="Goes well with any lamp."),
        ProductFields("Lamp", description=long),
        ProductFields("Chair", description=long + "lamp"),
        ProductFields("Lamp"),
    ]
    index = LexicalIndex.of_products(products)
    found = index.search("lamp", 4)
    assert found.items.tolist() == [1, 3, 0, 2]
    assert found.scores[0] == found.scores[1]


def test_weights_decide_between_fields(tmp_path: Path) -> None:
    """The ratios alone count, and a loaded index keeps to them."""
    products = [ProductFields("Lamp by Acme"), ProductFields("Lamp old", brand="Acme"), ProductFields("Desk")]

    def best(weights: FieldWeights) -> int:
        index = LexicalIndex.of_products(products, weights)
        index.save(tmp_path)
        items, scores = index.search("acme", 3)
        again = LexicalIndex.load(tmp_path).search("acme", 3)
        assert again.items.tolist() == items.tolist()
        assert again.scores.tolist() == scores.tolist()
        return int(items[0])

    assert best(FieldWeights(brand=5.0)) == 1
    assert best(FieldWeights(brand=0.1)) == 0
    one, other = FieldWeights(2.0, 0.4, 2.0, 2.0, 1.0), FieldWeights(1.0, 0.2, 1.0, 1.0, 0.5)
    scores = [LexicalIndex.of_products(products, weights).scores("acme lamp").tolist() for weights in (one, other)]
    assert scores[0] == scores[1]


def test_a_field_of_weight_0_is_left_out() -> None:
    """It is found by no word, makes no pair, and its words correct no spelling."""
    products = [ProductFields("Lamp", description="wooden table stand")] * 30 + [ProductFields("Desk")]
    whole, index = LexicalIndex.of_products(products), LexicalIndex.of_products(products, FieldWeights(description=0.0))
    assert whole.search(whole.corrected("woden tabel"), 5).items.size == 5
    assert index.search("wooden table", 5).items.size == 0
    assert index.correction("woden tabel") == ("woden tabel", None)
    assert index.scores("lamp").tolist() == LexicalIndex.build([p.title for p in products]).scores("lamp").tolist()
    with pytest.raises(ValueError, match="above 0"):
        LexicalIndex.of_products(products, FieldWeights(title=0.0))


def test_words_of_two_fields_are_no_pair() -> None:
    """A title's last word and the brand do not stand side by side."""
    products = [ProductFields("Desk lamp", brand="Shade"), ProductFields("Desk lamp shade")] * 2
    index = LexicalIndex.of_products(products)
    assert index.search("lamp shade", 1).items.tolist() == [1]


def test_words_side_by_side_count() -> None:
    """Of two products with both words, the one that says them one after the other comes first."""
    index = LexicalIndex.build(["lamp red desk", "red desk lamp", "red desk lamp", "lamp desk red"])
    assert index.search("desk lamp", 4).items.tolist() == [1, 2, 0, 3]


def test_corrected_queries() -> None:
    """Unknown words become near ones or two known ones; known words and numbers stay."""
    index = LexicalIndex.build([*TEXTS, "Red heart lunch bag", "Candle holder"])
    assert index.corrected("lunhc box") == "lunch box"
    assert index.corrected("holdr 85123a") == "holder 85123a"
    assert index.corrected("hearts candles") == "hearts candles"
    assert index.corrected("lunchbags redheart") == "lunchbags red heart"
    assert index.corrected("zzzzzzzz") == "zzzzzzzz"


def test_neighbours_decide_a_correction() -> None:
    """Of words equally near the one that products put beside the query's next word; for a rare word it is offered."""
    titles = ["Belt sander"] * 30 + ["Bolt cutter"] * 40 + ["Harry Potter film"] * 40 + ["Harold Poter plays Bach"]
    index = LexicalIndex.build(titles)
    assert index.corrected("bult sander") == "belt sander"
    assert index.corrected("bult cutter") == "bolt cutter"
    assert index.correction("harry poter") == ("harry poter", "harry potter")
    assert index.correction("poter plays") == ("poter plays", None)


def test_a_doubtful_correction_is_only_offered() -> None:
    """A short word with another letter in its place may be another word; a swap or a missing letter is a slip."""
    index = LexicalIndex.build([*["Diego plush toy"] * 15, *["Candle"] * 20])
    assert index.correction("dingo") == ("dingo", "diego")
    assert index.correction("dingo plush") == ("diego plush", None)
    assert index.correction("deigo") == ("diego", None)
    assert index.correction("diego") == ("diego", None)
    assert index.correction("bandle") == ("candle", None)


def test_synonyms_find_what_the_word_itself_does_not() -> None:
    """Both ways in a group, one way with an arrow; a phrase stands for a word only where all of it is there."""
    texts = ["Sofa blue", "Couch blue", "Television stand", "TV stand", "Hard drive", "Disk hard", "SSD 1tb", "Drive"]
    index = LexicalIndex.build(texts, [["sofa", "couch"], "tv => television", ["ssd", "hard drive"]])

    def found(query: str) -> set[int]:
        return set(index.search(query, 9).items.tolist())

    assert found("sofa") == found("couches") == {0, 1}
    assert index.search("sofa", 9).items.tolist()[0] == 0
    assert found("tv") == {2, 3}
    assert found("television") == {2}
    assert found("ssd") == {6, 4}
    assert 6 in found("hard drive")
    assert index.corrected("telly") == "telly"


def test_a_synonym_adds_nothing_to_a_product_that_says_both() -> None:
    """The score of a word and its synonym is the better of the two, not their sum."""
    texts = ["sofa couch", "sofa bed", "couch lamp"]
    plain, index = LexicalIndex.build(texts), LexicalIndex.build(texts, [["sofa", "couch"]])
    assert index.scores("sofa")[:2].tolist() == plain.scores("sofa")[:2].tolist()
    assert index.scores("sofa")[2] == pytest.approx(0.8 * plain.scores("couch")[2])


def test_synonyms_are_saved_alike_in_any_order(tmp_path: Path) -> None:
    """A loaded index answers as the one that was saved; the list's order does not change its file."""
    entries = [["heart", "love"], "tin => box"]
    files = []
    for name, given_entries in (("one", entries), ("other", entries[::-1])):
        (tmp_path / name).mkdir()
        LexicalIndex.build(TEXTS, given_entries).save(tmp_path / name)
        files.append((tmp_path / name / "synonyms.json").read_bytes())
        loaded = LexicalIndex.load(tmp_path / name)
        assert set(loaded.search("love", 5).items.tolist()) == {0, 1}
        assert set(loaded.search("tin", 5).items.tolist()) == {1, 2}
    assert files[0] == files[1]


@pytest.mark.parametrize("entry", [["sofa"], "tv", "tv =>", ["sofa", "Sofas"], ["sofa", "!"], "a b c d e f g h => x"])
def test_synonyms_that_say_nothing_are_refused(entry: list[str] | str) -> None:
    """With the entry and the way to write it."""
    with pytest.raises(ValueError, match="synonyms"):
        LexicalIndex.build(TEXTS, [entry])


@settings(max_examples=40)
@given(
    st.lists(st.lists(st.sampled_from(WORDS), max_size=6), min_size=1, max_size=15),
    st.lists(st.sampled_from(WORDS), max_size=4),
    st.integers(1, 20),
    st.integers(0, 99),
)
def test_invariants(rows: list[list[str]], query: list[str], k: int, seed: int) -> None:
    """No duplicates, mask kept, sorted; permuted texts give the permuted scores; word order finds the same."""
    rng = np.random.default_rng(seed)
    texts = [" ".join(r) for r in rows]
    mask = rng.random(len(texts)) < 0.7
    index = LexicalIndex.build(texts)
    answer = index.search(" ".join(query), k, mask)
    assert len(answer.items) == len(set(answer.items.tolist())) <= k
    assert mask[answer.items].all()
    assert (np.diff(answer.scores) <= 0).all()
    assert (answer.scores > 0).all()
    turned = index.search(" ".join(reversed(query)), len(texts), mask)
    assert set(answer.items.tolist()) <= set(turned.items.tolist())
    order = rng.permutation(len(texts))
    again = LexicalIndex.build([texts[i] for i in order]).search(" ".join(query), len(texts))
    full = index.search(" ".join(query), len(texts))
    assert dict(zip(order[again.items].tolist(), again.scores.tolist(), strict=True)) == dict(
        zip(full.items.tolist(), full.scores.tolist(), strict=True)
    )


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "💥" * 500,
        "\x00\x1b[2J",
        "heart " * 2_000,
        "x" * 10_240,
        "'\"; DROP",
        "\ud800",
        "(heart|",
        "heart" * 99,
        "\u202eheart",
        "of the",
    ],
)
def test_hostile_queries(query: str) -> None:
    """They are answered with nothing or with what their known words find, corrected or not."""
    index = LexicalIndex.build(TEXTS)
    assert set(index.search(index.corrected(query), 3).items.tolist()) <= {0, 1, 2, 5}
    assert set(index.search(query, 3).items.tolist()) <= {0, 1, 2, 5}


def test_a_hostile_query_is_read_to_its_limits() -> None:
    """Of ten thousand characters the first 2,000 count, and of their words the first 64."""
    index = LexicalIndex.build([f"{word} {i}" for i in range(500) for word in ("lamp", "holder", "lantern")])
    for query in ("lantrens " * 1_200, "1/" * 5_000, "1x" * 5_000, "1'\"" * 3_000, "1" + " " * 10_000, "a-" * 5_000):
        read = query[:MAX_QUERY_CHARACTERS]
        assert np.array_equal(index.scores(query), index.scores(read))
        assert index.corrected(query)[: len(read)] == index.corrected(read)[: len(read)]
    padding = " ".join(f"unknown{number}" for number in range(MAX_QUERY_TERMS))
    assert index.scores(f"lantern {padding}").any()
    assert not index.scores(f"{padding} lantern").any()


def test_round_trip(tmp_path: Path) -> None:
    """A loaded index answers alike; so does one of blank texts."""
    for name, texts in (("full", TEXTS), ("blank", ["", "!"]), ("none", [])):
        index, folder = LexicalIndex.build(texts), tmp_path / name
        folder.mkdir()
        index.save(folder)
        loaded = LexicalIndex.load(folder)
        for query in ("lunch box heart", "the", "wd40"):
            one, other = index.search(query, 5), loaded.search(query, 5)
            assert one.items.tolist() == other.items.tolist()
            assert one.scores.tolist() == other.scores.tolist()


def test_refusals() -> None:
    """A k of 0 and a mask of another catalogue are refused."""
    with pytest.raises(ValueError, match="at least 1"):
        LexicalIndex.build(TEXTS).search("heart", 0)
    with pytest.raises(ValueError, match="same release's catalogue"):
        LexicalIndex.build(TEXTS).search("heart", 1, np.ones(2, dtype=np.bool_))
