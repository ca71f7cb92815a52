"""A release with a learnt search answers by it, one without by the untuned hybrid."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from assets.models.manifest import write_manifest
from assets.models.release import Release
from assets.models.search.judged_query import JudgedQuery
from assets.models.search.product_text import product_texts
from assets.models.search.search_features import SearchFeatures
from assets.models.search.search_learning import learn_search
from serving.snapshot import Snapshot
from serving.steps import Steps

KINDS = ("lantern", "teapot", "spade")


def query_vector(seed: int) -> np.ndarray:
    """A vector that says nothing of the query."""
    return np.random.default_rng(seed).normal(size=384).astype(np.float32)


@pytest.fixture
def learnt_release(plain_release: Path, tmp_path: Path) -> Path:
    """Who asks for a kind of product wants the ten with the highest numbers, says the search module."""
    folder = tmp_path / "release"
    shutil.copytree(plain_release, folder)
    release = Release.load(plain_release)
    assert release.lexical is not None
    assert release.vectors is not None
    texts = product_texts(release.catalogue.frame).to_list()
    age = np.zeros((len(texts), 2), dtype=np.float32)
    age[:, 1] = np.arange(len(texts))
    judged = [
        JudgedQuery(f"{kind} {word}", query_vector(i), dict.fromkeys(range(27 + k, 60, 3), 3.0))
        for k, kind in enumerate(KINDS)
        for i, word in enumerate(["", "nice", "fine", "new", "good", "old", "big", "small", "my", "your"])
    ]
    module = folder / "search"
    module.mkdir()
    learn_search(release.lexical, release.vectors, SearchFeatures.build(release.lexical, texts, age), judged).save(
        module
    )
    (folder / "manifest.json").unlink()
    write_manifest(folder, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    return folder


def test_the_search_module_decides_the_order(plain_release: Path, learnt_release: Path) -> None:
    """All of the first ten lanterns are late ones with the module, not so without; reasons and filters stay."""
    vector = query_vector(99)

    def first(folder: Path, allowed: np.ndarray | None = None) -> list[int]:
        step = Steps(Snapshot.load(folder, "1"), allowed).hybrid("lantern", vector, None)
        assert step.rank is not None
        items = step.rank(10).items.tolist()
        assert step.reason(items[0]) == "matches words of 'lantern'"
        return [int(item) for item in items]

    untuned, learnt = first(plain_release), first(learnt_release)
    assert min(untuned) < 27
    assert min(learnt) >= 27
    assert {item % 3 for item in learnt} == {0}
    allowed = np.ones(60, dtype=np.bool_)
    allowed[learnt[0]] = False
    assert learnt[0] not in first(learnt_release, allowed)


def test_a_search_module_without_its_indexes_is_left_alone(learnt_release: Path) -> None:
    """A release that lost its vectors loads, and has no learnt search."""
    shutil.rmtree(learnt_release / "vectors")
    (learnt_release / "manifest.json").unlink()
    write_manifest(learnt_release, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    assert Release.load(learnt_release).search is None
