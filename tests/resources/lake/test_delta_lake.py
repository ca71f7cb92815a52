"""The lake: one commit a write, days as partitions, versions that readers keep."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError
from hypothesis import given, settings
from hypothesis import strategies as st

from resources.lake import UNDATED, Lake
from resources.settings import ROOT
from resources.tables import TABLES, quarantine_of

TABLE = "product_embeddings"
DAYS = [f"2026-01-0{day}" for day in range(1, 6)]


def rows(*keys: tuple[str, str], value: float = 1.0) -> pl.DataFrame:
    """Rows of TABLE from (day, text_hash)."""
    return pl.DataFrame(
        {"day": [day for day, _ in keys], "text_hash": [key for _, key in keys], "vector": [[value]] * len(keys)},
        schema=dict(TABLES[TABLE]),
    )


def held(lake: Lake, first: str | None = None, last: str | None = None) -> list[tuple[str, str, float]]:
    """What TABLE holds: (day, text_hash, value), sorted."""
    frame = lake.read(TABLE, first, last)
    return sorted((day, key, vector[0]) for day, key, vector in frame.iter_rows())


def test_a_replaced_day_leaves_the_other_days_alone(lake: Lake) -> None:
    """Days 1 and 3 keep their rows, day 2 has only the new ones."""
    lake.replace_partition(TABLE, rows((DAYS[0], "a"), (DAYS[1], "b"), (DAYS[2], "c")), DAYS[0], DAYS[2])
    lake.replace_partition(TABLE, rows((DAYS[1], "d"), (DAYS[1], "e")), DAYS[1], DAYS[1])
    assert [row[:2] for row in held(lake)] == [
        (DAYS[0], "a"),
        (DAYS[1], "d"),
        (DAYS[1], "e"),
        (DAYS[2], "c"),
    ]


def test_days_of_the_range_without_rows_become_empty(lake: Lake) -> None:
    """Replacing days 1 to 3 by one row of day 2 empties days 1 and 3; by no row it empties all three."""
    lake.replace_partition(TABLE, rows(*((day, "x") for day in DAYS)), DAYS[0], DAYS[-1])
    lake.replace_partition(TABLE, rows((DAYS[1], "y")), DAYS[0], DAYS[2])
    assert [row[:2] for row in held(lake)] == [(DAYS[1], "y"), (DAYS[3], "x"), (DAYS[4], "x")]
    lake.replace_partition(TABLE, rows(), DAYS[0], DAYS[2])
    assert [row[0] for row in held(lake)] == DAYS[3:]


def test_a_first_write_may_be_empty(lake: Lake) -> None:
    """The table exists afterwards, at version 0 and without files."""
    assert lake.replace_partition(TABLE, rows(), DAYS[0], DAYS[0]) == 0
    assert lake.files(TABLE).version == 0
    assert held(lake) == []


def test_rows_outside_the_days_are_refused_and_nothing_is_written(lake: Lake) -> None:
    """The message names the table, the range and the day of the first such row."""
    lake.replace_partition(TABLE, rows((DAYS[0], "a")), DAYS[0], DAYS[0])
    with pytest.raises(ValueError, match=rf"{TABLE}: 1 rows lie outside the days {DAYS[1]} to {DAYS[2]}.*{DAYS[4]}"):
        lake.replace_partition(TABLE, rows((DAYS[1], "b"), (DAYS[4], "c")), DAYS[1], DAYS[2])
    assert [row[:2] for row in held(lake)] == [(DAYS[0], "a")]
    assert lake.files(TABLE).version == 0


def test_undated_rows_are_replaced_only_when_asked_for(lake: Lake) -> None:
    """They are outside of any range of days, and stay when days are replaced without ``undated``."""
    with pytest.raises(ValueError, match="outside the days"):
        lake.replace_partition(TABLE, rows((UNDATED, "u")), DAYS[0], DAYS[4])
    lake.replace_partition(TABLE, rows((UNDATED, "u"), (DAYS[0], "a")), DAYS[0], DAYS[0], undated=True)
    lake.replace_partition(TABLE, rows((DAYS[1], "b")), DAYS[0], DAYS[4])
    assert [row[:2] for row in held(lake)] == [(DAYS[1], "b"), (UNDATED, "u")]
    lake.replace_partition(TABLE, rows(), DAYS[3], DAYS[3], undated=True)
    assert [row[:2] for row in held(lake)] == [(DAYS[1], "b")]


def test_merge_inserts_and_updates_by_key(lake: Lake) -> None:
    """Of keys a and b, b is overwritten and c is new."""
    assert lake.merge(TABLE, rows((DAYS[0], "a"), (DAYS[0], "b")), ["text_hash"]) == 0
    assert lake.merge(TABLE, rows((DAYS[0], "b"), (DAYS[1], "c"), value=2.0), ["text_hash"]) == 1
    assert held(lake) == [(DAYS[0], "a", 1.0), (DAYS[0], "b", 2.0), (DAYS[1], "c", 2.0)]


def test_merge_without_update_keeps_what_is_there(lake: Lake) -> None:
    """Only c is written; b stays as it was, on the day that it had."""
    lake.merge(TABLE, rows((DAYS[0], "a"), (DAYS[0], "b")), ["text_hash"])
    lake.merge(TABLE, rows((DAYS[1], "b"), (DAYS[1], "c"), value=2.0), ["text_hash"], update=False)
    assert held(lake) == [(DAYS[0], "a", 1.0), (DAYS[0], "b", 1.0), (DAYS[1], "c", 2.0)]


def test_merging_nothing_writes_no_version(lake: Lake) -> None:
    """The version stays 0."""
    lake.merge(TABLE, rows((DAYS[0], "a")), ["text_hash"])
    assert lake.merge(TABLE, rows(), ["text_hash"]) == 0


def test_files_are_pruned_by_day_at_one_version(lake: Lake) -> None:
    """Days 2 to 4 are three files, and each write is one version."""
    written = [lake.replace_partition(TABLE, rows((day, "x")), day, day) for day in DAYS]
    files = lake.files(TABLE, DAYS[1], DAYS[3])
    assert written == [0, 1, 2, 3, 4]
    assert files.version == 4
    assert [uri.split("day=")[1].split("/")[0] for uri in files.uris] == DAYS[1:4]
    assert [row[0] for row in held(lake, DAYS[1], DAYS[3])] == DAYS[1:4]
    assert [row[0] for row in held(lake, None, DAYS[0])] == DAYS[:1]
    assert held(lake, "2027-01-01") == []


def test_a_listing_can_be_narrowed_to_some_of_its_days(lake: Lake) -> None:
    """To the same files that a listing of those days has, also where the folder's name looks like a day's."""
    for at in (lake, Lake(lake.uri("day=2026-01-09"))):
        at.replace_partition(TABLE, rows(*((day, "x") for day in DAYS)), DAYS[0], DAYS[-1])
        assert at.files(TABLE).between(DAYS[1], DAYS[3]) == at.files(TABLE, DAYS[1], DAYS[3])


def test_a_missing_table_reads_as_no_rows_with_its_declared_columns(lake: Lake) -> None:
    """No version, no files, and every column of its declaration; an undeclared table is an error."""
    for table in (TABLE, "events", quarantine_of("events")):
        assert lake.files(table).version is None
        frame = lake.read(table)
        assert frame.is_empty()
        assert frame.schema == pl.Schema(TABLES[table])
    with pytest.raises(KeyError, match="no_such_table"):
        lake.files("no_such_table")


def test_a_day_is_read_as_text(lake: Lake) -> None:
    """Neither the reader nor the file layout turns it into a date."""
    lake.replace_partition(TABLE, rows((DAYS[0], "a")), DAYS[0], DAYS[0])
    assert lake.read(TABLE).schema == pl.Schema(TABLES[TABLE])


def test_a_folder_may_have_blanks_quotes_and_percent_signs(tmp_path: Path) -> None:
    """The addresses are not changed by quoting on their way."""
    lake = Lake(str(tmp_path / "it's 50% of a lake") + "/")
    lake.replace_partition(TABLE, rows((DAYS[0], "a")), DAYS[0], DAYS[0])
    assert held(lake) == [(DAYS[0], "a", 1.0)]


replacements = st.lists(
    st.tuples(
        st.integers(0, 4),
        st.integers(0, 4),
        st.lists(st.tuples(st.integers(0, 4), st.sampled_from("abc")), max_size=4),
    ),
    max_size=5,
)


@given(replacements)
@settings(max_examples=12)
def test_any_replacements_give_what_a_dictionary_of_days_gives(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, int, list[tuple[int, str]]]]
) -> None:
    """Each step sets the days of its range to its rows."""
    lake = Lake(str(tmp_path_factory.mktemp("model")))
    days: dict[str, list[str]] = {}
    for a, b, drawn in steps:
        first, last = min(a, b), max(a, b)
        wanted = [(DAYS[day], key) for day, key in drawn if first <= day <= last]
        lake.replace_partition(TABLE, rows(*wanted), DAYS[first], DAYS[last])
        for day in DAYS[first : last + 1]:
            days[day] = [key for on, key in wanted if on == day]
    expected = sorted((day, key) for day, keys in days.items() for key in keys)
    assert [row[:2] for row in held(lake)] == expected


WRITER = """
import sys
import polars as pl
from resources.lake import Lake
from resources.tables import TABLES
lake, table, n = Lake(sys.argv[1]), "product_embeddings", 20_000
for turn in range(10_000):
    frame = pl.DataFrame({"day": "2026-01-01", "text_hash": [str(i) for i in range(n)], "vector": [[float(turn)]] * n})
    lake.replace_partition(table, frame.cast(TABLES[table]), "2026-01-01", "2026-01-01")
    print(turn, flush=True)
