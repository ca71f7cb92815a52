"""The lists that the API answers with: for each, its chain of steps, which always ends in popularity.

What belongs here: the order of steps. Synchronous and without I/O; search is `serving.search.search`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

import msgspec

from assets.models.products.catalogue import ancestors
from resources.store.user_history import OnRecord
from serving.lists.answers import ForYouAnswer, ListAnswer, StepTried, list_answer
from serving.lists.chains import Step
from serving.lists.eligible import check_category, starting_from
from serving.lists.new_in_category import new_in_category
from serving.lists.selection import selection
from serving.lists.steps import Steps
from serving.lists.user_past import UserPast
from serving.lists.variants import stocked_first
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest

__all__ = ["bought_together", "category", "for_user", "for_you", "next_basket", "popular", "session", "similar"]


def listed(
    snapshot: Snapshot,
    surface: str,
    request: ListRequest,
    chain: Callable[[Steps], Iterable[Step]],
    *,
    starts_from: Sequence[int] = (),
    category: str | None = None,
    personal: bool = False,
) -> ListAnswer:
    """The list ``surface``, as rules name it: ``chain`` gives its steps in order, popularity comes last.

    ``starts_from`` and ``category`` are those of `serving.lists.selection.selection`; ``personal`` says that all steps
    but popularity follow the visitor.
    """
    change = request.change
    chosen = selection(snapshot, surface, request, starts_from=starts_from, category=category)
    steps = Steps(snapshot, stocked_first(snapshot, chosen.allowed))

    def with_popular() -> Iterator[Step]:
        if change.personalisation or not personal:
            yield from (step for step in chain(steps) if step.module not in change.without)
        yield steps.popular()

    return list_answer(snapshot, chosen.fill(with_popular()), chosen.allowed)


def similar(snapshot: Snapshot, product_id: str, request: ListRequest) -> ListAnswer:
    """Similar → the product's categories, narrowest first → popularity; never the product itself."""
    items = starting_from(snapshot, product_id)

    def chain(steps: Steps) -> Iterator[Step]:
        yield steps.similar(items)
        yield from steps.categories_of(items, product_id)

    return listed(snapshot, "similar", request, chain, starts_from=items)


def bought_together(snapshot: Snapshot, cart: Sequence[str], request: ListRequest) -> ListAnswer:
    """Bought together → similar → the last product's categories → popularity; never what is in the cart."""
    items = _known(snapshot, cart)

    def chain(steps: Steps) -> Iterator[Step]:
        yield steps.bought_together(items)
        yield steps.similar(items)
        yield from steps.categories_of(items, next(reversed(cart), None))

    return listed(snapshot, "bought_together", request, chain, starts_from=items)


def session(snapshot: Snapshot, viewed: Sequence[str], request: ListRequest, *, surface: str = "session") -> ListAnswer:
    """Session → similar → the last product's categories → the user's categories → popularity; nothing viewed."""
    items = _known(snapshot, viewed)

    def chain(steps: Steps) -> Iterator[Step]:
        yield steps.session(items)
        yield steps.similar(items)
        yield from steps.categories_of(items, next(reversed(viewed), None))
        yield steps.affinity(request.user_id)

    return listed(snapshot, surface, request, chain, starts_from=items, personal=True)


def next_basket(snapshot: Snapshot, cart: Sequence[str], request: ListRequest) -> ListAnswer:
    """Next basket → bought together → the user's categories → popularity; never what is in the cart."""
    items, user = _known(snapshot, cart), request.user_id

    def chain(steps: Steps) -> Iterator[Step]:
        yield steps.next_basket(items, user)
        yield steps.bought_together(items)
        yield steps.affinity(user)

    return listed(snapshot, "basket", request, chain, starts_from=items, personal=True)


def for_you(snapshot: Snapshot, past: UserPast, request: ListRequest, viewed: Sequence[str] = ()) -> ListAnswer:
    """For you → similar → the user's categories → popularity in the segment → popularity.

    Never what the user looked at lately, nor what was bought and is not bought again.

    Args:
        snapshot: The release.
        past: Of the user.
        request: What else is asked; its user is that of ``past``.
        viewed: Products that were looked at besides, oldest first, all after what is in ``past``.
    """
    here = dict.fromkeys(_known(snapshot, viewed))
    items = [*(item for item in past.viewed if item not in here), *here]
    ids = snapshot.release.catalogue.ids
    left_out = [*request.exclude, *past.left_out, *(ids[item] for item in here if item not in past.bought)]

    def chain(steps: Steps) -> Iterator[Step]:
        if not (items or past.is_known):
            yield Step("for_you", None, str, "nothing is on record of this user")
            return
        yield steps.for_you(items, past.user_id, request.change.without)
        yield steps.similar(items)
        yield steps.affinity(past.user_id)
        yield from steps.segment_popularity(past.user_id)

    asked = replace(request, user_id=past.user_id, exclude=left_out)
    return listed(snapshot, "for_you", asked, chain, personal=True)


def for_user(snapshot: Snapshot, user_id: str, posted: OnRecord, request: ListRequest) -> ForYouAnswer:
    """`for_you` of a user of whom this was ``posted``, and whether anything is on record."""
    past = UserPast.of(snapshot, user_id, posted)
    answer = for_you(snapshot, past, request)
    return ForYouAnswer(**msgspec.structs.asdict(answer), known=past.is_known)


def category(snapshot: Snapshot, name: str | None, request: ListRequest) -> ListAnswer:
    """A named category → the categories above it → popularity; without a name the user's categories → popularity.

    Of a category that only products have which came after the release these are first.
    """
    if name is None:
        return listed(snapshot, "category", request, lambda steps: [steps.affinity(request.user_id)], personal=True)
    check_category(snapshot, name)
    new = new_in_category(snapshot, name, request)
    room = request.limit if new is None else request.limit - len(new.items)
    if new is not None and not room:
        return new
    paths = reversed(ancestors(name))
    asked = replace(request, limit=room)
    others = listed(snapshot, "category", asked, lambda steps: map(steps.category, paths), category=name)
    if new is None:
        return others
    tried = [*others.fallbacks_tried, StepTried(others.answered_by, len(others.items), None)]
    return ListAnswer([*new.items, *others.items], new.answered_by, tried, new.release)


def popular(snapshot: Snapshot, request: ListRequest) -> ListAnswer:
    """Popularity in the user's segment, if there is one → popularity."""
    return listed(snapshot, "popular", request, lambda steps: steps.segment_popularity(request.user_id), personal=True)


def _known(snapshot: Snapshot, product_ids: Sequence[str]) -> list[int]:
    """Positions of the products that the catalogue has; others are ignored."""
    return [item for item in snapshot.release.catalogue.positions(product_ids).tolist() if item >= 0]
