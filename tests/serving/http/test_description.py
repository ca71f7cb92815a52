"""The API keeps to its own description: what it says may be sent is understood, and all else is refused as it says."""

import hashlib
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings
from tests.serving.server import served

KEY = "root-key"
BY_RELEASE = (
    "GET /v1/products/{product_id}/similar",
    "GET /v1/products/{product_id}/bought-together",
    "GET /v1/search",
    "GET /v1/recommendations/category",
    "GET /v1/recommendations/popular",
    "POST /v1/recommendations/session",
    "POST /v1/recommendations/basket",
    "POST /v1/recommendations/batch",
    "POST /v1/recommendations/user",
    "POST /v1/page",
    "POST /v1/decisions",
    "POST /v1/events",
    "PATCH /v1/products/{product_id}",
    "POST /v1/products/batch",
    "POST /v1/campaigns/{id}/plan",
)
"""Operations of which the release or the clock may refuse what the description allows: a filter by an attribute that
no product has, an event of last week, an update of tomorrow or one that names no field; and a plan of a trial that asks
for two things at once, or for what cannot be."""
KEYED = (
    "POST /v1/banners/{slot}/select",
    "POST /v1/banners/{slot}/reward",
    "POST /v1/decisions",
    "POST /v1/events",
    "DELETE /v1/users/{user_id}",
    "DELETE /v1/users/{user_id}/history/{product_id}",
)
"""Operations that refuse an `Idempotency-Key` which another request has: 422."""


def expected(name: str) -> str:
    """Statuses of requests that keep to the description."""
    more = ["400"] * (name in BY_RELEASE) + ["422"] * (name in KEYED)
    return f'["2xx", 401, 403, 404, 409, {", ".join(more)}, "5xx"]'


CONFIGURATION = "".join(
    f"""[[operations]]
include-name = "{name}"
checks.positive_data_acceptance.expected-statuses = {expected(name)}
"""
    for name in sorted({*BY_RELEASE, *KEYED})
)


def failures(address: str, folder: Path, examples: int, *options: str) -> str:
    """What a client finds that is made of the description alone, with so many examples a route; empty for nothing."""
    (folder / "schemathesis.toml").write_text(CONFIGURATION, encoding="utf-8")
    done = subprocess.run(
        [
            str(Path(sys.executable).with_name("schemathesis")),
            "--config-file=schemathesis.toml",
            "run",
            f"{address}/schema/openapi.json",
            "--checks=all",
            f"--max-examples={examples}",
            "--continue-on-failure",
            "--suppress-health-check=all",
            "--seed=1",
            *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        timeout=1_200,
    )
    return "" if done.returncode == 0 else done.stdout + done.stderr


@pytest.mark.parametrize("examples", [2, pytest.param(50, marks=pytest.mark.slow)])
@pytest.mark.parametrize("is_keyed", [False, True])
def test_the_description_is_true(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    tmp_path: Path,
    is_keyed: bool,
    examples: int,
) -> None:
    """In development mode, and with keys: of an admin, of nobody, and wrong ones."""
    promote("1", full_release)
    keys = (("admin", hashlib.sha256(KEY.encode()).digest()),) if is_keyed else ()
    options = [f"--header=Authorization: Bearer {KEY}"] if is_keyed else []
    with served(replace(settings, keys=keys), source) as address:
        found = failures(address, tmp_path, examples, *options)
    assert not found, found[-6_000:]
