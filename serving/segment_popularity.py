"""The step of popularity by the user's segment.

What belongs here: module → step, for the users and releases that have one.
"""

from assets.models.ranked import BoolArray
from serving.chains import Step
from serving.snapshot import Snapshot

__all__ = ["segment_popularity"]


def segment_popularity(snapshot: Snapshot, allowed: BoolArray | None, user_id: str | None) -> list[Step]:
    """Popular among users of this user's segment, as a chain of one step or none."""
    model = snapshot.release.segment_popularity
    segment = None if model is None or user_id is None else model.segment(user_id)
    if model is None or user_id is None or segment is None:
        return []
    of_model, user = model, user_id
    return [
        Step(
            "segment_popularity",
            lambda k: of_model.top(user, k, allowed),
            lambda _: f"popular among users of {segment}",
            "nothing is eligible",
        )
    ]
