"""What of a source could not be read while the rest was."""

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["LeftOut"]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Files and columns that a reading went on without."""

    files: Mapping[str, str] = field(default_factory=dict)
    """File → why it could not be read."""
    columns: Mapping[str, str] = field(default_factory=dict)
    """Column that earlier files have → the newest file, which lacks it: the column is null in its rows."""
