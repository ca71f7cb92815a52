"""Files of which one is broken or unlike the others: the others are read, and what is wrong with the one is told."""

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from resources.contracts import CONTRACTS, validate
from resources.sources import LeftOut, SourceError, read_whole
from resources.sources.file_queries.reasons import reason
from resources.sources.files import Files
from tests.resources.sources.tiny_shop import open_tiny

START, END = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)
HEADER = "order_id,line,ts,kind,user_id,product_id,quantity,unit_price\n"
CSV, PARQUET, JSON = (f"FROM {of}" for of in ("'{folder}/*.csv'", "'{folder}/*.parquet'", "'{folder}/*.jsonl'"))


def lines(day: int, rows: int = 3, price: str = "9") -> str:
    """Orders of a day, without a header."""
    order = "o{day}-{n},1,2026-01-0{day} 10:00:00,sale,café {n},p{n},{q},{price}\n"
    return "".join(order.format(day=day, n=n, q=n + 1, price=price) for n in range(rows))


def frame(day: int) -> pl.DataFrame:
    """Orders of a day, typed."""
    return pl.read_csv(io.StringIO(HEADER + lines(day)), try_parse_dates=True)


def opened(folder: Path, query: str, table: str = "orders") -> Files:
    """A shop of one table."""
    return open_tiny(Files, folder, f'kind = "files"\nfolder = "{folder}"\n', {table: query})


def read(source: Files) -> pl.DataFrame:
    """The orders that keep the contract."""
    frames = read_whole(source, "orders", START, END)
    return validate(CONTRACTS["orders"], pl.concat(frames, how="vertical_relaxed"), origin="test").rows


def csv(folder: Path, second: str | bytes) -> None:
    """Three days of orders as CSV, of which the second is ``second``."""
    for day in (1, 3):
        (folder / f"{day}.csv").write_text(HEADER + lines(day), encoding="utf-8")
    (folder / "2.csv").write_bytes(second if isinstance(second, bytes) else second.encode())


def parquet(folder: Path, second: pl.DataFrame) -> None:
    """The same as Parquet."""
    for day, of in ((1, frame(1)), (2, second), (3, frame(3))):
        of.write_parquet(folder / f"{day}.parquet")


@pytest.mark.parametrize(
    ("second", "why"),
    [
        ((HEADER + lines(2)).encode("latin-1"), "it is not UTF-8 (near byte "),
        ((HEADER + lines(2)).encode("utf-16"), "it is UTF-16"),
        ((HEADER.replace("unit_price", "price") + lines(2)), "it has no column unit_price; its columns are order_id, "),
        (lines(2), "it has no column order_id, line, ts"),
        ("", "it is empty"),
        (HEADER + lines(2, 20_500) + "x,y\n" + lines(2), "CSV Error on Line: 20502"),
        (HEADER + lines(2, 20_500) + "o9,1,2026-01-02,sale,u,p,many,9\n", "CSV Error on Line: 20502"),
    ],
    ids=["latin-1", "utf-16", "renamed", "no header", "empty", "short line", "late word among numbers"],
)
def test_a_broken_csv_file_is_left_out(tmp_path: Path, second: str | bytes, why: str) -> None:
    """The rows of the other days are all there, and the reason quotes no row."""
    csv(tmp_path, second)
    source = opened(tmp_path, CSV)
    assert read(source)["order_id"].to_list() == ["o1-0", "o1-1", "o1-2", "o3-0", "o3-1", "o3-2"]
    ((file, told),) = source.left_out("orders").files.items()
    assert file == str(tmp_path / "2.csv")
    assert told.startswith(why), told
    assert "many" not in told
    assert source.last_day_with_rows("orders") == datetime(2026, 1, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    "second",
    [
        (HEADER + lines(2)).replace(",", ";"),
        HEADER.replace("order_id,line", "line,order_id") + lines(2).replace("o2-", "1,o2-").replace(",1,2026", ",2026"),
        HEADER.replace("kind", "channel,kind") + lines(2).replace("sale", "web,sale"),
    ],
    ids=["delimiter", "order of columns", "a column more"],
)
def test_a_csv_file_of_another_form_is_read_for_what_it_is(tmp_path: Path, second: str) -> None:
    """Columns go by their names."""
    csv(tmp_path, second)
    source = opened(tmp_path, CSV)
    of_day = read(source).filter(pl.col("order_id").str.starts_with("o2"))
    assert of_day.select("order_id", "line", "quantity").rows() == [(f"o2-{n}", 1, n + 1.0) for n in range(3)]
    assert source.left_out("orders") == LeftOut()


