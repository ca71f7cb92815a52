"""Lists that a later step answered: told from an answer, and counted, whether the answer was kept or made."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.settings import ROOT
from serving.watch.fallbacks import PREFERENCE, fell_back, told_by

Client = TestClient[Litestar]


@pytest.mark.parametrize(
    ("answered_by", "first_tried", "fallback"),
    [
        ("similar", None, False),
        ("similar", "category", False),
        ("category", "similar", True),
        ("category", "category", False),
        ("popularity", "hybrid", True),
        ("rules", "similar", True),
        ("none", "popularity", True),
        ("none", None, False),
        ("popularity", None, False),
        ("a new one", "popularity", False),
        ("popularity", "a new one", False),
    ],
)
def test_a_first_step_that_gave_nothing(answered_by: str, first_tried: str | None, fallback: bool) -> None:
    """It was tried, and stands before the one that answered; of modules that are not known nothing is said."""
    assert fell_back(answered_by, first_tried) is fallback


def test_every_module_that_answers_has_its_place() -> None:
    """All names of steps in the code, each once."""
    sources = [path for room in ("lists", "search") for path in sorted((ROOT / "serving" / room).glob("*.py"))]
    text = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    named = set(re.findall(r'\bStep\(\s*"(\w+)"', text))
    assert {"similar", "popularity", "hybrid", "segment_popularity"} <= named
    assert named <= set(PREFERENCE)
    assert len(set(PREFERENCE)) == len(PREFERENCE)


PATHS = (
    "/v1/products/p01/similar?limit=100",
    "/v1/products/p01/bought-together?limit=100",
    "/v1/recommendations/category?category=Home%20%3E%20Lighting&limit=100",
    "/v1/recommendations/category?user_id=u1&limit=100",
    "/v1/recommendations/popular?user_id=u1&limit=100",
    "/v1/search?q=lamp&limit=100",
)


@pytest.mark.parametrize("path", PATHS)
def test_lists_ask_modules_in_their_order(full_client: Client, path: str) -> None:
    """Each list that needs all of its steps: what was asked after the one that answered stands behind it."""
    told = told_by(full_client.get(path).content)
    assert told.answered_by is not None
    tried = [step.module for step in told.fallbacks_tried]
    asked = [told.answered_by, *tried] if not fell_back(told.answered_by, tried[0] if tried else None) else tried
    places = [PREFERENCE.index(module) for module in asked]
    assert all(one <= following for one, following in pairwise(places)), asked


def counted(client: Client, name: str) -> dict[tuple[str, str], float]:
    """(list, module) → a counter of that name."""
    lines = re.findall(rf'^{name}_total{{list="(\w+)",module="(\w+)"}} (\S+)$', client.get("/metrics").text, re.M)
    return {(one, module): float(figure) for one, module, figure in lines}


def test_fallbacks_are_counted_of_kept_answers_too(bare_client: Client) -> None:
    """Without any model: similar products from the category, three times of which two are kept; a session likewise."""
    for _ in range(3):
        assert bare_client.get("/v1/products/p01/similar").json()["answered_by"] == "category"
    assert bare_client.post("/v1/recommendations/session", json={}).json()["answered_by"] == "popularity"
    assert bare_client.get("/v1/recommendations/popular").json()["answered_by"] == "popularity"
    assert bare_client.get("/v1/search").json()["answered_by"] == "popularity"
    assert counted(bare_client, "upshelf_fallbacks") == {("similar", "category"): 3, ("session", "popularity"): 1}
    assert counted(bare_client, "upshelf_answers") == {
        ("similar", "category"): 3,
        ("session", "popularity"): 1,
        ("popular", "popularity"): 1,
        ("search", "popularity"): 1,
    }


def test_a_list_that_its_own_model_answers_is_none(client: Client, tmp_path: Path) -> None:
    """Similar products by the model, asked for twice."""
    for _ in range(2):
        assert client.get("/v1/products/p01/similar").json()["answered_by"] == "similar"
    assert counted(client, "upshelf_fallbacks") == {}
    assert counted(client, "upshelf_answers") == {("similar", "similar"): 2}
