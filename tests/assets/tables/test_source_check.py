"""What the check of a source says of files that were left out, and of columns that came, went or changed."""

import dagster as dg

from assets.tables.source_check import source_check
from resources.ingestion.ingested import Ingested
from resources.sources import LeftOut

BEFORE = {"order_id": "String", "user_id": "Int64", "quantity": "Int64", "note": "String"}


def test_the_same_columns_pass() -> None:
    """Also on the first night, in a night without rows, and of numbers that have become fractions."""
    for columns, before in ((BEFORE, BEFORE), (BEFORE, {}), ({}, BEFORE), (BEFORE | {"quantity": "Float64"}, BEFORE)):
        result = source_check("orders", Ingested(columns=dict(columns)), before)
        assert result.passed, result.description
    assert source_check("orders", Ingested(), {}).description.startswith("all of the source could be read")


def test_files_that_were_left_out_are_named_with_the_reason_and_what_to_do() -> None:
    """At most five; nothing is blocked, as the check is declared so."""
    files = {f"/data/{n}.csv": "it is empty" for n in range(7)}
    result = source_check("orders", Ingested(columns=BEFORE, left_out=LeftOut(files=files)), BEFORE)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert result.description.startswith("/data/0.csv was left out: it is empty; /data/1.csv")
    assert "and 2 files more (`upshelf quarantine orders`); repair or remove the files" in result.description


def test_a_column_that_is_gone_is_an_error_where_it_was_read() -> None:
    """`user_id` is of the contract, `note` is not."""
    now = {name: kind for name, kind in BEFORE.items() if name not in ("user_id", "note")}
    result = source_check("orders", Ingested(columns=now), BEFORE)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "column user_id is gone, and null in every row that was read" in result.description
    assert "column note, which is not read, is gone" in result.description
    assert "correct the query of [tables.orders] in shop.toml" in result.description
    only_note = source_check("orders", Ingested(columns={k: v for k, v in BEFORE.items() if k != "note"}), BEFORE)
    assert only_note.passed


def test_a_column_of_another_type_is_a_warning_and_a_new_one_a_note() -> None:
    """With both types in words."""
    result = source_check("orders", Ingested(columns=BEFORE | {"quantity": "String", "kind": "String"}), BEFORE)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert "column quantity was Int64 and is String" in result.description
    assert "column kind is new, and read from now on" in result.description


def test_a_column_that_the_newest_file_lacks_fails() -> None:
    """By the file."""
    left_out = LeftOut(columns={"user_id": "/data/3.csv"})
    result = source_check("orders", Ingested(columns=BEFORE, left_out=left_out), BEFORE)
    assert not result.passed
    assert "column user_id is lacking in /data/3.csv, which earlier files have" in result.description
