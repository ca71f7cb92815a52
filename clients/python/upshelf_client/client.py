"""The client: a method an operation of the API.

What belongs here: sending and waiting. What is sent is `upshelf_client.calls`, how it is read is
`upshelf_client.exchange`.
"""

import time
from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self, TypeVar, Unpack

import httpx

from upshelf_client import answers as a
from upshelf_client import calls, exchange
from upshelf_client import requests as r
from upshelf_client.calls import Call

__all__ = ["Client"]

T = TypeVar("T")


class Client:
    """The API at an address; use it as a context, or close it, to give its connections back.

    One may be shared by threads.

    Every method may raise `upshelf_client.UpshelfError`: `ProblemError` is what the API answered, `UnreachableError`
    that no answer came.

    Args:
        address: Such as ``https://upshelf.example``.
        key: The API key (default: the environment's ``UPSHELF_API_KEY``; without either none is sent).
        timeout_seconds: How long to wait for a connection, and then for each part of an answer.
        retries: How often a call is made again that the API was too busy for (429, 503).
        longest_wait_seconds: A call that is to wait longer than this before it is made again fails instead.
    """

    def __init__(
        self,
        address: str = "http://127.0.0.1:8000",
        *,
        key: str | None = None,
        timeout_seconds: float = 10.0,
        retries: int = 3,
        longest_wait_seconds: float = 30.0,
    ) -> None:
        self._http = httpx.Client(
            base_url=address, headers=exchange.headers(key), timeout=timeout_seconds, limits=exchange.LIMITS
        )
        self._patience = exchange.Patience(retries, longest_wait_seconds)

    def __repr__(self) -> str:
        return f"Client({self._http.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Give the connections back."""
        self._http.close()

    def send(self, call: Call[T]) -> T:
        """Make a call, again where the API says when; a method below for each there is."""
        response = self._opened(call, stream=False)
        return exchange.read(call, response)

    def _opened(self, call: Call[T], *, stream: bool) -> httpx.Response:
        """The response of a call, from when it is an answer; its body is still to come with ``stream``."""
        tried = 0
        while True:
            try:
                response = self._http.send(self._http.build_request(**exchange.sent(call)), stream=stream)
                if response.status_code in call.statuses:
                    return response
                response.read()
            except httpx.HTTPError as error:
                raise exchange.unreachable(call, error) from error
            problem = exchange.problem_of(response)
            wait = self._patience.wait_seconds(call, problem, tried)
            if wait is None:
                raise problem
            time.sleep(wait)
            tried += 1

    def session(self, **request: Unpack[r.SessionRequest]) -> a.ListAnswer:
        """What to show after the products viewed in this session."""
        return self.send(calls.session(request))

    def basket(self, **request: Unpack[r.BasketRequest]) -> a.ListAnswer:
        """What this customer buys next, given the cart."""
        return self.send(calls.basket(request))

    def for_you(self, user_id: str, **request: Unpack[r.UserRequest]) -> a.ForYouAnswer:
        """What to show to a user without a session."""
        return self.send(calls.for_you(user_id, request))

    def batch(self, visitors: Sequence[r.SessionRequest], *, list_name: r.BatchList = "session") -> a.BatchAnswer:
        """To each of up to a hundred visitors what `session`, or `for_you`, would answer."""
        return self.send(calls.batch(visitors, list_name))

    def category(self, **query: Unpack[r.CategoryQuery]) -> a.ListAnswer:
        """What is popular in a category, or in those that a user looks at."""
        return self.send(calls.category(query))

    def popular(self, **query: Unpack[r.ListQuery]) -> a.ListAnswer:
        """What is popular in the shop."""
        return self.send(calls.popular(query))

    def page(self, **request: Unpack[r.PageRequest]) -> a.PageAnswer:
        """The lists of a whole page, no product twice."""
        return self.send(calls.page(request))

    def product(self, product_id: str) -> a.Product:
        """A product as the release knows it."""
        return self.send(calls.product(product_id))

    def similar(self, product_id: str, **query: Unpack[r.ListQuery]) -> a.ListAnswer:
        """Products like this one."""
        return self.send(calls.similar(product_id, query))

    def bought_together(self, product_id: str, **query: Unpack[r.ListQuery]) -> a.ListAnswer:
        """Products bought together with this one."""
        return self.send(calls.bought_together(product_id, query))

    def search(self, q: str = "", **query: Unpack[r.SearchQuery]) -> a.SearchAnswer:
        """Find products by words and meaning; without words the catalogue is browsed."""
        return self.send(calls.search(q, query))

    def suggest(self, q: str) -> a.SuggestAnswer:
        """Complete what a shopper types."""
        return self.send(calls.suggest(q))

    def select_banner(
        self, slot: str, *, idempotency_key: str | None = None, **request: Unpack[r.BannerRequest]
    ) -> a.SlateAnswer:
        """Choose a banner for a slot, or ``count`` of them (its ``slate``), and put them on record."""
        return self.send(calls.select_banner(slot, request, idempotency_key))

    def reward_banner(
        self, slot: str, impression_id: str, reward: float, *, idempotency_key: str | None = None
    ) -> a.RewardAnswer:
        """Say what came of a banner, 0 to 1; the first reward of an impression counts."""
        return self.send(calls.reward_banner(slot, impression_id, reward, idempotency_key))

    def reward_banners(self, rewards: Sequence[r.RewardRequest]) -> a.RewardsAnswer:
        """Say what came of up to 1000 banners of any slots; what became of each is told."""
        return self.send(calls.reward_banners(rewards))

    def decide(self, *, idempotency_key: str | None = None, **request: Unpack[r.DecisionRequest]) -> a.DecisionAnswer:
        """Whether to advertise to this shopper, with which banner and products, and why."""
        return self.send(calls.decide(request, idempotency_key))

    def events(self, events: Sequence[r.Event], *, idempotency_key: str | None = None) -> a.EventsAnswer:
        """Keep what shoppers did, up to 1000 events, all or none."""
        return self.send(calls.events(events, idempotency_key))

    def campaigns(self) -> a.CampaignsAnswer:
        """The shop's campaigns: state, whether the experiment is valid, arms and windows."""
        return self.send(calls.campaigns())

    def score(self, user_ids: Sequence[str], *, campaign: str | None = None) -> a.ScoreAnswer:
        """Who responds because of a contact; up to 1000 users. One of several campaigns must be named."""
        return self.send(calls.score(user_ids, campaign))

    def segments(self, *, campaign: str | None = None) -> a.SegmentsAnswer:
        """The segments, their sizes, mean uplift and what tells each apart."""
        return self.send(calls.segments(campaign))

    def members(self, segment: str, *, campaign: str | None = None) -> Iterator[a.Member]:
        """The members of a segment, one by one as they arrive, all from one release; any number of them."""
        call, lines = calls.members(segment, campaign), exchange.Lines()
        for part in self._parts(call):
            for line in lines.of(part):
                yield exchange.decoded(call, line)
        for line in lines.last():
            yield exchange.decoded(call, line)

    def export(self, what: r.Export, **query: Unpack[r.ExportQuery]) -> Iterator[bytes]:
        """Scores, segments or the plan as a file, part by part as it arrives, all from one release."""
        yield from self._parts(calls.export(what, query))

    def _parts(self, call: Call[T]) -> Iterator[bytes]:
        """The bytes of a long answer as they arrive."""
        response = self._opened(call, stream=True)
        try:
            yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise exchange.unreachable(call, error) from error
        finally:
            response.close()

    def simulate(self, **request: Unpack[r.RoiRequest]) -> a.RoiAnswer:
        """What each targeting strategy would earn."""
        return self.send(calls.simulate(request))

    def plan(self, campaign: str, **request: Unpack[r.PlanRequest]) -> a.PlanAnswer:
        """How many users and days a campaign's trial needs, and what its control costs."""
        return self.send(calls.plan(campaign, request))

    def report(self, name: str, *, campaign: str | None = None) -> a.ReportAnswer:
        """A report of the release, such as ``uplift``."""
        return self.send(calls.report(name, campaign))

    def experiments(self) -> a.ExperimentsAnswer:
        """Experiments on live traffic, with their arms and what they have shown."""
        return self.send(calls.experiments())

    def release(self) -> a.ReleaseAnswer:
        """The release that answers, what it has, and why it lacks the rest."""
        return self.send(calls.release())

    def forget(self, user_id: str, *, idempotency_key: str | None = None) -> a.ForgetAnswer:
        """Delete what the API has of a user; with keys this needs one of the scope ``admin``."""
        return self.send(calls.forget(user_id, idempotency_key))

    def history(self, user_id: str, *, limit: int = 50, offset: int = 0) -> a.HistoryAnswer:
        """What is on record of a user, newest first; with keys this needs one of the scope ``admin``."""
        return self.send(calls.history(user_id, limit, offset))

    def take_out(self, user_id: str, product_id: str, *, idempotency_key: str | None = None) -> a.TakenOutAnswer:
        """Take a product out of a user's history; with keys this needs one of the scope ``admin``."""
        return self.send(calls.take_out(user_id, product_id, idempotency_key))

    def update_product(self, product_id: str, **fields: Unpack[r.ProductFields]) -> a.ProductsAnswer:
        """Change a product, or add one; with keys this needs one of the scope ``admin``."""
        return self.send(calls.update_product(product_id, fields))

    def update_products(self, products: Sequence[r.ProductUpdate]) -> a.ProductsAnswer:
        """Change up to 1000 products, or add some, all or none; with keys this needs one of the scope ``admin``."""
        return self.send(calls.update_products(products))

    def live(self) -> dict[str, str]:
        """Whether the process runs."""
        return self.send(calls.live())

    def ready(self) -> a.Health:
        """Whether the API can answer; one that cannot says why, and that is no error."""
        return self.send(calls.ready())

    def metrics(self) -> str:
        """Metrics in Prometheus' text format."""
        return self.send(calls.metrics())
