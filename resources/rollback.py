"""Put the champion back: ``python -m resources.rollback [VERSION]``.

Without a version it goes to the release that the champion replaced, with one to that version.
"""

import sys
from collections.abc import Sequence

from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop, ShopError

__all__ = ["main"]


def main(arguments: Sequence[str]) -> int:
    """Move the alias and say so; 1 if there is nothing to go back to."""
    settings = Settings.from_env()
    try:
        registry = Registry(settings, Shop.load(settings.shop).name)
        left, followed = registry.rollback(*arguments[:1])
    except (RegistryError, ShopError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"serving now follows version {followed}; version {left} stays in the registry\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
