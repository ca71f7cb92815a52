"""Requests for lists of products: of a visitor, of many, and of a whole page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

from litestar.di import NamedDependency
from msgspec import Meta, field

from resources.shop.experiments import UNCHANGED, Change
from serving.requests.bounds import (
    Body,
    BoundedId,
    Count,
    Exclude,
    FilterList,
    Filters,
    InStock,
    Limit,
    OptionalId,
    Viewed,
)

__all__ = [
    "BasketRequest",
    "BatchRequest",
    "ListRequest",
    "PageRequest",
    "PageSlot",
    "SessionRequest",
    "UserRequest",
    "list_request",
]


@dataclass(frozen=True, slots=True)
class ListRequest:
    """What a request says of any list."""

    limit: int
    user_id: str | None = None
    in_stock_only: bool = True
    filters: Sequence[str] = ()
    """Conditions such as ``brand:Acme``."""
    exclude: Sequence[str] = ()
    """Products not to show; unknown ones are ignored."""
    change: Change = UNCHANGED
    """What the list does without, by the experiments that the visitor is in."""


def list_request(
    snapshot: NamedDependency[object],
    limit: Limit = 10,
    in_stock: InStock = True,
    filters: Filters = None,
    exclude: Exclude = None,
    user_id: OptionalId = None,
) -> ListRequest:
    """What the query of a URL says of a list; injected as ``list_request``, behind the snapshot (`serving.app`)."""
    return ListRequest(limit, user_id, in_stock, filters or (), exclude or ())


class _ListBody(Body, frozen=True):
    """What every body that asks for products says of them; ``filters`` are conditions such as ``brand:Acme``."""

    user_id: BoundedId | None = None
    limit: Count = 10
    in_stock_only: bool = True
    filters: FilterList = field(default_factory=list)
    exclude: Viewed = field(default_factory=list)

    def list_request(self) -> ListRequest:
        """What the body says of any list."""
        return ListRequest(self.limit, self.user_id, self.in_stock_only, self.filters, self.exclude)


class SessionRequest(_ListBody, frozen=True):
    """Products viewed in this session, oldest first, or the session (or user) whose events were posted, or both."""

    viewed: Viewed = field(default_factory=list)
    session_id: BoundedId | None = None


Visitors = Annotated[list[SessionRequest], Meta(min_length=1, max_length=100)]


class BasketRequest(_ListBody, frozen=True):
    """Products in the cart, in any order, and who holds it, as far as each is known."""

    cart: Viewed = field(default_factory=list)


class UserRequest(_ListBody, frozen=True):
    """A user, known or not, without a session."""

    user_id: BoundedId


class BatchRequest(Body, frozen=True):
    """Visitors to recommend products to, each as if it came alone, and which list each gets."""

    visitors: Visitors
    list: Literal["session", "for_you"] = "session"


class PageSlot(Body, frozen=True):
    """A place of a page for a list, and which list; ``category`` is that of a list of this kind."""

    name: BoundedId
    list: Literal["similar", "bought_together", "session", "basket", "category", "popular", "for_you"]
    limit: Count = 10
    category: BoundedId | None = None


class PageRequest(Body, frozen=True):
    """A page: its slots, the most important first, the product that it is about, and who looks at it."""

    slots: Annotated[list[PageSlot], Meta(min_length=1, max_length=20)]
    product_id: BoundedId | None = None
    viewed: Viewed = field(default_factory=list)
    session_id: BoundedId | None = None
    cart: Viewed = field(default_factory=list)
    user_id: BoundedId | None = None
    in_stock_only: bool = True
    filters: FilterList = field(default_factory=list)
    exclude: Viewed = field(default_factory=list)

    def visitor(self) -> SessionRequest:
        """Who looks at it, as a request of its own."""
        return SessionRequest(viewed=self.viewed, session_id=self.session_id, user_id=self.user_id)
