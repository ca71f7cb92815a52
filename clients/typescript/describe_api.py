"""Writes the API's description beside this file: ``openapi.json``, of which `npm run types` makes the client's types.

Run it after a change of what the API takes or answers: ``.venv/bin/python clients/typescript/describe_api.py``.
"""

import asyncio
import json
import tempfile
from pathlib import Path

import httpx

from serving.app import create_app
from serving.settings import ServingSettings

__all__ = ["description"]

PAGE = Path(__file__).with_name("openapi.json")


class NoReleases:
    """A source that has none: the description needs no release."""

    def champion_version(self) -> str | None:
        """None."""
        return None

    def fetch(self, version: str, into: Path) -> Path:
        """There is nothing to fetch.

        Raises:
            LookupError: Always.
        """
        raise LookupError(f"no release {version} for {into}")


def description() -> str:
    """The description of an API with keys, as JSON."""

    async def asked(folder: Path) -> httpx.Response:
        settings = ServingSettings(cache=folder, store_url="sqlite://", keys=(("admin", bytes(32)),))
        transport = httpx.ASGITransport(create_app(settings, NoReleases()))  # type: ignore[arg-type]  # Litestar's own ASGI types
        async with httpx.AsyncClient(transport=transport, base_url="http://upshelf") as client:
            return await client.get("/schema/openapi.json")

    with tempfile.TemporaryDirectory() as folder:
        answer = asyncio.run(asked(Path(folder))).raise_for_status()
    return json.dumps(answer.json(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PAGE.write_text(description(), encoding="utf-8")
