"""A running API with keys, and the parts that other servers of these tests are made of."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from serving.settings import ServingSettings
from tests.serving.conftest import FolderSource, plain_release
from tests.serving.server import served

__all__ = ["ADMIN_KEY", "SHOP", "STOREFRONT_KEY", "api_settings", "plain_release"]

ADMIN_KEY, STOREFRONT_KEY = "admin-secret", "storefront-secret"
SHOP = "https://shop.example"
"""The origin whose pages may call the API."""


def api_settings(folder: Path) -> ServingSettings:
    """An API in a folder of its own, with a key of an admin and one of a storefront."""
    return ServingSettings(
        cache=folder / "cache",
        store_url=f"sqlite:///{folder / 'store.db'}",
        poll_seconds=0.05,
        retry_seconds=0.2,
        origins=(SHOP,),
        keys=(
            ("admin", hashlib.sha256(ADMIN_KEY.encode()).digest()),
            ("storefront", hashlib.sha256(STOREFRONT_KEY.encode()).digest()),
        ),
    )


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, plain_release: Path) -> Iterator[str]:
    """Address of an API that answers from a release of every module but the encoder."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "source").mkdir()
    source = FolderSource(folder / "source")
    source.promote("1", plain_release)
    with served(api_settings(folder), source) as address:
        yield address
