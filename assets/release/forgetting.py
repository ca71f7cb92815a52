"""Taking users out of every fitted model and release that is kept.

What belongs here: where models and releases lie, and in which order they change. What does not: the files themselves
(`assets.models.forgetting`), the versions (`resources.registry.release_rewriting`).
"""

import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

from assets.models.arrays.files import link_file
from assets.models.forgetting import UserSet, files_with, take_out
from assets.models.manifest import MANIFEST_FILE, ReleaseError, read_manifest, reseal
from resources.model_store import ModelStore
from resources.registry import Registry, RegistryError
from resources.registry.release_rewriting import aliases_of, replace_version, rewrite_files

__all__ = ["take_out_of_models", "take_out_of_releases"]


def take_out_of_models(models: ModelStore, users: UserSet, *, apply: bool) -> dict[str, list[str]]:
    """Rewrite the folders of the model store that name ``users``; without ``apply`` they are only found.

    Returns:
        ``<asset>/<day>`` → the files that named one of them.
    """
    found: dict[str, list[str]] = {}
    if apply:
        models.clear_leftovers()
    for asset, day in [(asset, day) for day, assets in models.days().items() for asset in assets]:
        folder = models.path(asset, day)
        files = files_with(folder, users)
        if not files:
            continue
        found[f"{asset}/{day}"] = files
        if apply:
            with models.writing(asset, day) as fresh:
                shutil.copytree(folder, fresh, copy_function=link_file, dirs_exist_ok=True)
                take_out(fresh, users)
    return found


def take_out_of_releases(
    registry: Registry, users: UserSet, home: Path, *, tables: Collection[str], apply: bool
) -> dict[str, list[str]]:
    """Rewrite the registered releases that name ``users``; without ``apply`` they are only found.

    One that an alias names is replaced by a new version, which serving then follows; in the others the files are
    replaced. None says afterwards that it was made from a version of ``tables``, which cannot be read any more.

    Args:
        registry: Of the shop.
        users: Who is taken out.
        home: For a copy of one release at a time.
        tables: Tables of which earlier versions are deleted.
        apply: Whether to change anything.

    Returns:
        Version → the files that named one of them.

    Raises:
        RegistryError: If a release in use cannot be read, and so neither be rewritten nor removed.
    """
    found: dict[str, list[str]] = {}
    home.mkdir(parents=True, exist_ok=True)
    for version, _ in registry.versions():
        with tempfile.TemporaryDirectory(dir=home, prefix=".forget-") as scratch:
            try:
                folder = registry.fetch(version, Path(scratch) / "release")
            except RegistryError:  # its files are gone, and with them all that they held
                continue
            try:
                if files := files_with(folder, users):
                    found[version] = files
                if apply:
                    _rewrite(registry, version, folder, users, tables)
            except ValueError:  # of another form, or half rewritten when a kill came: nobody can answer from it
                found[version] = ["all of its files, which this code cannot read"]
                if apply:
                    registry.remove(version)
    return found


def _rewrite(registry: Registry, version: str, folder: Path, users: UserSet, tables: Collection[str]) -> None:
    changed = take_out(folder, users)
    if not reseal(folder, changed, without_tables=tables) and not changed:
        return
    try:
        tags = {"release": read_manifest(folder).version}
    except ReleaseError:  # of another schema: this code cannot tell its version, and does not serve it
        tags = {}
    if changed and aliases_of(registry, version):
        replace_version(registry, version, folder, tags)
    else:
        # Users are found by their keys, so these go last: after a kill the next call goes on.
        last = sorted(changed, key=lambda file: file.endswith("/keys.npy"))
        rewrite_files(registry, version, folder, [MANIFEST_FILE, *last], tags)