"""


@pytest.mark.parametrize("delay_ms", [1, 9, 23])
def test_a_writer_killed_at_any_moment_leaves_a_whole_version(tmp_path: Path, delay_ms: int) -> None:
    """After SIGKILL in the middle of its writes the table has all rows of one write, and takes the next."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ) as writer:
        assert writer.stdout is not None
        told = int([writer.stdout.readline() for _ in range(3)][-1])
        threading.Event().wait(delay_ms / 1000)
        writer.send_signal(signal.SIGKILL)
        writer.wait()
        told = max([told, *map(int, writer.stdout.read().split())])
    lake = Lake(str(tmp_path))
    values = {value for _, _, value in held(lake)}
    assert len(held(lake)) == 20_000
    # The commit may have been done and not yet told of.
    assert values in ({float(told)}, {float(told + 1)})
    lake.replace_partition(TABLE, rows((DAYS[0], "next")), DAYS[0], DAYS[0])
    assert [row[:2] for row in held(lake)] == [(DAYS[0], "next")]


def test_a_listing_stays_readable_while_the_table_is_rewritten(lake: Lake) -> None:
    """Files of version 0 still hold its rows after two more writes."""
    lake.replace_partition(TABLE, rows((DAYS[0], "old")), DAYS[0], DAYS[0])
    files = lake.files(TABLE)
    for value in (2.0, 3.0):
        lake.replace_partition(TABLE, rows((DAYS[0], "new"), value=value), DAYS[0], DAYS[0])
    assert pl.read_parquet(list(files.uris))["text_hash"].to_list() == ["old"]


