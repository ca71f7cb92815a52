"""Following the champion: no failed request, nothing broken taken into use, copies cleared."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from resources.registry import Registry
from resources.settings import Settings
from serving.app import create_app
from serving.release import reload
from serving.release.reload import ReleaseSource
from serving.settings import ServingSettings

Client = TestClient[Litestar]
Answering = Callable[..., Any]
Promote = Callable[[str, Path], None]
WaitFor = Callable[[Callable[[], bool], str], None]


def release_of(client: Client) -> str:
    """The release that answers."""
    return str(client.get("/v1/release").json()["release"])


def spoil(folder: Path) -> None:
    """Change one byte of a file."""
    file = folder / "popularity" / "score.npy"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))


def test_it_starts_without_a_champion_and_becomes_ready(
    settings: ServingSettings, source: ReleaseSource, promote: Promote, plain_release: Path, wait_for: WaitFor
) -> None:
    """Live at once; not ready, with the reason; feedback is taken; ready once a release is promoted."""
    with TestClient(create_app(settings, source)) as client:
        assert client.get("/health/live").status_code == 200
        wait_for(lambda: "no release has been promoted yet" in client.get("/health/ready").text, "the first look")
        assert client.get("/health/ready").status_code == 503
        answer = client.get("/v1/recommendations/popular")
        assert (answer.status_code, answer.json()["type"]) == (503, "/problems/no-release")
        assert int(answer.headers["retry-after"]) > 0
        event = {"event_id": "e", "kind": "visit", "user_id": "u"}
        assert client.post("/v1/events", json={"events": [event]}).status_code == 202
        promote("1", plain_release)
        wait_for(lambda: client.get("/health/ready").status_code == 200, "the release")
        assert client.get("/v1/recommendations/popular").status_code == 200


def test_no_request_fails_while_releases_change(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    plain_release: Path,
    next_release: Path,
    answering: Answering,
) -> None:
    """Three callers ask without a pause while releases 2 and 3 take over: all is answered, and none goes back."""
    promote("1", plain_release)
    stop = threading.Event()

    def ask(client: Client, start: int) -> list[tuple[int, str]]:
        """Status and release of each answer, until told to stop."""
        got: list[tuple[int, str]] = []
        while not stop.is_set():
            answer = client.get(f"/v1/products/p{(start + len(got)) % 60:02d}/similar?limit=3")
            got.append((answer.status_code, answer.json().get("release")))
        return got

    def switched(client: Client, version: str) -> bool:
        return bool(client.get("/health/ready").json()["registry_version"] == version)

    with answering(settings, source) as client, ThreadPoolExecutor(3) as pool:
        callers = [pool.submit(ask, client, start) for start in (0, 20, 40)]
        try:
            for version, folder in (("2", next_release), ("3", plain_release)):
                promote(version, folder)
                until = time.monotonic() + 60
                while not switched(client, version) and time.monotonic() < until:
                    time.sleep(0.02)
                assert switched(client, version)
        finally:
            stop.set()
        answers = [caller.result() for caller in callers]
    assert min(map(len, answers)) > 5
    assert {status for got in answers for status, _ in got} == {200}
    for got in answers:
        releases = [release for release, _ in itertools.groupby(release for _, release in got)]
        assert 2 <= len(releases) <= 3
        assert releases[0] != releases[1]


def test_a_broken_release_is_refused_and_the_old_one_answers(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    tmp_path: Path,
    plain_release: Path,
    next_release: Path,
    answering: Answering,
    wait_for: WaitFor,
) -> None:
    """One byte changed: named in readiness, counted, not tried in a hot loop; a repair is taken up."""
    promote("1", plain_release)
    with answering(settings, source) as client:
        first = release_of(client)
        promote("2", next_release)
        spoil(tmp_path / "source" / "2")
        wait_for(lambda: bool(client.get("/health/ready").json()["problems"]), "the refusal")
        health = client.get("/health/ready")
        if health.json()["problems"]:
            assert "score.npy" in health.json()["problems"][0]
        assert health.status_code == 200
        assert release_of(client) == first
        assert client.get("/v1/recommendations/popular").status_code == 200
        failures = next(
            float(line.split()[1])
            for line in client.get("/metrics").text.splitlines()
            if line.startswith("upshelf_reload_failures_total")
        )
        assert 1 <= failures <= 3
        spoil(tmp_path / "source" / "2")
        wait_for(lambda: release_of(client) != first, "the repaired release")
        assert client.get("/health/ready").json()["problems"] == []


def test_copies_are_pruned(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    bare_release: Path,
    answering: Answering,
    wait_for: WaitFor,
) -> None:
    """After four versions two copies are left, and none after the end; a dead process's copies go at the start."""
    leftover = settings.cache / "999999999-abc"
    leftover.mkdir(parents=True)
    promote("1", bare_release)
    with answering(settings, source) as client:
        assert not leftover.exists()
        for version in ("2", "3", "4"):
            promote(version, bare_release)
            wait_for(
                lambda v=version: client.get("/health/ready").json()["registry_version"] == v,  # type: ignore[misc]
                f"version {version}",
            )
        wait_for(lambda: len(list(settings.cache.glob("*/*"))) == 2, "the pruning")
        assert sorted(p.name[0] for p in settings.cache.glob("*/*")) == ["3", "4"]
    assert list(settings.cache.glob("*/*")) == []


def test_the_copy_before_goes_when_its_requests_are_over(
    settings: ServingSettings,
    source: ReleaseSource,
    promote: Promote,
    plain_release: Path,
    next_release: Path,
    answering: Answering,
    wait_for: WaitFor,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It may hold users who have been taken out of the one that follows; what answers does not need it."""
    monkeypatch.setattr(reload, "LINGER_SECONDS", 0.2)
    promote("1", plain_release)
    with answering(settings, source) as client:
        first = release_of(client)
        promote("2", next_release)
        wait_for(lambda: release_of(client) != first, "the next release")
        wait_for(lambda: [p.name[0] for p in settings.cache.glob("*/*")] == ["2"], "the copy to go")
        assert client.get("/v1/products/p01/similar").status_code == 200


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # MLflow's own SQLAlchemy code warns of what it will have to change
def test_with_the_real_registry(
    settings: ServingSettings,
    plain_release: Path,
    next_release: Path,
    tmp_path: Path,
    wait_for: WaitFor,
) -> None:
    """MLflow on SQLite: promoted releases are followed, and so is a rollback."""
    home = Settings.from_env({"UPSHELF_HOME": str(tmp_path / "home")})
    registry = Registry(home, "test")

    def publish(folder: Path) -> str:
        run = registry.log_run("release", parameters={}, metrics={}, folder=folder)
        version = registry.register(run, {})
        registry.promote(version)
        return version

    versions = [publish(plain_release)]
    with TestClient(create_app(settings, Registry(home, "test"))) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, "the first release")
        first = release_of(client)
        versions.append(publish(next_release))
        wait_for(lambda: release_of(client) != first, "the second release")
        registry.rollback()
        wait_for(lambda: release_of(client) == first, "the rollback")
        assert client.get("/health/ready").json()["registry_version"] == versions[0]
