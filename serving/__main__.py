"""Run the API: ``python -m serving``."""

import logging
import sys

import uvicorn

from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Shop, ShopError
from serving.app import create_app
from serving.settings import ServingSettings, SettingsError


def main() -> int:
    """Serve until stopped; a setting that cannot be used is said in one line."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    installation = Settings.from_env()
    try:
        settings = ServingSettings.from_env(installation)
        shop = Shop.load(installation.shop)
    except (SettingsError, ShopError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    # One process: rate limits and the bandit's distribution live in its memory.
    uvicorn.run(
        create_app(settings, Registry(installation, shop.name)),
        host=settings.host,
        port=settings.port,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
