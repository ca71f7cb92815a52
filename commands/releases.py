"""``upshelf releases`` and ``rollback``: what was released, and going back."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from commands.shop import the_shop

if TYPE_CHECKING:
    from resources.registry import Registry

__all__ = ["releases", "rollback"]


@click.command()
@click.option("--last", default=20, show_default=True, type=click.IntRange(1), help="How many, the newest ones.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list, oldest first.")
def releases(last: int, as_json: bool) -> None:
    """List the releases: day, modules that are there and missing, verdict; * is the champion, which is served."""
    registry = _registry()
    champion = registry.champion_version()
    listed = [_release(registry, version, tags, champion) for version, tags in list(registry.versions())[-last:]]
    if as_json:
        click.echo(json.dumps(listed, ensure_ascii=False))
        return
    if not listed:
        click.echo("nothing has been released yet")
    for one in listed:
        mark = "*" if one["champion"] else " "
        click.echo(
            f"{mark} version {one['version']:<4} {one['registered']}  as of {one['as_of']}  release {one['release']}  "
            f"{len(one['modules'])} modules  {one['verdict']}"
        )
        for module, reason in one["missing"].items():
            click.echo(f"      without {module}: {reason}")


def _release(registry: "Registry", version: str, tags: Mapping[str, str], champion: str | None) -> dict[str, Any]:
    """What is known of a version; one whose files are gone has no modules and says so."""
    from resources.registry import RegistryError

    try:
        manifest = json.loads(registry.read_text(version, "manifest.json"))
        modules, missing = list(manifest["modules"]), dict(manifest["unavailable"])
    except RegistryError:
        modules, missing = [], {"any module": "its files are gone"}
    return {
        "version": version,
        "champion": version == champion,
        "registered": registry.registered_at(version).strftime("%Y-%m-%d %H:%M"),
        "as_of": tags.get("as_of", ""),
        "release": tags.get("release", ""),
        "verdict": tags.get("verdict", ""),
        "modules": modules,
        "missing": missing,
    }


@click.command()
@click.argument("version", required=False)
def rollback(version: str | None) -> None:
    """Let serving follow VERSION again, or the release that the champion replaced.

    Only a release that this code can answer from is followed; otherwise nothing changes, and the exit code is 1.
    """
    from assets.models.manifest import ReleaseError
    from resources.registry import RegistryError
    from resources.settings import Settings
    from serving.release.rollback import roll_back

    try:
        left, followed = roll_back(_registry(), version, Settings.from_env().home)
    except (RegistryError, ReleaseError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"serving now follows version {followed}; version {left} stays in the registry")


def _registry() -> "Registry":
    from resources.registry import Registry
    from resources.settings import Settings

    return Registry(Settings.from_env(), the_shop().name)
