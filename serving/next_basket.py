"""The list for a basket: what this customer buys next, given the cart so far.

What belongs here: its step and its chain. The steps that it shares with other lists are `serving.steps`.
"""

from collections.abc import Sequence

from assets.models.ranked import BoolArray
from serving.answers import ListAnswer, list_answer
from serving.chains import Step
from serving.ruled import Wanted, under_rules
from serving.snapshot import Snapshot
from serving.steps import Steps

__all__ = ["next_basket"]


def next_basket(snapshot: Snapshot, cart: Sequence[str], wanted: Wanted, *, user_id: str | None) -> ListAnswer:
    """Next basket → bought together → the user's categories → popularity; never what is in the cart."""
    catalogue = snapshot.release.catalogue
    items = [item for item in catalogue.positions(cart).tolist() if item >= 0]
    ruled = under_rules(snapshot, "basket", wanted, starts_from=items, user_id=user_id)
    steps = Steps(snapshot, ruled.allowed)
    chain = [
        _next_basket(snapshot, items, user_id, ruled.allowed),
        steps.bought_together(items),
        steps.affinity(user_id),
        steps.popular(),
    ]
    return list_answer(snapshot, ruled.fill(chain))


def _next_basket(snapshot: Snapshot, items: list[int], user_id: str | None, allowed: BoolArray | None) -> Step:
    """What the customer buys again, what goes with it, and what goes with the cart."""
    model, together = snapshot.release.next_basket, snapshot.release.co_purchase
    if model is None or together is None:
        note = snapshot.missing.get("next_basket") or snapshot.missing.get("co_purchase")
        return Step("next_basket", None, str, note or "this release has no next_basket")
    before = set(model.bought(user_id).tolist())

    def reason(item: int) -> str:
        if item in before:
            return "this customer has bought it before"
        return "goes with what is in the cart" if items else "goes with what this customer buys"

    return Step(
        "next_basket",
        lambda k: model.recommend(user_id, items, k, together, allowed),
        reason,
        "neither this customer nor the cart tells what comes next",
    )
