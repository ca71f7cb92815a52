"""``upshelf campaign draw`` and ``list``: who gets which arm of a campaign, once and on record."""

from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import click

from commands.campaign.named import SHARES, shares_of, the_campaign
from commands.shop import the_shop

if TYPE_CHECKING:
    from datetime import datetime

    from resources.store import Store
    from resources.store.campaign_draws import Draw

__all__ = ["draw", "listed"]

_OUTPUT = click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The list, as csv or parquet by its ending; csv by default.",
)


@click.command()
@click.argument("name", metavar="CAMPAIGN")
@_OUTPUT
@SHARES
@click.option("--by", multiple=True, metavar="NAME", help="Strata by this; may be repeated (default: see above).")
@click.option("--users", type=click.IntRange(2), help="How many users at most, chosen by lot (default: all).")
@click.option("--without", type=click.File(encoding="utf-8"), metavar="FILE", help="Ids that are left out, one a line.")
@click.option("--seed", help="Up to 64 characters that the draw follows from (default: drawn too, and kept).")
@click.option(
    "--as-of", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="Users known on it (default: the last)."
)
@click.option("--again", type=click.IntRange(1), metavar="DRAW", help="Draw anew, after the draw of this number.")
def draw(
    name: str,
    output: Path,
    shares: tuple[str, ...],
    by: tuple[str, ...],
    users: int | None,
    without: TextIO | None,
    seed: str | None,
    as_of: "datetime | None",
    again: int | None,
) -> None:
    """Draw the users of CAMPAIGN into its arms, the control among them, and write the list.

    Each arm gets its share within each stratum: by default of those who bought before or not, by when they were last
    seen. --by names behaviour (orders_in_history, …), attributes of users, or segment. Users who were forgotten are in
    no list. A campaign is drawn once: a call that was cut off is called again, and gives what it would have given.
    """
    from assets.models.uplift.targeting.strata import BY_DEFAULT
    from assets.targeting.drawing import DrawSettings, draw_campaign, drawn_on
    from evaluation.insufficient import InsufficientDataError
    from resources.lake import Lake
    from resources.settings import Settings
    from resources.store import Store, StoreError

    if seed is not None and not 1 <= len(seed.encode()) <= 64:
        raise click.UsageError("--seed has 1 to 64 characters")
    settings, (shop, campaign_id) = Settings.from_env(), the_campaign(the_shop(), name)
    if shop.campaign.closed:
        raise click.ClickException(f"{name!r} is closed, as its `closed` in the shop.toml says: nobody is drawn for it")
    shared, ids = shares_of(shop.campaign, shares), _ids(without)
    lake, store = Lake(settings.lake_url), Store(settings.store_url)
    try:
        day = drawn_on(lake, store, name, None if as_of is None else f"{as_of:%Y-%m-%d}")
        wanted = DrawSettings.without(ids, day, shared, by or BY_DEFAULT, users)
        drawn = draw_campaign(store, lake, name, wanted, without=ids, seed=seed, again=again)
        if drawn.settings != wanted.text:
            click.echo(f"! {name!r} had been drawn already when the list was cut off, by {drawn.settings}", err=True)
        _write(store, drawn, campaign_id, output)
    except (InsufficientDataError, ValueError, StoreError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()


@click.command("list")
@click.argument("name", metavar="CAMPAIGN")
@_OUTPUT
def listed(name: str, output: Path) -> None:
    """Write the list of CAMPAIGN's last draw again, without those who were forgotten since."""
    from resources.settings import Settings
    from resources.store import Store, StoreError
    from resources.store.campaign_draws import newest_draw

    _, campaign_id = the_campaign(the_shop(), name)
    store = Store(Settings.from_env().store_url)
    try:
        found = newest_draw(store, name)
        if found is None or found.drawn_at is None:
            raise click.ClickException(f"{name!r} has not been drawn: `upshelf campaign draw {name} -o FILE` does it")
        _write(store, found, campaign_id, output)
    except (StoreError, OSError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        store.close()


def _ids(file: TextIO | None) -> frozenset[str]:
    return frozenset(line.strip() for line in file or ()) - {""}


def _write(store: "Store", drawn: "Draw", campaign_id: str, output: Path) -> None:
    """The list as a file, whole or not at all; then it counts as exported."""
    from assets.targeting.drawing import drawn_list
    from resources.exports import write_users
    from resources.storage import replaced_when_whole
    from resources.store.campaign_draws import draw_exported

    users = drawn_list(store, drawn, campaign_id)
    with replaced_when_whole(str(output)) as fresh:
        write_users(users.lazy(), "parquet" if output.suffix == ".parquet" else "csv", fresh)
    draw_exported(store, drawn)
    arms = ", ".join(f"{count:,} {arm}" for arm, count in users["arm"].value_counts().sort("arm").iter_rows())
    strata = users["stratum"].n_unique()
    click.echo(
        f"{users.height:,} users to {output}: draw {drawn.number} of {drawn.campaign}, seed {drawn.seed}, "
        f"{strata} {'stratum' if strata == 1 else 'strata'}; {arms}"
    )
