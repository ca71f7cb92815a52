"""The night, evaluated by Dagster's own contexts over real instances, for the default shop (January 2026)."""

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import msgspec
import pytest

from assets.automation import day_range_tags, new_day_arrived, nightly, release_after_tables, weekly
from assets.tables.features import FEATURE_TABLES
from assets.tables.raw import RAW_TABLES
from resources.settings import Settings
from resources.shop import FilesSource, Shop, TableQuery
from resources.sources.files import Files
from resources.store import Store
from tests.default_shop import SHOP

START, END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
FIRST = SHOP.first_day


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    """An empty instance."""
    with dg.DagsterInstance.ephemeral() as made:
        yield made


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """An empty instance on SQLite: a schedule opens its instance anew."""
    with dg.DagsterInstance.local_temp(str(tmp_path)) as made:
        yield made


def day(number: int) -> date:
    """The shop's ``number``-th day, from 1."""
    return FIRST + timedelta(days=number - 1)


def read_days(instance: dg.DagsterInstance, numbers: range, *, without: str = "") -> None:
    """Record that every table has been materialised on these days, but for one."""
    keys = [dg.AssetKey(table.name) for table in (*RAW_TABLES, *FEATURE_TABLES)]
    for key in keys:
        for number in numbers:
            if key.to_user_string() != without:
                done = dg.AssetMaterialization(key, partition=day(number).isoformat())
                instance.report_runless_asset_event(done)


