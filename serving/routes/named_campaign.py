"""The query parameter that names a campaign."""

from typing import Annotated

from litestar.params import QueryParameter

from resources.contracts import MAX_ID

__all__ = ["Named"]

Named = Annotated[
    str | None,
    QueryParameter(min_length=1, max_length=MAX_ID, description="Which campaign; needed where the shop has several"),
]
