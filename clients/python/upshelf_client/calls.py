"""Every operation of the API as a call: how it is asked for, what it answers, and whether it may be asked for again.

What belongs here: addresses and answers. How a call is sent is `upshelf_client.client` and its asynchronous twin.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar
from urllib.parse import quote

from upshelf_client import answers as a
from upshelf_client import requests as r

__all__ = ["Call"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One operation, ready to be sent."""

    method: str
    path: str
    answer: type[T]
    """Type of the answer; ``str`` for plain text, ``bytes`` for a file."""
    query: Mapping[str, object] | None = None
    body: Mapping[str, object] | None = None
    is_repeatable: bool = True
    """Whether sending it twice is the same as once."""
    idempotency_key: str | None = None
    """A key under which a write is done once, however often it is sent."""
    statuses: tuple[int, ...] = (200, 202)
    """Those under which ``answer`` comes."""


def _part(name: str) -> str:
    """A name as one part of an address, also where it holds a slash."""
    return quote(name, safe="")


def session(request: r.SessionRequest) -> Call[a.ListAnswer]:
    """What to show in a session."""
    return Call("POST", "/v1/recommendations/session", a.ListAnswer, body=request)


def basket(request: r.BasketRequest) -> Call[a.ListAnswer]:
    """What a customer buys next."""
    return Call("POST", "/v1/recommendations/basket", a.ListAnswer, body=request)


def for_you(user_id: str, request: r.UserRequest) -> Call[a.ForYouAnswer]:
    """What to show to a user."""
    return Call("POST", "/v1/recommendations/user", a.ForYouAnswer, body={"user_id": user_id, **request})


def batch(visitors: Sequence[r.SessionRequest], list_name: r.BatchList = "session") -> Call[a.BatchAnswer]:
    """What to show to each of many visitors."""
    body = {"visitors": visitors, "list": list_name}
    return Call("POST", "/v1/recommendations/batch", a.BatchAnswer, body=body)


def category(query: r.CategoryQuery) -> Call[a.ListAnswer]:
    """What is popular in a category."""
    return Call("GET", "/v1/recommendations/category", a.ListAnswer, query=query)


def popular(query: r.ListQuery) -> Call[a.ListAnswer]:
    """What is popular in the shop."""
    return Call("GET", "/v1/recommendations/popular", a.ListAnswer, query=query)


def page(request: r.PageRequest) -> Call[a.PageAnswer]:
    """The lists of a page."""
    return Call("POST", "/v1/page", a.PageAnswer, body=request)


def product(product_id: str) -> Call[a.Product]:
    """A product."""
    return Call("GET", f"/v1/products/{_part(product_id)}", a.Product)


def similar(product_id: str, query: r.ListQuery) -> Call[a.ListAnswer]:
    """Products like one."""
    return Call("GET", f"/v1/products/{_part(product_id)}/similar", a.ListAnswer, query=query)


def bought_together(product_id: str, query: r.ListQuery) -> Call[a.ListAnswer]:
    """Products bought with one."""
    return Call("GET", f"/v1/products/{_part(product_id)}/bought-together", a.ListAnswer, query=query)


def search(q: str, query: r.SearchQuery) -> Call[a.SearchAnswer]:
    """Products by words and meaning."""
    return Call("GET", "/v1/search", a.SearchAnswer, query={"q": q, **query})


def suggest(q: str) -> Call[a.SuggestAnswer]:
    """Completions."""
    return Call("GET", "/v1/search/suggest", a.SuggestAnswer, query={"q": q})


def select_banner(slot: str, request: r.BannerRequest, key: str | None = None) -> Call[a.SlateAnswer]:
    """A banner, or several; each call without a key draws and puts on record."""
    path = f"/v1/banners/{_part(slot)}/select"
    return Call("POST", path, a.SlateAnswer, body=request, is_repeatable=key is not None, idempotency_key=key)


def reward_banner(slot: str, impression_id: str, reward: float, key: str | None = None) -> Call[a.RewardAnswer]:
    """A reward; it counts once, however often it is sent."""
    body = {"impression_id": impression_id, "reward": reward}
    return Call("POST", f"/v1/banners/{_part(slot)}/reward", a.RewardAnswer, body=body, idempotency_key=key)


def reward_banners(rewards: Sequence[r.RewardRequest]) -> Call[a.RewardsAnswer]:
    """Rewards; each counts once, however often it is sent."""
    return Call("POST", "/v1/banners/rewards", a.RewardsAnswer, body={"rewards": list(rewards)})


