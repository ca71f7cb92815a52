"""Put the champion back: ``python -m assets.rollback [VERSION]``.

Without a version it goes to the release that the champion replaced, with one to that version. The alias moves only to
a release that loads and answers with this code: serving would refuse another one, and after a restart have none.
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from assets.models.manifest import ReleaseError
from assets.models.release import Release
from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop, ShopError

__all__ = ["main"]


def check_answers(registry: Registry, version: str, home: Path) -> None:
    """Load ``version`` as serving would, from a copy below ``home`` that is removed again.

    Raises:
        ReleaseError: If this code cannot answer from it, with what is wrong and what to do.
        RegistryError: If its files are gone.
    """
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


def main(arguments: Sequence[str]) -> int:
    """Move the alias and say so; 1 if there is nothing to go back to, or nothing that can be served."""
    settings = Settings.from_env()
    try:
        registry = Registry(settings, Shop.load(settings.shop).name)
        target = registry.rollback_target(*arguments[:1])
        check_answers(registry, target, settings.home)
        left, followed = registry.rollback(target)
    except (RegistryError, ReleaseError, ShopError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"serving now follows version {followed}; version {left} stays in the registry\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
