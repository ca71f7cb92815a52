"""Random small shops with random rules, and what those rules say of a product, worked out one product at a time."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
from hypothesis import strategies as st

from assets.models.baskets.co_purchase import CoPurchase
from assets.models.baskets.next_basket import NextBasket
from assets.models.manifest import Manifest
from assets.models.popularity.category_affinity import CategoryAffinity
from assets.models.popularity.items import Popularity
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.release import Release
from assets.models.rules.declared import Rules
from assets.models.search.vectors.index import VectorIndex
from assets.models.sessions.model import SessionModel
from resources.shop.rules import Rule, rules_json
from serving.release.snapshot import Snapshot

CATEGORIES = ("Home", "Home > Lamps", "Home > Lamps > Desk", "Home > Kitchen", "Garden")
CONDITIONS = (
    *(f"brand:{brand}" for brand in "ABC"),
    *(f"category:{name}" for name in CATEGORIES),
    "colour:red",
    "colour:blue",
    "in_stock:true",
    "price:..5",
    "price:3..8",
    "price:6..",
)
LISTS = ("similar", "bought_together", "session", "category", "popular", "decisions")


@dataclass(frozen=True)
class RuledShop:
    """A shop: rows of its products, its rules as declared, what u0 bought (positions), and its release."""

    products: list[dict[str, Any]]
    rules: list[Rule]
    bought: frozenset[int]
    snapshot: Snapshot


def product(draw: st.DrawFn, n: int) -> dict[str, Any]:
    """A product; the first of a shop has every attribute, so that a rule may name each."""
    brands, colours = st.sampled_from(["A", "B", "C", None]), st.lists(st.sampled_from(["colour:red", "colour:blue"]))
    return {
        "product_id": f"p{n:02d}",
        "title": f"Product {n}",
        "brand": draw(brands) if n else "A",
        "categories": draw(st.lists(st.sampled_from(CATEGORIES), max_size=2, unique=True)) if n else ["Home > Lamps"],
        "tags": draw(colours) if n else ["colour:red"],
        "price": draw(st.none() | st.integers(1, 10).map(float)) if n else 5.0,
        "in_stock": draw(st.booleans()),
    }


def rule(draw: st.DrawFn, n: int, ids: Sequence[str]) -> Rule:
    """A rule of any kind, for some lists or all, in some category or any."""
    conditions = st.lists(st.sampled_from(CONDITIONS), min_size=1, max_size=3)
    one = st.sampled_from(ids)
    some = st.lists(one, max_size=2)
    low, high = st.sampled_from([0.0, 0.5]), st.sampled_from([1.5, 7.0])
    kinds: dict[str, dict[str, st.SearchStrategy[Any]]] = {
        "exclude": {"where": conditions, "products": some},
        "only": {"where": conditions},
        "price_band": {"low": low, "high": high, "relative": st.booleans()},
        "bought": {},
        "pin": {"product": st.sampled_from([*ids, "gone"]), "place": st.integers(1, 6)},
        "boost": {"where": conditions, "by": st.sampled_from([0.2, 1.0])},
        "bury": {"products": st.lists(one, min_size=1, max_size=2), "by": st.sampled_from([0.2, 1.0])},
        "cap": {"attribute": st.sampled_from(["brand", "colour", "category"]), "at_most": st.integers(1, 2)},
        "diversity": {"relevance": st.sampled_from([0.0, 0.5, 1.0])},
    }
    kind = draw(st.sampled_from(sorted(kinds)))
    said = {name: draw(value) for name, value in kinds[kind].items()}
    if kind == "cap" and said["attribute"] == "category":
        said["level"] = draw(st.none() | st.integers(1, 2))
    everywhere, always = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    lists = [] if everywhere else draw(st.lists(st.sampled_from(LISTS), min_size=1, unique=True))
    category = None if always else draw(st.sampled_from(CATEGORIES))
    return msgspec.convert({"kind": kind, "name": f"rule {n}", "lists": lists, "category": category, **said}, Rule)


@st.composite
def ruled_shops(draw: st.DrawFn) -> RuledShop:
    """A shop of up to 20 products and 5 rules, with or without the modules that may be missing."""
    products = [product(draw, n) for n in range(draw(st.integers(5, 20)))]
    ids = [p["product_id"] for p in products]
    rules = [rule(draw, n, ids) for n in range(draw(st.integers(1, 5)))]
    bought = frozenset(draw(st.lists(st.integers(0, len(ids) - 1), max_size=3)))
    release = release_of(products, rules, bought, seed=draw(st.integers(0, 3)), modules=draw(st.booleans()))
    snapshot = Snapshot(release=release, registry_version="1", queries=None, economics=None, reports={})
    return RuledShop(products, rules, bought, snapshot)


def release_of(
    products: Sequence[Mapping[str, Any]], rules: Sequence[Rule], bought: frozenset[int], *, seed: int, modules: bool
) -> Release:
    """A release in memory, of random behaviour; without ``modules`` of catalogue, popularity and histories alone."""
    types = {"brand": pl.String, "categories": pl.List(pl.String), "tags": pl.List(pl.String), "price": pl.Float64}
    catalogue = Catalogue.build(pl.DataFrame(list(products), schema_overrides=types))
    n, rng = len(catalogue), np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    clicked = rng.integers(0, n, 60).astype(np.int32)
    owner, when = np.repeat(np.arange(12), 5).astype(np.int64), np.arange(60, dtype=np.int64)
    items = np.array(sorted(bought), dtype=np.int32)
    ones, today = np.ones(60, dtype=np.float32), np.zeros(60, dtype=np.float32)
    attributes = ProductAttributes.build(catalogue)
    index = VectorIndex.build(vectors) if modules else None
    liked = np.array([catalogue.category_index("Home")])
    return Release(
        folder=Path(),
        manifest=Manifest("test", "2026-01-30", "EUR", ("catalogue", "popularity"), {}, {}),
        catalogue=catalogue,
        attributes=attributes,
        numbers=ProductNumbers.build(catalogue),
        rules=Rules.build(json.loads(rules_json(rules)), catalogue, attributes, None if index is None else vectors),
        popularity=Popularity.fit(clicked, ones, today, n),
        hnsw_index=index,
        lexical_index=None,
        co_purchase=CoPurchase.fit(owner, clicked, n) if modules else None,
        session_model=SessionModel.fit(owner, clicked, when, n) if modules else None,
        category_recommendations=CategoryAffinity.fit(["u0"], liked, ones[:1], today[:1]) if modules else None,
        user_histories=None,
        segment_popularity=None,
        search_model=None,
        suggestions=None,
        similar_model=None,
        next_basket=NextBasket.fit(["u0"] * len(bought), items, items, np.zeros(len(bought)), n),
        banner_priors=None,
        segments=None,
        roi_simulation=None,
    )


def above(path: str) -> set[str]:
    """A category and those above it."""
    steps = path.split(" > ")
    return {" > ".join(steps[: n + 1]) for n in range(len(steps))}


def values(row: Mapping[str, Any], attribute: str, level: int | None = None) -> set[str]:
    """A product's values of an attribute as a cap counts them: categories as they stand, cut at ``level``."""
    if attribute == "brand":
        return {row["brand"]} - {None}
    if attribute == "category":
        return {" > ".join(path.split(" > ")[:level]) for path in row["categories"]}
    return {tag.split(":")[1] for tag in row["tags"] if tag.startswith(f"{attribute}:")}


def keeps(row: Mapping[str, Any], conditions: Sequence[str]) -> bool:
    """Whether a product keeps conditions: values and ranges of one attribute are alternatives."""
    wanted: dict[str, list[str]] = {}
    for condition in conditions:
        name, value = condition.split(":")
        wanted.setdefault(name, []).append(value)
    return all(_has(row, name, alternatives) for name, alternatives in wanted.items())


def _has(row: Mapping[str, Any], name: str, alternatives: Sequence[str]) -> bool:
    if name == "price":
        ends = [one.split("..") for one in alternatives]
        return any(row["price"] is not None and float(a or 0) <= row["price"] <= float(b or 1e9) for a, b in ends)
    if name == "in_stock":
        return str(row["in_stock"]).lower() in alternatives
    if name == "category":
        return bool(set().union(*map(above, row["categories"])) & set(alternatives))
    return bool(values(row, name) & set(alternatives))
