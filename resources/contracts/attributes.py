"""Values of user attributes that a source could not read, which are counted and never lost in silence.

What belongs here: how a source hands their names on to the contract. What does not: reading them
(`resources.sources.user_attributes`).
"""

import polars as pl

__all__ = ["UNREAD", "unread_attributes"]

UNREAD = "attributes as read"
"""Column in which a source hands on, a list a row, the names of attributes whose value was there and is none."""


def unread_attributes(frame: pl.DataFrame) -> dict[str, int]:
    """Attribute → how many of its values were there and are unknown now, such as ``inf``; none where all were read."""
    names = frame[UNREAD].explode().drop_nulls()
    return dict(sorted(names.value_counts().iter_rows())) if len(names) else {}
