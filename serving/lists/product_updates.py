"""Updates of products: checked, then kept in the operational store, from where every worker takes them.

What belongs here: the rules of a batch beyond its types, and the answer. A batch is taken whole or not at all.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from resources.store import Store
from resources.store.product_updates import ProductUpdates, Recorded
from serving.http.problems import Invalid, ProblemError
from serving.http.workers import Workers
from serving.release.snapshot import Snapshot
from serving.requests import ProductFields

__all__ = ["ProductsAnswer", "keep_products"]

MAX_AHEAD = timedelta(minutes=10)
"""How far a caller's clock may be ahead."""
MAX_REPORTED = 20


class ProductsAnswer(msgspec.Struct, frozen=True):
    """What became of updates; they take effect within two seconds."""

    received: int
    changed: int
    """Products of which something was new, or newer than what was on record."""
    revision: int
    """Number of the store's last change of products."""
    without_title: list[str]
    """Products that the release does not know and of which no title was given here: they are shown once they have one,
    or once a release knows them. At most twenty."""


async def keep_products(
    updates: Sequence[tuple[str, ProductFields]],
    store: Store,
    workers: Workers,
    snapshot: Snapshot | None,
    *,
    where: str = "body: products[{}]",
) -> ProductsAnswer:
    """Check updates, each of a product, and put them on record; ``where`` is the place of the n-th in the request.

    Raises:
        ProblemError: 400 with the updates that break a rule.
    """
    now = datetime.now(UTC)
    invalid = [
        Invalid(where.format(i), rule) for i, (_, update) in enumerate(updates) if (rule := _broken_rule(update, now))
    ]
    if invalid:
        detail = f"{len(invalid)} of {len(updates)} updates break a rule; none was kept. See 'invalid'."
        raise ProblemError(400, "invalid-input", detail, invalid=tuple(invalid[:MAX_REPORTED]))
    # Nothing is so from a later instant on than it was told: the day's data would lack it.
    rows = [(product, update.fields(), min(update.updated_at or now, now)) for product, update in updates]
    recorded = await workers.run("store", _record, store, rows, now)
    nameless = [product for product, fields, _ in rows if "title" not in fields and not _is_known(snapshot, product)]
    unknown = list(dict.fromkeys(nameless))[:MAX_REPORTED]
    return ProductsAnswer(len(updates), recorded.products, recorded.revision, unknown)


def _record(store: Store, rows: Sequence[tuple[str, dict[str, object], datetime]], now: datetime) -> Recorded:
    return ProductUpdates(store.engine).record(rows, now)


def _broken_rule(update: ProductFields, now: datetime) -> str | None:
    """The first rule that an update breaks, or none."""
    if not update.fields():
        return "names no field: give price, in_stock, hidden, title or another one"
    if update.updated_at is not None and update.updated_at > now + MAX_AHEAD:
        return "updated_at: lies in the future"
    return None


def _is_known(snapshot: Snapshot | None, product_id: str) -> bool:
    """Whether a release, or what was told since, has a title of the product; any has while there is no release."""
    if snapshot is None or snapshot.release.catalogue.has(product_id):
        return True
    return snapshot.new is not None and snapshot.new.release.catalogue.has(product_id)