def test_a_concurrent_reader_sees_one_version(lake: Lake) -> None:
    """Each read has three days of the same write, never a mixture."""
    lake.replace_partition(TABLE, rows(*((day, "x") for day in DAYS[:3]), value=0.0), DAYS[0], DAYS[2])
    seen: list[list[float]] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            seen.append([value for _, _, value in held(lake)])

    reader = threading.Thread(target=read)
    reader.start()
    for turn in range(1, 30):
        lake.replace_partition(TABLE, rows(*((day, "x") for day in DAYS[:3]), value=float(turn)), DAYS[0], DAYS[2])
    done.set()
    reader.join()
    assert len(seen) > 1
    assert all(len(values) == 3 and len(set(values)) == 1 for values in seen)


def test_a_campaign_replaces_its_own_rows(tmp_path: Path) -> None:
    """Those of other campaigns and days stay; a day written before campaigns were told apart is replaced whole."""
    lake, schema = Lake(str(tmp_path)), dict(TABLES["uplift_scores"])

    def write(day: str, uplift: float, campaign: str | None) -> None:
        row = {"day": day, "user_id": "u", "uplift": uplift, "campaign": campaign}
        frame = pl.DataFrame([row], schema=schema)
        lake.replace_partition(
            "uplift_scores", frame.drop("campaign") if campaign is None else frame, day, day, campaign=campaign
        )

    for day in ("2026-01-01", "2026-01-02"):
        write(day, 0.1, None)
    for uplift, campaign in ((0.2, "mail"), (0.3, "voucher"), (0.4, "mail")):
        write("2026-01-02", uplift, campaign)
    rows = lake.read("uplift_scores").sort("uplift")
    assert rows.select("day", "uplift", "campaign").rows() == [
        ("2026-01-01", 0.1, None),
        ("2026-01-02", 0.3, "voucher"),
        ("2026-01-02", 0.4, "mail"),
    ]


def test_rows_are_deleted_though_another_writer_was_faster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that it wrote meanwhile; a table that does not exist has none."""
    lake, delete, refused = Lake(str(tmp_path)), DeltaTable.delete, list[str]()
    assert lake.delete_rows(TABLE, "day <= '2026-01-02'") == 0
    lake.replace_partition(TABLE, rows(*((day, "a") for day in DAYS)), DAYS[0], DAYS[-1])

    def overtaken(table: DeltaTable, predicate: str) -> dict[str, int]:
        if not refused:
            refused.append(predicate)
            lake.merge(TABLE, rows((DAYS[0], "b")), ("text_hash", "day"))
            raise CommitFailedError("another writer was faster")
        return dict(delete(table, predicate))

    monkeypatch.setattr(DeltaTable, "delete", overtaken)
    assert lake.delete_rows(TABLE, "day <= '2026-01-02'") == 3
    assert [row[:2] for row in held(lake)] == [(day, "a") for day in DAYS[2:]]
