"""A release with an adapter of similar items answers by it, one without in the untuned space."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from assets.models.manifest import write_manifest
from assets.models.release import Release
from assets.models.search.vectors.query_adapter import QueryAdapter
from serving.lists.steps import Steps
from serving.release.snapshot import Snapshot

ASKED, WANTED = 3, 33
"""Two products of one kind whose vectors say nothing of one another."""


def first(folder: Path, item: int) -> list[int]:
    """The first products like ``item``."""
    snapshot = Snapshot.load(folder, "1")
    step = Steps(snapshot, None).similar([item])
    assert step.rank is not None
    return [int(found) for found in step.rank(10).items]


@pytest.fixture
def adapted_release(plain_release: Path, tmp_path: Path) -> Path:
    """Who looks at the one wants the other, says the adapter: it brings the first's vector to the second's."""
    folder = tmp_path / "release"
    shutil.copytree(plain_release, folder)
    release = Release.load(plain_release)
    assert release.hnsw_index is not None
    asked, wanted = (np.array(release.hnsw_index.vectors[item]) for item in (ASKED, WANTED))
    (folder / "similar_model").mkdir()
    QueryAdapter((np.eye(len(asked)) + 3 * np.outer(asked, wanted)).astype(np.float32)).save(folder / "similar_model")
    (folder / "manifest.json").unlink()
    write_manifest(folder, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    return folder


def test_the_adapter_decides_what_is_alike(plain_release: Path, adapted_release: Path) -> None:
    """The wanted product comes first with it and not without; a product that it knows nothing of has the same list."""
    assert first(adapted_release, ASKED)[0] == WANTED
    assert first(plain_release, ASKED)[0] != WANTED
    assert Snapshot.load(adapted_release, "1").version != Snapshot.load(plain_release, "1").version


def test_the_release_has_it_as_it_was_saved(plain_release: Path, adapted_release: Path) -> None:
    """Loaded with the other modules, asked in the smoke test, and named by the manifest; none where there is none."""
    release = Release.load(adapted_release)
    release.answers()
    assert release.similar_model is not None
    assert (
        release.similar_model.weights.tolist()
        == np.load(adapted_release / "similar_model" / "query_adapter.npy").tolist()
    )
    assert "similar_model" in release.manifest.modules
    assert Release.load(plain_release).similar_model is None


def test_an_adapter_without_vectors_is_of_no_use(adapted_release: Path) -> None:
    """A release that lost its vectors loads, and has no similar items."""
    shutil.rmtree(adapted_release / "hnsw_index")
    (adapted_release / "manifest.json").unlink()
    write_manifest(adapted_release, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    snapshot = Snapshot.load(adapted_release, "1")
    assert snapshot.similar_items is None
