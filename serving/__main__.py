"""Run the API: ``python -m serving``."""

import logging
import sys
from dataclasses import replace
from importlib.util import find_spec
from typing import Any

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
        shop = Shop.load(installation.shop)
        settings = replace(ServingSettings.from_env(installation), late_days=shop.late_days)
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
        http=_http(),
        server_header=False,
        timeout_graceful_shutdown=10,
    )
    return 0


def _http() -> Any:  # noqa: ANN401  # uvicorn takes a protocol's class or its name
    """The faster parser with a bound of ours, or where it is not installed the one that has its own."""
    if find_spec("httptools") is None:
        return "h11"
    from serving.bounded_http import BoundedHttp

    return BoundedHttp


if __name__ == "__main__":
    sys.exit(main())
