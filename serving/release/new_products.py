"""Products that came after the release was made: a small shelf of them that is searched and shown beside it.

What belongs here: making the shelf, a snapshot of its own with a catalogue, words and rules alone. How its products
come into a search is `serving.search.new_products`.
"""

import logging
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import polars as pl

from assets.models.popularity.items import Popularity
from assets.models.products.attributes import ProductAttributes
from assets.models.products.catalogue import Catalogue
from assets.models.products.numbers import ProductNumbers
from assets.models.release import Release
from assets.models.rules.declared import Rules
from assets.models.search.lexical.fields import product_fields
from assets.models.search.lexical.index import LexicalIndex
from assets.models.search.suggestions.completion import Suggestions
from resources.contracts import CONTRACTS
from resources.store.product_updates import HIDDEN, FieldUpdate
from serving.release.snapshot import Snapshot

__all__ = ["MOST_NEW", "shelf", "shelf_rules"]

MOST_NEW = 2_000
"""Products on the shelf, the newest: the others wait for the next release."""
_log = logging.getLogger(__name__)
_LISTS = ("exclude", "only")
"""Kinds of rules that say which products may be shown."""


def shelf(base: Snapshot, new: Mapping[str, Mapping[str, FieldUpdate]]) -> Snapshot | None:
    """A snapshot of the products that ``base`` lacks and that are ready to be shown; none where there are none.

    Args:
        base: The release.
        new: Product → its fields; ready is what has a title and is not hidden.
    """
    ready = {
        product: fields
        for product, fields in new.items()
        if "title" in fields and not (HIDDEN in fields and fields[HIDDEN].value)
    }
    if not ready:
        return None
    newest = sorted(ready, key=lambda product: (max(u.updated_at for u in ready[product].values()), product))
    if len(newest) > MOST_NEW:
        _log.warning("%d of %d new products are not shown before the next release", len(ready) - MOST_NEW, len(ready))
    columns = {name: kind for name, kind in CONTRACTS["products"].columns.items() if name != "removed"}
    rows = []
    for product in newest[-MOST_NEW:]:
        fields = ready[product]
        row = {"in_stock": True} | {name: update.value for name, update in fields.items() if name in columns}
        told = [update.updated_at for update in fields.values()]
        # It is there since the shop first told of it.
        rows.append(row | {"product_id": product, "created_at": min(told), "updated_at": max(told)})
    catalogue = Catalogue.build(pl.DataFrame(rows, schema=columns, orient="row"))
    return replace(base, release=_release(base, catalogue), queries=None, texts={}, new=None)


def shelf_rules(rules: Rules, catalogue: Catalogue, attributes: ProductAttributes) -> Rules:
    """Those of a release's rules that say which products may be shown, made ready for the shelf's."""
    declared = [rule for rule in rules.declared if rule["kind"] in _LISTS]
    return Rules.build(declared, catalogue, attributes)


def _release(base: Snapshot, catalogue: Catalogue) -> Release:
    """The shelf's own models; what learns from shoppers has seen nothing of these products."""
    release, nothing = base.release, np.empty(0)
    attributes = ProductAttributes.build(catalogue, also=release.attributes.names)
    languages = ("en",) if release.lexical_index is None else release.lexical_index.languages.codes
    words = LexicalIndex.of_products(product_fields(catalogue.frame), languages=languages)
    popularity = Popularity.fit(nothing.astype(np.int32), nothing, nothing, len(catalogue))
    return replace(
        release,
        catalogue=catalogue,
        attributes=attributes,
        numbers=ProductNumbers.build(catalogue),
        rules=shelf_rules(release.rules, catalogue, attributes),
        popularity=popularity,
        lexical_index=words,
        suggestions=Suggestions.of_catalogue(catalogue, popularity.score, {}),
        segment_popularity=None,
        hnsw_index=None,
        search_model=None,
        similar_model=None,
        co_purchase=None,
        next_basket=None,
        session_model=None,
        category_recommendations=None,
        user_histories=None,
    )
