"""A release under the updates of products: what is the release's already, and what stays as it was made."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from resources.store import Store
from resources.store.product_updates import FieldUpdate, ProductUpdates
from serving.release.live_products import LiveProducts
from serving.release.live_updates import LiveUpdates
from serving.release.snapshot import Snapshot

AS_OF_ENDS = datetime(2026, 1, 31, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def base(plain_release: Path) -> Snapshot:
    """A release as of January 30."""
    return Snapshot.load(plain_release, "1")


def told(product: str, field: str, value: object, at: datetime = AS_OF_ENDS) -> FieldUpdate:
    """An update that arrives when it holds."""
    return FieldUpdate(product, field, value, at, at)


def test_what_arrived_on_the_last_day_is_in_the_releases_data(base: Snapshot) -> None:
    """A second before the day's end a price and a new product are the night's; a second later they are not."""
    early = AS_OF_ENDS - SECOND
    live = LiveProducts.of(base).after([told("p00", "price", 50.0, early), told("n", "title", "New", early)])
    assert live.snapshot is base
    later = live.after([told("p00", "price", 50.0), told("n", "title", "New")]).snapshot
    assert later.shown[0].price == 50.0
    assert later.new is not None
    assert later.new.release.catalogue.ids == ["n"]


def test_what_is_hidden_stays_hidden_whatever_a_release_knows(base: Snapshot) -> None:
    """Also where it was told long before; other fields of that time are the release's."""
    long_ago = AS_OF_ENDS - timedelta(days=20)
    now = LiveProducts.of(base).after([told("p00", "hidden", True, long_ago), told("p00", "price", 9.0, long_ago)])
    assert now.snapshot.release.catalogue.position("p00") == -1
    assert now.snapshot.shown[0].price == 1.0


def test_a_release_is_not_changed_by_what_is_put_over_it(base: Snapshot) -> None:
    """Requests that hold it answer from it to their end; each step leaves the one before it alone."""
    first = LiveProducts.of(base).after([told("p00", "price", 50.0), told("p01", "in_stock", False)])
    second = first.after([told("p00", "price", 60.0), told("p01", "hidden", True)])
    prices = [made.shown[0].price for made in (base, first.snapshot, second.snapshot)]
    assert prices == [1.0, 50.0, 60.0]
    stocked = [bool(made.release.catalogue.in_stock[1]) for made in (base, first.snapshot, second.snapshot)]
    assert stocked == [True, False, False]
    assert base.release.catalogue.position("p01") == first.snapshot.release.catalogue.position("p01") == 1
    assert second.snapshot.similar_items is base.similar_items


def test_nothing_is_made_where_nothing_was_told(base: Snapshot, tmp_path: Path) -> None:
    """What answers stays the very same object, so that kept answers stay too, until something is told."""
    store = Store(f"sqlite:///{tmp_path / 'store.db'}")
    live = LiveUpdates(store)
    assert live.over(base) is base
    assert live._refreshed(base) is None
    ProductUpdates(store.engine).record([("p00", {"price": 5.0}, AS_OF_ENDS)], datetime.now(UTC))
    made = live._refreshed(base)
    assert made is not None
    assert made.shown[0].price == 5.0
    assert live._refreshed(base) is None
    store.close()
