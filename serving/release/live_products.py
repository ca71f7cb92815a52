"""A release with what the shop has told since then of its products: prices, stock, what is hidden, what is new.

What belongs here: how updates change a snapshot, which stays as immutable as any. When they are looked up is
`serving.release.live_updates`. The models are those of the release; a new product is on a shelf of its own
(`serving.release.new_products`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self

import numpy as np

from evaluation.arrays import Bools, Floats, Ints
from resources.store.instants import micros
from resources.store.product_updates import HIDDEN, FieldUpdate
from serving.release.new_products import shelf
from serving.release.snapshot import Shown, Snapshot

__all__ = ["LiveProducts"]

_KEPT = ("similar_items", "variants", "segments", "profiles", "holdout", "version")
"""What a snapshot has worked out that no update changes."""


@dataclass(frozen=True)
class LiveProducts:
    """A release and the updates that it does not hold."""

    base: Snapshot
    snapshot: Snapshot
    """The release as the updates make it: what answers."""
    known_until: datetime
    """What arrived before is in the release's data: the end of its last day."""
    known_from: Ints
    """int64[n]: from when on each product is as the release has it, microseconds since 1970 UTC."""
    price: Floats
    in_stock: Bools
    hidden: frozenset[int]
    texts: Mapping[int, Mapping[str, Any]]
    """Item → its fields that are other than the release's, but price and stock."""
    new: Mapping[str, Mapping[str, FieldUpdate]]
    """Product that the release lacks → its fields."""

    @classmethod
    def of(cls, base: Snapshot) -> Self:
        """A release without updates."""
        catalogue = base.release.catalogue
        until = datetime.combine(date.fromisoformat(base.release.manifest.as_of), time(), UTC) + timedelta(days=1)
        known = np.zeros(len(catalogue), dtype=np.int64)
        if "updated_at" in catalogue.frame.columns:
            known = catalogue.frame["updated_at"].dt.epoch("us").fill_null(0).to_numpy().astype(np.int64)
        return cls(base, base, until, known, catalogue.price, catalogue.in_stock, frozenset(), {}, {})

    def after(self, updates: Sequence[FieldUpdate]) -> Self:
        """The same with later updates; those that the release's data hold change nothing.

        Only `resources.store.product_updates.HIDDEN` holds until it is taken back, whatever a release knows.
        """
        price, in_stock, hidden = self.price.copy(), self.in_stock.copy(), set(self.hidden)
        texts, new = dict(self.texts), dict(self.new)
        touched: set[int] = set()
        find = self.base.release.catalogue.position
        for one in updates:
            item = find(one.product_id)
            if one.field != HIDDEN and self._holds(item, one):
                continue
            if item < 0:
                new[one.product_id] = {**new.get(one.product_id, {}), one.field: one}
                continue
            touched.add(item)
            match one.field:
                case "price":
                    price[item] = np.nan if one.value is None else one.value
                case "in_stock":
                    in_stock[item] = one.value
                case "hidden":
                    (hidden.add if one.value else hidden.discard)(item)
                case field:
                    texts[item] = {**texts.get(item, {}), field: one.value}
        if not touched and new == self.new:
            return self
        fresh = replace(
            self, price=price, in_stock=in_stock, hidden=frozenset(hidden), texts=texts, new=new, snapshot=self.base
        )
        return replace(fresh, snapshot=fresh._made(self, touched))

    def _holds(self, item: int, update: FieldUpdate) -> bool:
        """Whether the release's data have the update, or something newer."""
        if update.recorded_at < self.known_until:
            return True
        return item >= 0 and micros(update.updated_at) <= self.known_from[item]

    def _made(self, before: "LiveProducts", touched: set[int]) -> Snapshot:
        """The snapshot with these updates; what ``before`` has worked out of others stays."""
        base = self.base
        catalogue = base.release.catalogue.as_now(self.price, self.in_stock, self.hidden)
        attributes = base.release.attributes.as_now(catalogue.price, catalogue.in_stock)
        rules = base.release.rules.as_now(catalogue, attributes)
        release = replace(base.release, catalogue=catalogue, attributes=attributes, rules=rules)
        fresh = before.snapshot.new if self.new == before.new else shelf(base, self.new)
        made = replace(base, release=release, texts=self.texts, new=fresh)
        # What was worked out once, and the rows that answers show, of which few have changed.
        made.__dict__.update({name: getattr(base, name) for name in _KEPT})
        shown = list(before.snapshot.shown)
        for item in touched:
            price = float(self.price[item])
            title = self.texts.get(item, {}).get("title", base.shown[item].title)
            known = None if np.isnan(price) else price
            shown[item] = Shown(shown[item].product_id, title, known, bool(catalogue.in_stock[item]))
        made.__dict__["shown"] = shown
        return made
