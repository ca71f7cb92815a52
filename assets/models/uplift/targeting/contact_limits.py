"""How often a user may still be contacted, from the contacts on record.

What belongs here: counting within a period. What does not: whom to contact (`assets.models.uplift.targeting.policy`).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from evaluation.arrays import Ints

__all__ = ["contacts_left"]


def contacts_left(
    users: Sequence[str], contacts: pl.DataFrame, *, as_of: datetime, period_days: int, max_contacts: int
) -> Ints:
    """Contacts that each user may still get: int64[users], ``max_contacts`` less those of the period, at least 0.

    Args:
        users: user ids, in the order of the answer.
        contacts: one row a contact made, columns user_id and ts; give no rows of the control arm, who got nothing.
        as_of: end of the period, exclusive.
        period_days: length of the period, at least 1.
        max_contacts: contacts a user may get in any such period, at least 0.

    Raises:
        ValueError: a missing column, a period below 1 day, or a negative limit.
    """
    if missing := sorted({"user_id", "ts"} - set(contacts.columns)):
        raise ValueError(f"contacts lacks {', '.join(missing)}: it needs one row a contact with user_id and ts")
    if period_days < 1:
        raise ValueError(f"period_days is the length of the period, at least 1, got {period_days}")
    if max_contacts < 0:
        raise ValueError(f"max_contacts is a number of contacts, at least 0, got {max_contacts}")
    recent = contacts.filter((pl.col("ts") >= as_of - timedelta(days=period_days)) & (pl.col("ts") < as_of))
    made = recent.group_by("user_id").agg(pl.len().cast(pl.Int64).alias("made"))
    requested = pl.DataFrame({"user_id": list(users)}, schema={"user_id": pl.String})
    counts = requested.join(made, on="user_id", how="left", maintain_order="left")["made"].fill_null(0)
    return np.asarray(np.maximum(max_contacts - counts.to_numpy(), 0), dtype=np.int64)
