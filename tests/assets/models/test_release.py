"""The release folder: verified file by file, loaded whole, versioned by what serving answers with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from assets.models.manifest import (
    REPORTS,
    SCHEMA_VERSION,
    Manifest,
    ReleaseError,
    read_manifest,
    verify,
    write_manifest,
)
from assets.models.release import Release
from assets.models.rules.conditions import Asked
from tests.assets.models.small_release import ABOUT, N, write_modules


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A release of three modules with a report."""
    write_modules(tmp_path / "release")
    write_manifest(tmp_path / "release", **ABOUT)
    return tmp_path / "release"


def rewrite(folder: Path, **changes: Any) -> None:  # noqa: ANN401  # the fields of the manifest
    """Alter ``manifest.json`` itself."""
    fields = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(fields | changes))


def test_a_release_loads_and_answers(folder: Path) -> None:
    """What was fitted is what is asked; modules that are not there are none, with the reason."""
    release = Release.load(folder)
    release.answers()
    assert release.catalogue.ids == [f"p{i}" for i in range(N)]
    assert release.popularity.top(2).items.tolist() == [0, 1]
    assert release.co_purchase is not None
    assert release.co_purchase.related([0], 3).items.tolist() == [1]
    absent = (
        release.hnsw_index,
        release.lexical_index,
        release.session_model,
        release.category_recommendations,
        release.banner_priors,
        release.segments,
    )
    assert absent == (None,) * 6
    assert release.roi_simulation is None
    assert release.unavailable == {"segments": "the shop has no ad_exposures"}


def test_rules_are_of_the_release(folder: Path) -> None:
    """They come with it and make it another version; one that cannot be applied is named, with what there is."""
    before = read_manifest(folder).version
    rules = [{"kind": "exclude", "name": "no lamps", "where": ["category:Home"]}]
    (folder / "catalogue" / "rules.json").write_text(json.dumps(rules))
    assert write_manifest(folder, **ABOUT).version != before
    allowed = Release.load(folder).rules.of(Asked("popular")).allowed
    assert allowed is not None
    assert not allowed.any()
    (folder / "catalogue" / "rules.json").write_text(json.dumps([rules[0] | {"where": ["size:XL"]}]))
    write_manifest(folder, **ABOUT)
    with pytest.raises(ReleaseError, match=r"^rule 'no lamps': .* 'size'; there are category, in_stock, pri"):
        Release.load(folder)


def test_the_manifest_is_read_as_it_was_written(folder: Path) -> None:
    """Modules sorted, a hash of every file but its own, everything that was said of it."""
    manifest = verify(folder)
    assert manifest == read_manifest(folder) == write_manifest(folder, **ABOUT)
    assert manifest.modules == ("catalogue", "co_purchase", "popularity")
    assert "reports/ranking/ranking.json" in manifest.files
    assert "manifest.json" not in manifest.files
    assert {name: getattr(manifest, name) for name in ABOUT} == ABOUT
    assert manifest.schema == SCHEMA_VERSION


def _altered(folder: Path) -> None:
    path = folder / "popularity" / min(p.name for p in (folder / "popularity").iterdir())
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (
            lambda folder: (folder / REPORTS / "ranking" / "ranking.json").unlink(),
            r"lacks reports/ranking/ranking.json, which its",
        ),
        (_altered, r"popularity/.* differs from the hash in its manifest"),
        (lambda folder: (folder / "catalogue" / "more").touch(), r"holds catalogue/more, which its manifest does not"),
        (lambda folder: (folder / "manifest.json").unlink(), r"manifest.json cannot be read .*Publish the release"),
        (lambda folder: (folder / "manifest.json").write_text("{"), r"manifest.json cannot be read"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), r"manifest.json cannot be read"),
        (lambda folder: rewrite(folder, colour="red"), r"manifest.json cannot be read .*colour"),
        (
            lambda folder: rewrite(folder, schema=3),
            rf"has schema 3, this code reads {SCHEMA_VERSION}. Publish",
        ),
    ],
)
def test_a_damaged_folder_is_refused(folder: Path, damage: Callable[[Path], object], message: str) -> None:
    """One file missing, one bit changed, one file too many, another schema: the message names it."""
    damage(folder)
    for read in (verify, Release.load):
        with pytest.raises(ReleaseError, match=message):
            read(folder)


def test_a_file_that_cannot_be_read_as_its_module_is_refused(folder: Path) -> None:
    """Whole by its hash, but no catalogue."""
    for path in (folder / "catalogue").iterdir():
        path.write_bytes(b"not Arrow")
    write_manifest(folder, **ABOUT)
    verify(folder)
    with pytest.raises(ReleaseError, match="does not load"):
        Release.load(folder)


@pytest.mark.parametrize("module", ["catalogue", "popularity"])
def test_what_every_answer_needs_must_be_there(folder: Path, module: str) -> None:
    """Every fallback ends in popularity, every answer names products."""
    for path in (folder / module).iterdir():
        path.unlink()
    (folder / module).rmdir()
    write_manifest(folder, **ABOUT)
    verify(folder)
    with pytest.raises(ReleaseError, match=f"has no {module}, which every answer needs"):
        Release.load(folder)


def version(folder: Path, **changes: Any) -> str:  # noqa: ANN401  # the fields of the manifest
    """Version of the folder as it is, described by ABOUT with ``changes``."""
    return write_manifest(folder, **{**ABOUT, **changes}).version


def test_the_version_is_that_of_the_answers(folder: Path, tmp_path: Path) -> None:
    """The same models fitted again elsewhere have it; reports, table versions and figures do not enter it."""
    before = version(folder)
    write_modules(tmp_path / "again")
    assert version(tmp_path / "again") == before
    (folder / REPORTS / "picture.png").write_bytes(b"png")
    assert version(folder, tables={"events": 4}, metrics={"hit_rate": 0.6}) == before
    assert Release.load(folder).version == before
    assert len(before) == 12


def test_whatever_changes_an_answer_changes_the_version(folder: Path) -> None:
    """The day, the shop, its money, what is missing, and any byte of a module."""
    changes: list[dict[str, Any]] = [
        {},
        {"as_of": "2026-01-31"},
        {"shop": "other"},
        {"currency": "USD"},
        {"unavailable": {}},
        {"economics": {"margin": 0.6}},
    ]
    versions = [version(folder, **change) for change in changes]
    _altered(folder)
    versions.append(version(folder))
    assert len(set(versions)) == len(changes) + 1


def test_a_manifest_may_leave_out_what_has_a_default(folder: Path) -> None:
    """Tables, metrics and economics are empty unless given."""
    manifest = write_manifest(folder, shop="test", as_of="2026-01-30", currency="EUR", unavailable={})
    assert isinstance(manifest, Manifest)
    assert (manifest.tables, manifest.metrics, manifest.economics) == ({}, {}, {})
    assert Release.load(folder).manifest == manifest
