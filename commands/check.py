"""``upshelf check``: everything that is wrong with a shop, before anything runs."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from resources.inspection.fault import Fault
    from resources.inspection.shop import Inspection
    from resources.shop import Shop

__all__ = ["check"]

_MIN_USERS = 5
"""Users of an arm below which the tests of an experiment do not apply."""


@click.command()
@click.argument("shop", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object: ok, found, faults, notes.")
def check(shop: Path | None, as_json: bool) -> None:
    """Look at a shop: its shop.toml, its sources, and up to 200,000 rows of every table. Nothing is written.

    SHOP is a shop.toml or its folder (default: UPSHELF_SHOP). Every fault is told at once, with file, table, column,
    rule and remedy. Exit code 1 if there is one.
    """
    from resources.inspection.shop import inspect_shop
    from resources.settings import Settings

    settings = Settings.from_env()
    file = settings.shop if shop is None else shop / "shop.toml" if shop.is_dir() else shop
    inspection = inspect_shop(file, settings, lambda text: _progress(text, as_json))
    _progress("", as_json)
    inspection.faults += [*_searches(inspection, str(file)), *_trial(inspection, str(file))]
    faults = [fault for fault in inspection.faults if fault.stops]
    notes = [fault for fault in inspection.faults if not fault.stops]
    if as_json:
        from msgspec import to_builtins

        answer = {"ok": inspection.passed, "found": inspection.found}
        click.echo(
            json.dumps(answer | {"faults": to_builtins(faults), "notes": to_builtins(notes)}, ensure_ascii=False)
        )
    else:
        for line in inspection.found:
            click.echo(f"  {line}")
        for note in notes:
            click.echo(f"! {note.line}")
        for fault in faults:
            click.echo(f"✗ {fault.line}", err=True)
        if inspection.passed:
            click.echo(f"✓ nothing is wrong with {file}")
        else:
            click.echo(f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in {file}", err=True)
    sys.exit(0 if inspection.passed else 1)


def _progress(text: str, quiet: bool) -> None:
    """What is looked at, in a line that the next one writes over; for people only."""
    if not quiet and sys.stderr.isatty():
        click.echo(f"\r\033[K{text}", nl=False, err=True)


def _searches(inspection: "Inspection", file: str) -> Iterator["Fault"]:
    """Whether searches lead to products, which is added to what is found; where none does, nothing else stops."""
    from assets.tables.answered import sampled_searches
    from resources.inspection.fault import Fault

    if "events" not in inspection.tables:
        return
    counted = sampled_searches({name: seen.rows for name, seen in inspection.tables.items()})
    if counted.searches and counted.passed:
        inspection.found.append(counted.words)
    elif not counted.passed:
        yield Fault(file=file, table="events", rule=counted.words, remedy=counted.remedy, stops=False)


def _trial(inspection: "Inspection", file: str) -> Iterator["Fault"]:
    """Each campaign's names, and whether its groups could show an effect; how large one is added to what is found."""
    from assets.uplift.exposed_arms import fault_of_names
    from resources.inspection.fault import Fault

    if inspection.shop is None or "ad_exposures" not in inspection.tables:
        return
    for name, shop in inspection.shop.by_campaign.items():
        section = "[campaign]" if name is None else f"[campaigns.{name}]"
        if fault := fault_of_names(inspection.tables["ad_exposures"].rows, shop.campaign, section):
            rule, _, remedy = fault.partition(". ")
            # A campaign that has not begun, or lacks users, holds up no other.
            yield Fault(file=file, table="ad_exposures", rule=rule, remedy=remedy, stops=name is None)
        elif rule := _groups(inspection, shop, "" if name is None else f"{name}: "):
            remedy = "Run the campaign longer, or with more users"
            yield Fault(file=file, table="ad_exposures", rule=rule, remedy=remedy, stops=name is None)


def _groups(inspection: "Inspection", shop: "Shop", named: str) -> str:
    """Why the groups of the campaign ``named`` could show no effect; empty where they could, or nothing is known."""
    import numpy as np

    from evaluation.experiment.average_effect import POWER, average_effect
    from resources.inspection.campaign import responses

    users, campaign = responses(shop, inspection.tables), shop.campaign
    if users is None:
        return ""
    treated, responded = users["treated"].to_numpy(), users["responded"].to_numpy().astype(float)
    sizes = f"{named}{int((~treated).sum()):,} users in {campaign.control!r}, {int(treated.sum()):,} contacted"
    if min((~treated).sum(), treated.sum()) < _MIN_USERS:
        return f"the experiment is too small to compare anything: {sizes}"
    if not responded[~treated].any():
        return f"nobody responded without a contact ({sizes}), so no effect can be learnt yet"
    effect = average_effect(responded, treated, np.ones(len(treated)))
    rate = f"{sizes}; {effect.control:.2%} responded without a contact within {campaign.attribution_days} days"
    if effect.detectable > effect.control:
        return f"the experiment is too small: {rate}, and no effect below {effect.detectable:.2%} of the users shows"
    least = f"an effect of {effect.detectable:.2%} of the users shows in {POWER:.0%} of cases"
    inspection.found.append(f"experiment: {rate}; {least}")
    return ""
