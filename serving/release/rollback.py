"""Let serving follow another release: forward to a newer one, or back to what the champion replaced.

The alias moves only to a release that loads and answers with this code: serving would refuse another one, and after a
restart have none.
"""

import tempfile
from pathlib import Path

from assets.models.manifest import ReleaseError
from assets.models.release import Release
from resources.registry import Registry

__all__ = ["promote", "roll_back"]


def roll_back(registry: Registry, version: str | None, home: Path) -> tuple[str, str]:
    """Move the alias to ``version`` (default: what the champion replaced); returns the versions (left, followed).

    Raises:
        RegistryError: If there is nothing to go back to, no such version, or its files are gone.
        ReleaseError: If this code cannot answer from it, with what is wrong and what to do; nothing is moved then.
    """
    target = registry.rollback_target(version)
    _check_answers(registry, target, home)
    return registry.rollback(target)


def promote(registry: Registry, version: str, home: Path) -> tuple[str, str]:
    """Move the alias forward to ``version``; returns the versions (left, followed).

    Raises:
        RegistryError: If there is no champion, no such version, or its files are gone.
        ReleaseError: If this code cannot answer from it; nothing is moved then.
    """
    target = registry.rollback_target(version)
    _check_answers(registry, target, home)
    left = str(registry.champion_version())
    registry.promote(target)
    return left, target


def _check_answers(registry: Registry, version: str, home: Path) -> None:
    """Load ``version`` as serving would, from a copy below ``home`` that is removed again."""
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix=".rollback-") as scratch:
        folder = registry.fetch(version, Path(scratch) / f"version-{version}")
        try:
            Release.load(folder).answers()
        except ReleaseError as error:
            others = [known for known, _ in registry.versions() if known != version]
            raise ReleaseError(
                f"this code cannot serve version {version}: {error}\nNothing was changed; version "
                f"{registry.champion_version()} is still followed. Name another version (there are "
                f"{', '.join(others)}), or install the code that wrote version {version} and roll back with that."
            ) from error
