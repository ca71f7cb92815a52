"""What counts as a time: one rule for the windows that sources read and for the rows that contracts check.

Text is a time if it is ISO 8601 (``2026-03-07``, ``2026-03-07 08:26``, ``2026-03-07T08:26:01.5+02:00``; without a zone
UTC), or written as the table's ``time_format`` says. No other order of day and month is guessed. A time outside
`EARLIEST` to `LATEST`, such as PostgreSQL's ``infinity``, is a mistake and no time. What belongs here: the rule, for
Polars and as regular expressions that DuckDB, PostgreSQL and Polars read alike.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import polars as pl

__all__ = ["EARLIEST", "ISO", "LATEST", "TimeFormat", "as_read", "in_range", "of_dates", "out_of_range", "parsed"]

ISO = r"^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)? ?(Z|[+-]\d{2}(:?\d{2})?)?)?$"
EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_FAR_DAYS, _MICROSECONDS_A_DAY = 10_000_000, 86_400_000_000
_DIRECTIVES: Mapping[str, tuple[str, str]] = {
    "%Y": (r"(\d{4})", "year"),
    "%y": (r"(\d{2})", "short year"),
    "%m": (r"(\d{1,2})", "month"),
    "%d": (r"(\d{1,2})", "day"),
    "%H": (r"(\d{1,2})", "hour"),
    "%M": (r"(\d{1,2})", "minute"),
    "%S": (r"(\d{1,2})", "second"),
    "%f": (r"(\d{1,6})", "fraction"),
    "%z": (r"(Z|[+-]\d{2}:?\d{2})", "zone"),
}


@dataclass(frozen=True, slots=True)
class TimeFormat:
    """How a table's times are written: a regular expression, and what it is replaced by to make ISO text."""

    pattern: str
    iso: str
    """With ``\\1``, ``\\2`` … for the groups of ``pattern``."""

    @classmethod
    def of(cls, text: str) -> "TimeFormat":
        """Read a format such as ``%d/%m/%Y %H:%M``.

        Raises:
            ValueError: If it has another directive than these, or lacks the year, the month or the day.
        """
        pattern, groups = "", dict[str, int]()
        for part in re.split(r"(%.)", text):
            if part.startswith("%"):
                if part not in _DIRECTIVES:
                    raise ValueError(f"time_format {text!r} has {part!r}; it may have {', '.join(_DIRECTIVES)}")
                expression, name = _DIRECTIVES[part]
                pattern += expression
                groups[name] = len(groups) + 1
            else:
                pattern += re.escape(part)
        if "short year" in groups:
            groups["year"] = groups["short year"]
        if missing := [name for name in ("year", "month", "day") if name not in groups]:
            raise ValueError(f"time_format {text!r} lacks the {missing[0]}: without it a row has no day")
        century = "20" if "short year" in groups else ""
        iso = f"{century}\\{groups['year']}-\\{groups['month']}-\\{groups['day']}"
        clock = [f"\\{groups[name]}" if name in groups else "00" for name in ("hour", "minute", "second")]
        iso += f" {':'.join(clock)}" + (f".\\{groups['fraction']}" if "fraction" in groups else "")
        return cls(f"^ *{pattern} *$", iso + (f"\\{groups['zone']}" if "zone" in groups else ""))


def as_read(time: str) -> str:
    """Name of the column in which a source hands on the text of what is no time in the column ``time``."""
    return f"{time} as read"


def out_of_range(time: str) -> str:
    """Name of the column in which a source says whether what is no time in the column ``time`` is one out of range."""
    return f"{time} out of range"


def of_dates(column: pl.Expr) -> pl.Expr:
    """Midnights of dates, as datetimes without a zone.

    A date that no calendar has, such as PostgreSQL's ``infinity``, is one far outside of `EARLIEST` to `LATEST`.
    """
    days = column.to_physical().cast(pl.Int64).clip(-_FAR_DAYS, _FAR_DAYS)
    return (days * _MICROSECONDS_A_DAY).cast(pl.Datetime("us"))


def parsed(column: pl.Expr) -> pl.Expr:
    """Text as UTC datetimes; null where it is not ISO 8601."""
    text = column.str.strip_chars()
    one_shape = (
        pl.when(text.str.contains(ISO))
        .then(text)
        .str.replace(r"^(\d{4}-\d{2}-\d{2})$", "${1}T00:00:00")
        .str.replace(r"^(\d{4}-\d{2}-\d{2}) ", "${1}T")
        .str.replace(r"T(\d{2}:\d{2})([Z+ -]|$)", "T${1}:00${2}")
        .str.replace_all(" ", "", literal=True)
        .str.replace(r"Z$", "+00:00")
        .str.replace(r"(T.*[+-]\d{2})$", "${1}:00")
        .str.replace(r"(T.*[+-]\d{2})(\d{2})$", "${1}:${2}")
        .str.replace(r"(T[\d:.]+)$", "${1}+00:00")
    )
    return one_shape.str.to_datetime("%Y-%m-%dT%H:%M:%S%.f%:z", time_unit="us", strict=False)


def in_range(moment: pl.Expr) -> pl.Expr:
    """Whether a UTC datetime is between `EARLIEST` and `LATEST`; null where there is none."""
    return moment.is_between(pl.lit(EARLIEST), pl.lit(LATEST), closed="left")