def night_after(number: int, instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """What the schedule asks for half past two in the night after a day."""
    at = datetime.combine(day(number + 1), datetime.min.time(), tzinfo=UTC) + timedelta(hours=2, minutes=30)
    found = nightly(dg.build_schedule_context(instance=instance, scheduled_execution_time=at), shop=SHOP)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def span(request: object) -> tuple[str, str]:
    """First and last day of a request."""
    assert isinstance(request, dg.RunRequest), request
    return request.tags[START], request.tags[END]


def test_a_night_reads_yesterday_and_the_late_days(stored: dg.DagsterInstance) -> None:
    """With four days read, the fifth is read with the two before it."""
    read_days(stored, range(1, 5))
    request = night_after(5, stored)
    assert span(request) == (str(day(5 - SHOP.late_days)), str(day(5)))
    assert isinstance(request, dg.RunRequest)
    assert request.run_key == f"nightly-{day(5)}"


def test_a_night_closes_a_gap(stored: dg.DagsterInstance) -> None:
    """Days 2 to 5 were read but for one table on all of them: the night begins at day 2."""
    read_days(stored, range(1, 2))
    read_days(stored, range(2, 6), without="orders")
    assert span(night_after(6, stored)) == (str(day(2)), str(day(6)))


@pytest.mark.parametrize("table", ["judgments", "users"])
def test_a_new_state_table_asks_for_no_history_of_the_logs(stored: dg.DagsterInstance, table: str) -> None:
    """Neither one that the shop lacks nor one that was never read: the logs' source may hold their last days only."""
    read_days(stored, range(1, 6), without=table)
    assert span(night_after(6, stored)) == (str(day(6 - SHOP.late_days)), str(day(6)))


def test_the_first_night_reads_all_history(stored: dg.DagsterInstance) -> None:
    """Nothing has been read: from the shop's first day."""
    assert span(night_after(11, stored)) == (str(day(1)), str(day(11)))


def test_no_night_before_or_after_the_logs(stored: dg.DagsterInstance) -> None:
    """The last day is read; the night after the day after it is not, nor one before the first."""
    assert SHOP.last_day is not None
    length = (SHOP.last_day - FIRST).days + 1
    assert span(night_after(length, stored))[1] == str(SHOP.last_day)
    for number, told in ((length + 1, "end with"), (0, "begin with")):
        skipped = night_after(number, stored)
        assert isinstance(skipped, dg.SkipReason)
        assert told in (skipped.skip_message or "")


class Night:
    """A shop of one CSV file, evaluated by the sensor again and again with the cursor it left."""

    def __init__(self, folder: Path, instance: dg.DagsterInstance) -> None:
        """An empty log."""
        self.log = folder / "events.csv"
        self.log.write_text("event_id,ts,kind,user_id,product_id\n", encoding="utf-8")
        query = "SELECT * FROM read_csv('{folder}/events.csv', all_varchar = true)"
        self.shop = Shop(
            name="csv", first_day=FIRST, source=FilesSource(str(folder)), tables={"events": TableQuery(query=query)}
        )
        settings = Settings.from_env({"UPSHELF_HOME": str(folder)})
        assert isinstance(self.shop.source, FilesSource)
        self.source = Files(self.shop, self.shop.source, settings)
        self.store = Store(f"sqlite:///{folder / 'store.db'}")
        self.instance = instance
        self.cursor: str | None = None

    def add(self, number: int) -> None:
        """A row of a day."""
        with self.log.open("a", encoding="utf-8") as log:
            log.write(f"e{number},{day(number)}T10:00:00Z,view,u,p\n")

    def wait(self, minutes: int) -> None:
        """Let the sensor have asked so much earlier."""
        cursor = json.loads(self.cursor or "")
        at = datetime.fromisoformat(cursor["at"]) - timedelta(minutes=minutes, seconds=1)
        self.cursor = json.dumps(cursor | {"at": at.isoformat()})

    def tick(self) -> dg.RunRequest | dg.SkipReason:
        """One evaluation."""
        resources = {"shop": self.shop, "source": self.source, "store": self.store}
        with dg.build_sensor_context(instance=self.instance, cursor=self.cursor, resources=resources) as context:
            found = new_day_arrived(context)
            self.cursor = context.cursor
        assert isinstance(found, dg.RunRequest | dg.SkipReason)
        return found


@pytest.fixture
def night(tmp_path: Path, instance: dg.DagsterInstance) -> Iterator[Night]:
    """A shop whose log is empty yet."""
    made = Night(tmp_path, instance)
    yield made
    made.store.close()


def test_a_new_day_is_asked_for_once(night: Night) -> None:
    """An empty log, a row of day 3, nothing new, a row of day 4."""
    assert isinstance(night.tick(), dg.SkipReason)
    night.add(3)
    assert span(night.tick()) == (str(day(1)), str(day(3)))
    assert isinstance(night.tick(), dg.SkipReason)
    night.add(4)
    assert span(night.tick())[1] == str(day(4))


def test_a_run_that_failed_is_asked_for_again(night: Night) -> None:
    """Nothing of day 3 was read: after ten minutes, then after twenty; in between the reason says what it waits for."""
    night.add(3)
    keys = []
    for _ in range(3):
        request = night.tick()
        assert isinstance(request, dg.RunRequest)
        keys.append(request.run_key)
        assert span(request) == (str(day(1)), str(day(3)))
        waiting = night.tick()
        assert isinstance(waiting, dg.SkipReason)
        assert "has not finished all its tables" in (waiting.skip_message or "")
        assert "asked for again after" in (waiting.skip_message or "")
        night.wait(minutes=10 * 2 ** (len(keys) - 1))
    assert keys == [f"arrived-{day(3)}", f"arrived-{day(3)}-2", f"arrived-{day(3)}-3"]
    read_days(night.instance, range(1, 4))
    done = night.tick()
    assert isinstance(done, dg.SkipReason)
    assert done.skip_message == f"{day(3)} has been read already"


def test_a_cursor_of_an_earlier_version_is_read(night: Night) -> None:
    """It was a day alone."""
    night.cursor = str(day(3))
    night.add(3)
    assert isinstance(night.tick(), dg.SkipReason)
    night.add(4)
    assert span(night.tick())[1] == str(day(4))


def test_feedback_is_an_arrival_too(night: Night) -> None:
    """The log ends with day 3, serving recorded an event on day 5."""
    night.add(3)
    night.tick()
    at = datetime.combine(day(5), datetime.min.time(), tzinfo=UTC)
    night.store.add_events([{"event_id": "f", "ts": at, "kind": "view", "user_id": "u", "product_id": "p"}])
    assert span(night.tick())[1] == str(day(5))


def test_what_was_read_before_is_not_asked_for(night: Night) -> None:
    """A new sensor over a lake that holds day 3 waits for day 4."""
    read_days(night.instance, range(1, 4))
    night.add(3)
    assert isinstance(night.tick(), dg.SkipReason)
    night.add(4)
    assert span(night.tick()) == (str(day(2)), str(day(4)))


def test_a_day_that_is_not_over_is_not_complete(night: Night) -> None:
    """Rows of today and of the future do not make today complete; the newest day asked for is yesterday."""
    today = datetime.now(UTC).date()
    night.shop = msgspec.structs.replace(night.shop, first_day=today)
    night.add((today - FIRST).days + 1)
    assert isinstance(night.tick(), dg.SkipReason)


def after(tags: dict[str, str], instance: dg.DagsterInstance) -> dg.RunRequest | dg.SkipReason:
    """What follows a successful `tables` run with these tags."""
    run = dg.DagsterRun(job_name="tables", run_id="3f0a2a3c-0000-4000-8000-000000000001", tags=tags)
    event = dg.DagsterEvent("PIPELINE_SUCCESS", job_name="tables", message="done")
    context = dg.build_run_status_sensor_context(
        sensor_name="release_after_tables", dagster_event=event, dagster_instance=instance, dagster_run=run
    )
    found = release_after_tables(context, shop=SHOP)
    assert isinstance(found, dg.RunRequest | dg.SkipReason)
    return found


def released(instance: dg.DagsterInstance) -> None:
    """Record that there is a release."""
    instance.report_runless_asset_event(dg.AssetMaterialization("release", partition=str(day(5))))


def test_a_night_is_released(instance: dg.DagsterInstance) -> None:
    """As of its newest day."""
    released(instance)
    request = after(day_range_tags(day(8), day(10)), instance)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == str(day(10))


def test_a_single_day_is_released(instance: dg.DagsterInstance) -> None:
    """A run of one partition has a tag of its own."""
    request = after({"dagster/partition": str(day(9))}, instance)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == str(day(9))


def test_a_backfill_of_history_is_not_released(instance: dg.DagsterInstance) -> None:
    """Twenty days by hand over a shop that has a release; without one it is what a newcomer did, and is released."""
    tags = day_range_tags(day(1), day(20))
    assert isinstance(after(tags, instance), dg.RunRequest)
    released(instance)
    skipped = after(tags, instance)
    assert isinstance(skipped, dg.SkipReason)
    assert "backfill of history" in (skipped.skip_message or "")


def test_a_long_night_is_released(stored: dg.DagsterInstance) -> None:
    """What the schedule asked for to close a gap is released however long it is."""
    released(stored)
    night = night_after(20, stored)
    assert isinstance(night, dg.RunRequest)
    assert isinstance(after(dict(night.tags), stored), dg.RunRequest)


def test_a_run_without_days_is_not_released(instance: dg.DagsterInstance) -> None:
    """Nothing says as of when."""
    assert isinstance(after({}, instance), dg.SkipReason)


def test_tables_are_cared_for_on_sundays_unless_a_run_is_under_way(stored: dg.DagsterInstance) -> None:
    """Once each Sunday; a run that has ended is none."""
    at = datetime(2026, 2, 1, 5, 30, tzinfo=UTC)
    stored.add_run(dg.DagsterRun(job_name="models", status=dg.DagsterRunStatus.SUCCESS))
    asked = weekly(dg.build_schedule_context(instance=stored, scheduled_execution_time=at))
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == "table-care-2026-02-01"
    stored.add_run(dg.DagsterRun(job_name="models", status=dg.DagsterRunStatus.STARTED))
    held = weekly(dg.build_schedule_context(instance=stored, scheduled_execution_time=at))
    assert isinstance(held, dg.SkipReason)
    assert "under way" in (held.skip_message or "")
