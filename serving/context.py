"""What routes work with, made once for an application and passed to them by Litestar's injection.

What belongs here: the parts of a running application. No logic but counting an answer and telling its arms.
"""

from dataclasses import dataclass
from typing import TypeVar

from litestar.types import Scope

from resources.shop.experiments import UNCHANGED, Change
from resources.store import Store
from serving.banners.rewards import RewardDesk
from serving.banners.selection import BannerDesk
from serving.experiments.desk import ExperimentDesk
from serving.http.workers import Workers
from serving.lists.answers import ListAnswer
from serving.release.reload import Follower
from serving.release.snapshot import Snapshot
from serving.settings import ServingSettings
from serving.watch.metrics import Metrics

__all__ = ["Context"]

Answer = TypeVar("Answer", bound=ListAnswer)


@dataclass(frozen=True, slots=True)
class Context:
    """The parts of one running application."""

    settings: ServingSettings
    follower: Follower
    store: Store
    desk: BannerDesk
    rewards: RewardDesk
    experiments: ExperimentDesk
    workers: Workers
    metrics: Metrics

    def counted(self, name: str, answer: Answer) -> Answer:
        """Count which module answered the list ``name``, and whether for its first step; gives the answer back."""
        for counter in self.metrics.counters(name, answer):
            counter.inc()
        return answer

    async def placed(
        self, scope: Scope, snapshot: Snapshot, *, user_id: str | None, session_id: str | None = None
    ) -> Change:
        """What the visitor's lists do without; the answer tells the arms, and is not kept for others."""
        if not snapshot.experiments or (user_id is None and session_id is None):
            return UNCHANGED
        scope["state"]["passing"] = True
        found = await self.experiments.place(snapshot, user_id=user_id, session_id=session_id)
        if found.arms:
            scope["state"]["arms"] = found.arms
        return found.change
