"""Put the champion back to the release that it replaced: ``python -m resources.rollback``."""

import sys

from resources.registry import Registry, RegistryError
from resources.settings import Settings
from resources.shop import Shop, ShopError

__all__ = ["main"]


def main() -> int:
    """Move the alias back and say so; 1 if there is nothing to go back to."""
    settings = Settings.from_env()
    try:
        left, followed = Registry(settings, Shop.load(settings.shop).name).rollback()
    except (RegistryError, ShopError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    sys.stdout.write(f"serving now follows version {followed}; version {left} stays in the registry\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
