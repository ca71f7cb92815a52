"""``upshelf forget``: everything that is kept of a user, deleted."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, TextIO

import click

from commands.environment import instance_home, prepare
from commands.retention import runs_under_way
from commands.shop import the_shop

if TYPE_CHECKING:
    from assets.models.forgetting import UserSet
    from resources.settings import Settings
    from resources.shop import Shop
    from resources.store import Store

__all__ = ["forget"]


@dataclass(slots=True)
class Found:
    """What there is of the users, or was."""

    users: int
    """How many are to be forgotten, those of earlier requests among them."""
    deleted: bool = False
    events: int = 0
    """In the operational store, as are the banners."""
    impressions: int = 0
    assignments: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    """Table of the lake → rows."""
    models: dict[str, list[str]] = field(default_factory=dict)
    """``<asset>/<day>`` → files."""
    releases: dict[str, list[str]] = field(default_factory=dict)
    """Version of the registry → files."""
    run_events: int = 0
    """Events of Dagster's runs."""
    logs: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    """Why it is not over yet, in words; the next call goes on."""


@click.command()
@click.argument("user_ids", nargs=-1, metavar="[USER_ID]...")
@click.option(
    "--file", "listed", type=click.File(encoding="utf-8"), metavar="FILE", help="More of them, one a line; - for stdin."
)
@click.option("--dry-run", is_flag=True, help="List what would go; nothing is deleted, and nobody put on record.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def forget(user_ids: tuple[str, ...], listed: TextIO | None, dry_run: bool, as_json: bool) -> None:
    """Delete everything that is kept of users, and take in nothing of them any more.

    Without USER_ID what the API was asked to forget is finished. Exit code 1 where something is left: call it again.
    """
    users = sorted({*user_ids, *((line.strip() for line in listed) if listed else ())} - {""})
    settings, shop = prepare(), the_shop()
    from resources.registry import RegistryError
    from resources.store import Store

    store = Store(settings.store_url)
    try:
        found = _forget(settings, shop, store, users, apply=not dry_run)
    except (RegistryError, ValueError, OSError) as error:
        raise click.ClickException(f"{error}\nThe users stay on record; call it again when that is mended.") from error
    finally:
        store.close()
    click.echo(json.dumps(asdict(found), ensure_ascii=False) if as_json else "\n".join(_lines(found)))
    if found.left:
        raise click.exceptions.Exit(1)


def _forget(settings: "Settings", shop: "Shop", store: "Store", users: Sequence[str], *, apply: bool) -> Found:
    """Put ``users`` on record and delete what there is of them and of all that wait; or only find it."""
    from assets.models.arrays.user_keys import user_key
    from assets.models.forgetting import UserSet
    from resources.lake import Lake
    from resources.lake.erasure import known_users
    from resources.store.erasure import compact, erase_from_store
    from resources.store.forgotten import ForgottenUsers

    record = ForgottenUsers(store.engine)
    if apply and users:
        record.request({user: user_key(user) for user in users})
    waiting, keys = record.pending()
    wanted = waiting.also(users)
    ids = sorted({*users, *known_users(Lake(settings.lake_url), wanted.but(users))})
    found = Found(len(wanted), deleted=apply)
    everyone = record.everyone() if apply else wanted
    found.events, found.impressions, found.assignments = erase_from_store(store.engine, everyone, apply=apply)
    if not wanted:
        return found
    if apply and (runs := runs_under_way()):
        found.left.append(f"run {runs[0]} is under way, so only the operational store was looked at")
        return found
    _beyond_the_store(found, settings, shop, UserSet(ids, keys), ids)
    if apply:
        if not compact(store.engine):
            found.left.append("another process reads the operational store, whose log still holds what was deleted")
        if runs := runs_under_way():
            found.left.append(f"run {runs[0]} began meanwhile, and may have written of them")
        if not found.left:
            record.finish(waiting.digests)
    return found


def _beyond_the_store(found: Found, settings: "Settings", shop: "Shop", users: "UserSet", ids: Sequence[str]) -> None:
    """Models and releases first: by the tables, which go last, users are known again after a kill."""
    import dagster as dg

    from assets.release.event_logs import take_out_of_logs, take_out_of_texts
    from assets.release.forgetting import take_out_of_models, take_out_of_releases
    from resources.lake import Lake
    from resources.lake.erasure import PERSONAL, erase_from_lake
    from resources.model_store import open_models
    from resources.registry import Registry
    from serving.release.reload import clear_leftovers
    from serving.settings import ServingSettings

    apply, lake, registry = found.deleted, Lake(settings.lake_url), Registry(settings, shop.name)
    found.models = take_out_of_models(open_models(settings), users, apply=apply)
    found.releases = take_out_of_releases(registry, users, settings.home, tables=PERSONAL, apply=apply)
    if apply:
        clear_leftovers(ServingSettings.from_env(settings).cache)
    with dg.DagsterInstance.get() as instance:
        found.run_events = take_out_of_logs(instance, ids, apply=apply)
    found.logs = take_out_of_texts([settings.home, instance_home(settings)], ids, apply=apply)
    found.tables = erase_from_lake(lake, ids, apply=apply)
    for table in PERSONAL if apply else ():
        found.left += [
            f"{table}: {file} is of no version and younger than an hour, so a writer may be at work on it"
            for file in lake.purge(table)
        ]


def _lines(found: Found) -> Iterator[str]:
    """What went or would go, line by line."""
    if not found.users:
        yield "nobody is to be forgotten"
        return
    yield f"users: {found.users}"
    arms = f"{found.assignments:,} arms of experiments"
    yield f"operational store: {found.events:,} events, {found.impressions:,} banners shown, {arms}"
    yield f"tables: {sum(found.tables.values()):,} rows"
    yield from (f"  {table:<24}{rows:>12,}" for table, rows in found.tables.items())
    for name, of in (("models", found.models), ("releases", found.releases)):
        yield f"{name}: {len(of)}"
        yield from (f"  {one:<36}{', '.join(files)}" for one, files in of.items())
    yield f"runs: {found.run_events:,} events, {len(found.logs)} files of output"
    yield from (f"  {file}" for file in found.logs)
    yield from (f"left: {why}" for why in found.left)
    if not found.deleted:
        yield "nothing was deleted; without --dry-run it is"
    else:
        yield "deleted, but for what is left: call it again" if found.left else "deleted"
