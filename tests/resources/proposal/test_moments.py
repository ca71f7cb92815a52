"""Times in every form that a column may have, and none where the order of day and month cannot be told."""

import polars as pl
import pytest

from resources.proposal.looking.catalogue import Column, Kind
from resources.proposal.looking.profile import profiled
from resources.proposal.looking.sql_text import column_sql, name_sql
from resources.proposal.moments import Moment, moment_of


def column(kind: Kind, type_: str, *values: str) -> Column:
    """A column of these values."""
    _, (one,) = profiled(pl.DataFrame({"t": list(values)}, schema={"t": pl.String}), {"t": (kind, type_)})
    return one


@pytest.mark.parametrize(
    ("given", "moment"),
    [
        (column("time", "timestamptz", "2026-01-01 10:00:00+00"), Moment("e.t")),
        (column("time", "timestamp", "2026-01-01"), Moment("e.t", "it has no zone and is read as UTC")),
        (column("integer", "int8", "1767225600"), Moment("to_timestamp(e.t)", "a number of seconds since 1970")),
        (
            column("integer", "int8", "1767225600000"),
            Moment("to_timestamp(e.t / 1000.0)", "a number of milliseconds since 1970"),
        ),
        (column("integer", "int4", "20260101"), None),
        (column("text", "text", "2026-01-01T10:00:00Z"), Moment("e.t", "text in ISO 8601, UTC where it has no zone")),
        (column("text", "text", "03/04/2026", "05/06/2026"), None),
        (column("text", "text", "morning"), None),
    ],
)
def test_times(given: Column, moment: Moment | None) -> None:
    """Each with what has to be known of it."""
    assert moment_of(given, "e", "postgres") == moment


@pytest.mark.parametrize(
    ("values", "time_format"),
    [
        (("03/04/2026", "31/04/2026"), "%d/%m/%Y"),
        (("03/04/2026", "04/31/2026"), "%m/%d/%Y"),
        (("31.12.2026 10:30",), "%d.%m.%Y %H:%M"),
    ],
)
def test_an_order_that_alone_fits_is_taken(values: tuple[str, ...], time_format: str) -> None:
    """A day above 12 tells."""
    moment = moment_of(column("text", "text", *values), "e", "duckdb")
    assert moment is not None
    assert moment.time_format == time_format


def test_keys_of_json_are_columns() -> None:
    """Two levels deep, with the kinds of their values; lists are none."""
    rows = ['{"item": 7, "user": {"id": "u1"}, "tags": [1]}', '{"item": 8}', None, "no json"]
    sample, columns = profiled(pl.DataFrame({"payload": rows}), {"payload": ("json", "jsonb")})
    assert {one.name: (one.kind, one.filled) for one in columns} == {
        "payload": ("json", 3),
        "payload.item": ("integer", 2),
        "payload.user.id": ("text", 1),
    }
    assert sample["payload.item"].to_list() == ["7", "8", None, None]
    nested = columns[-1]
    assert column_sql(nested, "e", "postgres") == "(e.payload -> 'user' ->> 'id')"
    assert column_sql(nested, "e", "duckdb") == """(e.payload ->> '$."user"."id"')"""


def test_names_are_quoted_where_they_have_to_be() -> None:
    """Reserved words, capitals, blanks and quotation marks."""
    assert [name_sql(name) for name in ("item", "order", "ArtikelNr", "a b", 'a"b', "ä")] == [
        "item", '"order"', '"ArtikelNr"', '"a b"', '"a""b"', '"ä"',
    ]  # fmt: skip