def decide(request: r.DecisionRequest, key: str | None = None) -> Call[a.DecisionAnswer]:
    """A decision; one with a slot may draw a banner, and each without a key does."""
    is_repeatable = request.get("slot") is None or key is not None
    path = "/v1/decisions"
    return Call("POST", path, a.DecisionAnswer, body=request, is_repeatable=is_repeatable, idempotency_key=key)


def events(events: Sequence[r.Event], key: str | None = None) -> Call[a.EventsAnswer]:
    """Events; one counts once by its id, which is made here where there is none."""
    named = [{"event_id": uuid.uuid4().hex, **event} for event in events]
    return Call("POST", "/v1/events", a.EventsAnswer, body={"events": named}, idempotency_key=key)


def campaigns() -> Call[a.CampaignsAnswer]:
    """The campaigns."""
    return Call("GET", "/v1/campaigns", a.CampaignsAnswer)


def score(user_ids: Sequence[str], campaign: str | None) -> Call[a.ScoreAnswer]:
    """Uplift of users."""
    body = {"user_ids": user_ids, **({} if campaign is None else {"campaign": campaign})}
    return Call("POST", "/v1/targeting/score", a.ScoreAnswer, body=body)


def segments(campaign: str | None) -> Call[a.SegmentsAnswer]:
    """The segments."""
    return Call("GET", "/v1/segments", a.SegmentsAnswer, query={"campaign": campaign})


def members(segment: str, campaign: str | None) -> Call[a.Member]:
    """The members of a segment, one a line."""
    query = {"format": "ndjson", "campaign": campaign}
    return Call("GET", f"/v1/segments/{_part(segment)}/members", a.Member, query=query)


def export(what: r.Export, query: r.ExportQuery) -> Call[bytes]:
    """A file of users."""
    return Call("GET", f"/v1/exports/{_part(what)}", bytes, query=query)


def simulate(request: r.RoiRequest) -> Call[a.RoiAnswer]:
    """What targeting strategies would earn."""
    return Call("POST", "/v1/roi/simulate", a.RoiAnswer, body=request)


def plan(campaign: str, request: r.PlanRequest) -> Call[a.PlanAnswer]:
    """How many users a trial needs."""
    return Call("POST", f"/v1/campaigns/{_part(campaign)}/plan", a.PlanAnswer, body=request)


def report(name: str, campaign: str | None) -> Call[a.ReportAnswer]:
    """A report."""
    return Call("GET", f"/v1/reports/{_part(name)}", a.ReportAnswer, query={"campaign": campaign})


def experiments() -> Call[a.ExperimentsAnswer]:
    """Experiments on live traffic."""
    return Call("GET", "/v1/experiments", a.ExperimentsAnswer)


def release() -> Call[a.ReleaseAnswer]:
    """The release that answers."""
    return Call("GET", "/v1/release", a.ReleaseAnswer)


def forget(user_id: str, key: str | None = None) -> Call[a.ForgetAnswer]:
    """A user's data deleted; may be asked for again."""
    return Call("DELETE", f"/v1/users/{_part(user_id)}", a.ForgetAnswer, idempotency_key=key)


def history(user_id: str, limit: int, offset: int) -> Call[a.HistoryAnswer]:
    """A page of what is on record of a user."""
    query = {"limit": limit, "offset": offset}
    return Call("GET", f"/v1/users/{_part(user_id)}/history", a.HistoryAnswer, query=query)


def take_out(user_id: str, product_id: str, key: str | None = None) -> Call[a.TakenOutAnswer]:
    """A product taken out of a history; may be asked for again."""
    path = f"/v1/users/{_part(user_id)}/history/{_part(product_id)}"
    return Call("DELETE", path, a.TakenOutAnswer, idempotency_key=key)


def update_product(product_id: str, fields: r.ProductFields) -> Call[a.ProductsAnswer]:
    """A product changed or added; may be said again."""
    return Call("PATCH", f"/v1/products/{_part(product_id)}", a.ProductsAnswer, body=fields)


def update_products(products: Sequence[r.ProductUpdate]) -> Call[a.ProductsAnswer]:
    """Products changed or added; may be said again."""
    return Call("POST", "/v1/products/batch", a.ProductsAnswer, body={"products": products})


def live() -> Call[dict[str, str]]:
    """Whether the process runs."""
    return Call("GET", "/health/live", dict[str, str])


def ready() -> Call[a.Health]:
    """Whether the API can answer; what is wrong comes as an answer too."""
    return Call("GET", "/health/ready", a.Health, statuses=(200, 503))


def metrics() -> Call[str]:
    """Metrics, as text."""
    return Call("GET", "/metrics", str)
