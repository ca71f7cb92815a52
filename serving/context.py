"""What routes work with, made once for an application and passed to them by Litestar's injection.

What belongs here: the parts of a running application. No logic but counting an answer.
"""

from dataclasses import dataclass
from typing import TypeVar

from resources.store import Store
from serving.banners.selection import BannerDesk
from serving.http.workers import Workers
from serving.lists.answers import ListAnswer
from serving.release.reload import Follower
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
    workers: Workers
    metrics: Metrics

    def counted(self, name: str, answer: Answer) -> Answer:
        """Count which module answered the list ``name``, and whether for its first step; gives the answer back."""
        for counter in self.metrics.counters(name, answer):
            counter.inc()
        return answer
