"""Which list a draft is tried on: what the form asks, and the API's answer to it.

What belongs here: reading and asking. What changes in the list is `serving.console.rules.trial`.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from litestar.di import NamedDependency
from litestar.params import FromQuery
from msgspec import Meta

from serving.context import Context
from serving.http.problems import ProblemError
from serving.lists import lists
from serving.lists.answers import ListAnswer
from serving.lists.eligible import starting_from
from serving.release.snapshot import Snapshot
from serving.requests import Limit, ListRequest
from serving.search import search as searching
from serving.search.requests import SearchRequest, Typed

__all__ = ["LISTS", "Look", "answered", "look_asked"]

_NO_NUL = r"^[^\x00]*$"
Name = Literal["search", "popular", "category", "similar", "bought_together"]
LISTS: Mapping[Name, str] = {
    "search": "a search for",
    "popular": "what is popular",
    "category": "the category",
    "similar": "similar to product",
    "bought_together": "bought together with product",
}
"""List, as rules name it → what the form calls it; all but one are of something that it names."""


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """A list to look at, and how."""

    surface: Name = "popular"
    of: Annotated[str, Meta(max_length=1_000, pattern=_NO_NUL)] = ""
    """The query, category or product number."""
    user: Annotated[str, Meta(max_length=200, pattern=_NO_NUL)] = ""
    """Whose list it is; blank for a stranger's."""
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    whenever: bool = False
    """Whether the draft's rules are tried as if the time of each had come."""
    alone: bool = False
    """Whether the draft stands in place of all rules of the release."""

    @classmethod
    def of_form(cls, form: Mapping[str, Any]) -> "Look":
        """What a form says; other fields are left alone.

        Raises:
            ProblemError: 400 for a value that cannot be.
        """
        given = {name: form[name] for name in cls.__struct_fields__ if name in form}
        try:
            return msgspec.convert(given, cls, strict=False)
        except msgspec.ValidationError as error:
            raise ProblemError(400, "unknown-list", f"This list cannot be looked at: {error}.") from error

    @property
    def fields(self) -> dict[str, str]:
        """The same for an address; what is as it is by default is left out."""
        usual = Look()
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        changed = {name: value for name, value in said.items() if value != getattr(usual, name)}
        return {name: "true" if value is True else str(value) for name, value in changed.items()}


def look_asked(
    snapshot: NamedDependency[object],
    surface: FromQuery[Name] = "popular",
    of: Typed = "",
    user: Typed = "",
    limit: Limit = 20,
    whenever: FromQuery[bool] = False,
    alone: FromQuery[bool] = False,
) -> Look:
    """What an address says; injected, behind the snapshot (`serving.app`).

    Raises:
        ProblemError: 400 for a value that cannot be.
    """
    said = {"surface": surface, "of": of, "user": user, "limit": limit, "whenever": whenever, "alone": alone}
    return Look.of_form(said)


async def answered(api: Context, snapshot: Snapshot, look: Look) -> ListAnswer:
    """What the API answers from ``snapshot``.

    Raises:
        ProblemError: Where the release has no such product or category.
    """
    user = look.user.strip() or None
    if look.surface == "search":
        asked = SearchRequest(look.of, look.limit, user_id=user)
        return await searching.search(snapshot, api.workers, asked)
    return await api.workers.run("list", _listed, snapshot, look, ListRequest(look.limit, user))


def _listed(snapshot: Snapshot, look: Look, asked: ListRequest) -> ListAnswer:
    match look.surface:
        case "category":
            return lists.category(snapshot, look.of, asked)
        case "similar":
            return lists.similar(snapshot, look.of, asked)
        case "bought_together":
            starting_from(snapshot, look.of)  # which the API would ignore where there is no such product
            return lists.bought_together(snapshot, [look.of], asked)
    return lists.popular(snapshot, asked)