def test_a_truncated_gzip_is_left_out_also_when_rows_of_it_have_been_yielded(tmp_path: Path) -> None:
    """The last of three, of which the first half could be read: none of its rows stays."""
    for day in (1, 2, 3):
        packed = gzip.compress((HEADER + lines(day, 40_000)).encode())
        (tmp_path / f"{day}.csv.gz").write_bytes(packed if day < 3 else packed[: len(packed) // 2])
    source = opened(tmp_path, "FROM '{folder}/*.csv.gz'")
    frames = read_whole(source, "orders", START, END)
    assert sum(of.height for of in frames) == 80_000
    assert source.left_out("orders").files == {str(tmp_path / "3.csv.gz"): "Unexpected end of GZIP stream"}


@pytest.mark.parametrize("at", [None, 30], ids=["truncated", "a page overwritten"])
def test_a_broken_parquet_file_is_left_out(tmp_path: Path, at: int | None) -> None:
    """Whether it cannot be opened, or only its rows cannot be read."""
    parquet(tmp_path, frame(2))
    whole = (tmp_path / "2.parquet").read_bytes()
    broken = whole[: len(whole) // 2] if at is None else whole[:at] + b"\0" * 90 + whole[at + 90 :]
    (tmp_path / "2.parquet").write_bytes(broken)
    source = opened(tmp_path, PARQUET)
    assert read(source)["order_id"].str.head(2).unique(maintain_order=True).to_list() == ["o1", "o3"]
    assert list(source.left_out("orders").files) == [str(tmp_path / "2.parquet")]


def test_fractions_in_a_later_parquet_file_stay_fractions(tmp_path: Path) -> None:
    """The first file has whole prices, and alone would make 10 of 9.5."""
    parquet(tmp_path, frame(2).with_columns(unit_price=pl.lit(9.5)))
    assert read(opened(tmp_path, PARQUET))["unit_price"].to_list() == [9.0] * 3 + [9.5] * 3 + [9.0] * 3


def test_a_parquet_file_whose_prices_are_words_breaks_the_contract_row_by_row(tmp_path: Path) -> None:
    """Where the query reads it as it is; where it calculates with the price, the file is left out."""
    parquet(tmp_path, frame(2).with_columns(unit_price=pl.lit("EUR 9.5")))
    frames = read_whole(opened(tmp_path, PARQUET), "orders", START, END)
    judged = validate(CONTRACTS["orders"], pl.concat(frames), origin="test")
    assert (judged.rows.height, judged.quarantined["rules"].to_list()) == (6, [["unit_price|dtype"]] * 3)
    source = opened(tmp_path, "SELECT * REPLACE (round(unit_price * 1.19, 2) AS unit_price) " + PARQUET)
    assert read(source)["unit_price"].to_list() == [10.71] * 6
    assert list(source.left_out("orders").files) == [str(tmp_path / "2.parquet")]


def test_a_column_that_the_newest_file_lacks_is_told(tmp_path: Path) -> None:
    """It is null in its rows; one that the oldest lacks came later, and is nothing to tell."""
    parquet(tmp_path, frame(2))
    frame(3).drop("user_id").write_parquet(tmp_path / "3.parquet")
    source = opened(tmp_path, PARQUET)
    assert read(source)["user_id"].null_count() == 3
    assert source.left_out("orders") == LeftOut(columns={"user_id": str(tmp_path / "3.parquet")})
    frame(3).write_parquet(tmp_path / "3.parquet")
    frame(1).drop("user_id").write_parquet(tmp_path / "1.parquet")
    assert (read(source)["user_id"].null_count(), source.left_out("orders")) == (3, LeftOut())


def test_many_files_of_json_lines_fit_into_memory_and_all_count(tmp_path: Path) -> None:
    """Forty, of which the last has fractions and one is broken: DuckDB would hold 32 MB for each it looks at."""
    for n in range(40):
        of = frame(1 + n % 8).with_columns(order_id=pl.format("o{}-{}", pl.lit(n), pl.int_range(3)))
        (of if n < 39 else of.with_columns(unit_price=pl.lit(9.5))).write_ndjson(tmp_path / f"{n:02}.jsonl")
    (tmp_path / "20.jsonl").write_text('{"order_id": "o20-0", "li\n', encoding="utf-8")
    source = opened(tmp_path, JSON)
    found = read(source)
    assert (found.height, found.filter(pl.col("unit_price") == 9.5)["order_id"].to_list()) == (
        117,
        ["o39-0", "o39-1", "o39-2"],
    )
    assert list(source.left_out("orders").files) == [str(tmp_path / "20.jsonl")]


def test_a_repaired_file_is_read_again(tmp_path: Path) -> None:
    """By the same source, without a restart."""
    csv(tmp_path, HEADER + lines(2, 20_500) + "x,y\n")
    source = opened(tmp_path, CSV)
    assert (read(source).height, len(source.left_out("orders").files)) == (6, 1)
    csv(tmp_path, HEADER + lines(2))
    assert (read(source).height, source.left_out("orders")) == (9, LeftOut())


def test_a_fault_of_the_query_or_of_every_file_is_an_error_as_ever(tmp_path: Path) -> None:
    """No file is to blame alone: the message is DuckDB's, with the remedy."""
    csv(tmp_path, HEADER + lines(2))
    with pytest.raises(SourceError, match="no_such_column"):
        read(opened(tmp_path, "SELECT no_such_column " + CSV))
    for day in (1, 2, 3):
        (tmp_path / f"{day}.csv").write_bytes((HEADER + lines(day)).encode("latin-1"))
    with pytest.raises(SourceError, match="not utf-8"):
        read(opened(tmp_path, CSV))


def test_reasons_quote_no_values() -> None:
    """A value may be somebody's address."""
    error = duckdb.ConversionException("Conversion Error: Could not convert string 'jo@x.org' to DOUBLE in /a/b.csv")
    assert reason("/a/b.csv", error) == "Could not convert string … to DOUBLE in it"
