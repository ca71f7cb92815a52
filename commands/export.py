"""``upshelf export``: what the champion says of users, as a file."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from commands.output_file import ending_of, output_option
from commands.shop import the_shop

__all__ = ["export"]

_WHAT = ("plan", "scores", "segments")
_FORMATS = ("csv", "parquet", "ndjson", "arrow")


@click.command()
@click.argument("what", type=click.Choice(_WHAT))
@click.option("--format", "written", type=click.Choice(_FORMATS), help="Default: as the file's name ends, else csv.")
@output_option("The file")
@click.option("--segment", help="Members of this segment alone.")
@click.option("--campaign", help="Which campaign; needed where the shop has several.")
@click.option("--pseudonyms", is_flag=True, help="Hide the ids of users by UPSHELF_PSEUDONYM_KEY.")
def export(
    what: str, written: str | None, output: str, segment: str | None, campaign: str | None, pseudonyms: bool
) -> None:
    """Write what the release in use says of every user to a file, in bounded memory.

    scores: effect of a contact with its 95 % interval, both probabilities and the segment, of each arm where several
    are told apart. segments: who is in which. plan: whom to contact, and with which arm; of several campaigns that are
    planned together that of all, without --campaign. An existing file is replaced
    when the new one is whole.
    """
    import polars as pl

    from assets.models.manifest import ReleaseError, part_of, path_of, read_manifest, verify_file
    from assets.models.uplift.exports import EXPORTS, FILES, JOINT_PLAN_FILE, exported
    from assets.models.uplift.segments import SEGMENTS
    from resources.exports import FORMATS, PseudonymError, the_secret, write_users
    from resources.registry import Registry, RegistryError
    from resources.settings import Settings
    from resources.storage import replaced_when_whole

    if segment is not None and segment not in SEGMENTS:
        raise click.UsageError(f"there is no segment {segment!r}; there are {', '.join(SEGMENTS)}")
    settings = Settings.from_env()
    try:
        hidden_by = the_secret(settings.pseudonym_key) if pseudonyms else None
    except PseudonymError as error:
        raise click.UsageError(str(error)) from error
    # What click has let through, as the types that the rest is written in.
    chosen = next(of for of in EXPORTS if of == what)
    as_file = next((of for of in FORMATS if of == (written or ending_of(output))), FORMATS[0])
    registry = Registry(settings, the_shop().name)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".export-") as scratch:
        folder = Path(scratch)
        try:
            version = registry.champion_version()
            if version is None:
                raise RegistryError("nothing has been released yet: run `upshelf run` first")
            registry.fetch(version, folder / "manifest.json", "manifest.json")
            manifest = read_manifest(folder)
            is_joint = chosen == "plan" and campaign is None and JOINT_PLAN_FILE in manifest.files
            of = None if is_joint else _campaign(manifest.campaigns, campaign)
            file = JOINT_PLAN_FILE if is_joint else path_of(FILES[chosen], of)
            if file not in manifest.files:
                reason = manifest.unavailable.get(part_of("segments", of), "it was built without one")
                raise ReleaseError(f"version {version}, as of {manifest.as_of}, has no {what}: {reason}")
            users = exported(registry.fetch(version, folder / file, file), chosen, segment)
            verify_file(folder, file, manifest)
            with replaced_when_whole(output) as fresh:
                write_users(users, as_file, fresh, pseudonym_key=hidden_by)
            rows = int(users.select(pl.len()).collect(engine="streaming").item())
        except (RegistryError, ReleaseError, OSError) as error:
            raise click.ClickException(str(error)) from error
    named = what if of is None else f"{what} of {of}"
    click.echo(f"{rows:,} users to {output}: {named} of version {version}, as of {manifest.as_of}")


def _campaign(known: Sequence[str], named: str | None) -> str | None:
    """The campaign that is named, or the only one; none where the shop gives it no id."""
    if named is None and len(known) < 2:
        return next(iter(known), None)
    there = ", ".join(known) or "one without an id, so leave --campaign out"
    if named is None:
        raise click.UsageError(f"the shop has several campaigns: name one by --campaign, of {there}")
    if named not in known:
        raise click.UsageError(f"there is no campaign {named!r}; there is {there}")
    return named
