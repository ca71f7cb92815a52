"""What becomes of an error: a recorded reason, a failed run, or the failed check of one campaign of several.

What belongs here: telling them apart. What is done with a reason is the asset's (`assets.daily.models`, `tables`).
"""

from collections.abc import Sequence

import dagster as dg

from assets.daily.declared import MADE
from evaluation.insufficient import InsufficientDataError
from resources.model_store import Unavailable

__all__ = ["made", "reason_of"]


def reason_of(error: Exception, campaign: str | None) -> tuple[Unavailable, bool]:
    """Why there is nothing, and whether it is a fault.

    What there cannot be has a reason. Anything else is a fault, which is raised again but in one of several campaigns:
    there it is the reason, so that it stops what is downstream in that campaign alone.
    """
    if isinstance(error, Unavailable):
        return error, False
    if isinstance(error, InsufficientDataError):
        return Unavailable(str(error)), False
    if campaign is None:
        raise error
    return Unavailable(f"it failed: {type(error).__name__}: {error}", expected=True), True


def made(campaign: str | None, faults: Sequence[str]) -> list[dg.AssetCheckResult]:
    """The result of `MADE`; none where there is one campaign without an id."""
    if campaign is None:
        return []
    told = "; ".join(faults) or "no fault"
    return [dg.AssetCheckResult(check_name=MADE.name, passed=not faults, description=told)]
