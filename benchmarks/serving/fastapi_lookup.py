"""The lookup of products bought together in a FastAPI app, by the same model and with the same kind of answer.

Usage: ``PORT=8213 RELEASE=folder python -m benchmarks.serving.fastapi_lookup``. It has no keys, limits, rules or
metrics, and the server settings of the API. FastAPI is what MLflow brings along.
"""

import os
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI

from assets.models.ranked import Ranked, empty
from assets.models.release import Release
from benchmarks.serving.hello import PORT_VARIABLE

__all__ = ["RELEASE_VARIABLE", "app_of"]

RELEASE_VARIABLE = "RELEASE"


def app_of(release: Release) -> FastAPI:
    """The app over one release: what is bought together, and what is popular where that is too little."""
    app, catalogue, version = FastAPI(), release.catalogue, release.version
    titles = catalogue.frame["title"].to_list()

    def items(found: Ranked, module: str, reason: str) -> list[dict[str, Any]]:
        return [
            {
                "product_id": catalogue.ids[item],
                "title": titles[item],
                "price": float(catalogue.price[item]),
                "in_stock": bool(catalogue.in_stock[item]),
                "score": round(score, 6),
                "module": module,
                "reason": reason,
            }
            for item, score in zip(found.items.tolist(), found.scores.tolist(), strict=True)
        ]

    @app.get("/")
    def ready() -> dict[str, str]:
        return {"release": version}

    @app.get("/v1/products/{product_id}/bought-together")
    async def bought_together(product_id: str, limit: int = 10) -> dict[str, Any]:
        item, model = catalogue.position(product_id), release.co_purchase
        found = empty() if model is None else model.related([item], limit, catalogue.in_stock)
        shown = items(found, "bought_together", f"bought together with {titles[item]}")
        if len(shown) < limit:
            popular = release.popularity.top(limit, None, catalogue.in_stock)
            shown += items(popular, "popularity", "popular in the shop now")[: limit - len(shown)]
        return {"items": shown, "answered_by": "bought_together", "fallbacks_tried": [], "release": version}

    return app


if __name__ == "__main__":
    uvicorn.run(
        app_of(Release.load(Path(os.environ[RELEASE_VARIABLE]))),
        host="127.0.0.1",
        port=int(os.environ[PORT_VARIABLE]),
        access_log=False,
        log_config=None,
        server_header=False,
    )
