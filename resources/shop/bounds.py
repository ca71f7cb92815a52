"""Bounds that several keys of a ``shop.toml`` share."""

from typing import Annotated

from msgspec import Meta

__all__ = ["Days", "Money", "Positive", "Share", "Weight"]

Share = Annotated[float, Meta(ge=0, le=1)]
Positive = Annotated[int, Meta(ge=1)]
Money = Annotated[float, Meta(ge=0)]
"""In the shop's currency."""
Weight = Annotated[float, Meta(ge=0, le=1e6)]
Days = Annotated[float, Meta(gt=0, le=36_500)]
