"""The products of a category that only products have which came after the release.

What belongs here: their part of the category's list. How they are searched is `serving.search.new_products`.
"""

import numpy as np

from assets.models.ranked import Ranked
from serving.lists.answers import ListAnswer, list_answer
from serving.lists.chains import Step
from serving.lists.selection import segments_of, selection
from serving.release.snapshot import Snapshot
from serving.requests import ListRequest

__all__ = ["new_in_category"]


def new_in_category(snapshot: Snapshot, name: str, request: ListRequest) -> ListAnswer | None:
    """What may be shown of it, the newest first; none where the release has the category, or nothing may be shown."""
    shelf = snapshot.new
    if shelf is None or snapshot.release.catalogue.category_index(name) >= 0:
        return None
    catalogue = shelf.release.catalogue
    members = catalogue.category_members(name)
    segments = segments_of(snapshot, "category", request.user_id)
    chosen = selection(shelf, "category", request, category=name, segments=segments)
    members = members if chosen.allowed is None else members[chosen.allowed[members]]
    told = catalogue.frame["updated_at"].gather(members).dt.epoch("us").to_numpy()
    newest = members[np.lexsort((members, -told, ~catalogue.in_stock[members]))]
    ranked = Ranked(newest, np.zeros(newest.size, dtype=np.float32))
    answer = list_answer(shelf, chosen.fill([Step("new_products", ranked.take, lambda _: f"is new in {name}")]))
    return answer if answer.items else None
