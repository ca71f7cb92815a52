"""Answers that are kept: the same bytes, counted the same, of the release that answers now."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.http.kept_answers import Kept, KeptAnswers
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

URLS = (
    "/v1/products/p01/similar",
    "/v1/products/p01/similar?limit=3&user_id=u1",
    "/v1/products/p01/bought-together",
    "/v1/products/p01",
    "/v1/recommendations/popular",
    "/v1/recommendations/category?category=Home%20%3E%20Lighting",
    "/v1/search?q=lamp",
    "/v1/search/suggest?q=la",
)


class Release:
    """Something that answers."""


def kept(body: bytes) -> Kept:
    """An answer that nothing counts."""
    return Kept.of([(b"content-type", b"application/json")], body)


def test_what_was_used_least_recently_is_forgotten() -> None:
    """Of three answers of 40 bytes, two are within 100 bytes."""
    release = Release()
    answers = KeptAnswers(lambda: release, max_bytes=100)
    for url in (b"a", b"b"):
        assert answers.find(url) is None
        answers.keep(url, kept(bytes(40)), answers.period)
    assert answers.find(b"a") is not None
    answers.keep(b"c", kept(bytes(40)), answers.period)
    assert [answers.find(url) is not None for url in (b"a", b"b", b"c")] == [True, False, True]


def test_another_release_knows_nothing_of_the_last_ones_answers() -> None:
    """Also of one that was being made when it took over."""
    now = [Release()]
    answers = KeptAnswers(lambda: now[0])
    answers.find(b"a")
    answers.keep(b"a", kept(b"old"), answers.period)
    assert answers.find(b"b") is None
    now[0] = Release()
    answers.keep(b"b", kept(b"old"), answers.period)
    assert answers.find(b"a") is None
    assert answers.find(b"b") is None


@pytest.mark.parametrize("url", URLS)
def test_asked_again_the_answer_is_the_same(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    answering: Callable[..., Any],
    url: str,
) -> None:
    """Body, headers but the request's own id, and both are counted."""
    promote("1", full_release)
    with answering(settings, source) as client:
        first, again = client.get(url), client.get(url)
        assert first.status_code == again.status_code == 200
        assert first.content == again.content
        own = {"x-request-id"}
        assert {k: v for k, v in first.headers.items() if k not in own} == {
            k: v for k, v in again.headers.items() if k not in own
        }
        assert first.headers["x-request-id"] != again.headers["x-request-id"]
        lists = [line for line in client.get("/metrics").text.splitlines() if line.startswith("upshelf_answers_total")]
        if "answered_by" in first.json():
            assert [line.rpartition(" ")[2] for line in lists] == ["2.0"]
        else:
            assert not lists


def test_a_new_release_answers_anew(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    next_release: Path,
    answering: Callable[..., Any],
    wait_for: Callable[[Callable[[], bool], str], None],
) -> None:
    """The kept answer names the old release; after the promotion none does."""
    promote("1", full_release)
    url = URLS[0]
    with answering(settings, source) as client:
        old = client.get(url).json()["release"]
        assert client.get(url).json()["release"] == old
        promote("2", next_release)
        wait_for(lambda: bool(client.get("/v1/release").json()["release"] != old), "the next release")
        assert client.get(url).json()["release"] != old


def test_a_kept_answer_still_needs_a_key(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    answering: Callable[..., Any],
) -> None:
    """What one caller asked for is not open to all; errors are not kept."""
    promote("1", full_release)
    keys = replace(settings, keys=(("storefront", hashlib.sha256(b"k").digest()),))
    with answering(keys, source) as client:
        assert client.get(URLS[0], headers={"x-api-key": "k"}).status_code == 200
        assert client.get(URLS[0]).status_code == 401
        assert client.get("/v1/products/none/similar", headers={"x-api-key": "k"}).status_code == 404
        assert client.get("/v1/products/none/similar", headers={"x-api-key": "k"}).status_code == 404


@pytest.mark.parametrize("url", URLS)
def test_a_caller_that_has_the_answer_is_told_so(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    answering: Callable[..., Any],
    url: str,
) -> None:
    """Whether it was kept or is made anew; of another answer it gets the whole."""
    promote("1", full_release)
    with answering(settings, source) as client:
        whole = client.get(url)
        tag = whole.headers["etag"]
        assert whole.headers["cache-control"] == "private, no-cache"
        for tags in (tag, f'"other", {tag}', f"W/{tag}", "*"):
            same = client.get(url, headers={"if-none-match": tags})
            assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
            assert "content-length" not in same.headers
        other = client.get(url, headers={"if-none-match": '"other"'})
        assert (other.status_code, other.content) == (200, whole.content)
    with answering(settings, source) as another:
        assert another.get(url, headers={"if-none-match": tag}).status_code == 304


def test_errors_have_no_tag(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Callable[[str, Path], None],
    full_release: Path,
    answering: Callable[..., Any],
) -> None:
    """The product may be there tomorrow."""
    promote("1", full_release)
    with answering(settings, source) as client:
        answer = client.get("/v1/products/none/similar", headers={"if-none-match": "*"})
        assert answer.status_code == 404
        assert "etag" not in answer.headers
