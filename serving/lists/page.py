"""The lists of a whole page at once, no product in two of them.

What belongs here: which list a slot asks for, and what the slots before it leave. The lists are `serving.lists.lists`.
"""

from collections import Counter
from collections.abc import Sequence

import msgspec

from resources.shop.experiments import UNCHANGED, Change
from resources.store.user_history import NOTHING_ON_RECORD, OnRecord
from serving.http.problems import ProblemError
from serving.lists import lists
from serving.lists.answers import ListAnswer
from serving.lists.user_past import UserPast
from serving.lists.variants import with_variants
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest, PageRequest, PageSlot

__all__ = ["PageAnswer", "page"]


class PageAnswer(msgspec.Struct, frozen=True):
    """The list of each slot by the slot's name, all of one release."""

    slots: dict[str, ListAnswer]
    release: str


def page(
    snapshot: Snapshot,
    viewed: Sequence[str],
    request: PageRequest,
    change: Change = UNCHANGED,
    posted: OnRecord = NOTHING_ON_RECORD,
) -> PageAnswer:
    """Fill the slots in their order; a product that one shows is left out of those behind it.

    The page's own product and what is in the cart are in none.

    Args:
        snapshot: The release.
        viewed: Product ids, oldest first, with those of posted events.
        request: The slots, and what else is known.
        change: What lists do without, by the experiments that the visitor is in.
        posted: What the user did lately, for slots that ask for it.

    Raises:
        ProblemError: 400 if two slots have one name, or a slot lacks what its list starts from; else as the lists.
    """
    twice = [name for name, count in Counter(slot.name for slot in request.slots).items() if count > 1]
    if twice:
        detail = f"two slots are named {twice[0]!r}: give each a name of its own."
        raise ProblemError(400, "invalid-input", detail, field="slots")
    about = [] if request.product_id is None else [request.product_id]
    left_out = [*request.exclude, *request.cart, *about]
    filled: dict[str, ListAnswer] = {}
    for slot in request.slots:
        asked = ListRequest(slot.limit, request.user_id, request.in_stock_only, request.filters, left_out, change)
        filled[slot.name] = _list(snapshot, slot, [*viewed, *about], request, asked, posted)
        shown = [item.product_id for item in filled[slot.name].items]
        left_out = [*left_out, *shown, *with_variants(snapshot, shown)]
    return PageAnswer(filled, snapshot.version)


def _list(
    snapshot: Snapshot,
    slot: PageSlot,
    viewed: Sequence[str],
    request: PageRequest,
    asked: ListRequest,
    posted: OnRecord,
) -> ListAnswer:
    """The list of one slot."""
    match slot.list:
        case "similar":
            if request.product_id is None:
                detail = f"the slot {slot.name!r} asks for similar products: name the product_id."
                raise ProblemError(400, "invalid-input", detail, field="product_id")
            answer = lists.similar(snapshot, request.product_id, asked)
        case "bought_together":
            answer = lists.bought_together(snapshot, [*request.cart, *viewed[-1:]], asked)
        case "session":
            answer = lists.session(snapshot, viewed, asked)
        case "basket":
            answer = lists.next_basket(snapshot, request.cart, asked)
        case "category":
            answer = lists.category(snapshot, slot.category, asked)
        case "popular":
            answer = lists.popular(snapshot, asked)
        case "for_you":
            answer = lists.for_you(snapshot, UserPast.of(snapshot, request.user_id, posted), asked, viewed)
    return answer
