"""What the images run, run for real without a container: their files, user, variables, commands and health checks."""

import hashlib
import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from resources.registry import Registry
from resources.settings import Settings
from resources.shop import Shop
from tests.deploy.as_in_an_image import Machine, databases, free_port, machine, without_rights
from tests.deploy.files import compose, stages
from tests.serving.releases import build_release

pytestmark = pytest.mark.slow

SECONDS = 120


class Api(NamedTuple):
    """An API that runs."""

    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def get(self, path: str, key: str = "") -> httpx.Response:
        """An answer to a key."""
        return httpx.get(f"{self.url}{path}", headers={"x-api-key": key}, timeout=10)

    def figure(self, name: str) -> float:
        """A metric, all its labels together."""
        lines = self.get("/metrics", "admin").text.splitlines()
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name))


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until it holds."""
    until = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < until, f"waited for {what}"
        time.sleep(0.1)


@pytest.fixture
def computer() -> Iterator[Machine]:
    """Like an image's."""
    with machine() as made:
        yield made


@pytest.fixture(scope="module")
def server(postgres_uri: str) -> Iterator[str]:
    """A PostgreSQL like compose's."""
    with databases(postgres_uri) as address:
        yield address


@contextmanager
def running(computer: Machine, server: str) -> Iterator[Api]:
    """The API as compose starts it."""
    port = free_port()
    keys = (f"{scope}:{hashlib.sha256(scope.encode()).hexdigest()}" for scope in ("storefront", "admin"))
    environment = computer.environment(
        "api",
        UPSHELF_PORT=str(port),
        UPSHELF_STORE_URL=f"{server}/upshelf",
        UPSHELF_MLFLOW_URL=f"{server}/mlflow",
        UPSHELF_API_KEYS=",".join(keys),
        UPSHELF_LOG_FORMAT=compose()["services"]["api"]["environment"]["UPSHELF_LOG_FORMAT"],
        UPSHELF_POLL_SECONDS="0.5",
    )
    log = computer.root / "log"
    with log.open("wb") as out:
        process = subprocess.Popen(
            [*without_rights(), *compose()["services"]["api"]["command"]],
            cwd=computer.here("/opt/upshelf"),
            env=environment,
            stdout=out,
            stderr=out,
        )
    try:
        yield Api(process, f"http://127.0.0.1:{port}", log)
    finally:
        process.kill()
        process.wait()


def is_healthy(api: Api) -> bool:
    """What the image's health check says."""
    command = [part.replace("http://127.0.0.1:8000", api.url) for part in stages()["api"].health]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def files(folder: Path) -> set[str]:
    """All that lies below."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


def test_the_api_answers_from_a_home_that_it_cannot_write_to(computer: Machine, server: str, tmp_path: Path) -> None:
    """Two workers on PostgreSQL: healthy before there is a release, ready with one, drained on SIGTERM, all in JSON."""
    code, home = computer.here("/opt/upshelf"), computer.here("/var/lib/upshelf")
    before = files(code)
    release = build_release(tmp_path / "release")
    with running(computer, server) as api:
        wait_for(lambda: is_healthy(api), "the API to be healthy")
        told = api.get("/health/ready")
        assert told.status_code == 503
        wait_for(
            lambda: "no release has been promoted yet" in api.get("/health/ready").text,
            "the registry to be found empty",
        )

        settings = Settings.from_env({"UPSHELF_HOME": str(home), "UPSHELF_MLFLOW_URL": f"{server}/mlflow"})
        registry = Registry(settings, Shop.load(settings.shop).name)
        registry.promote(registry.register(registry.log_run("r", parameters={}, metrics={}, folder=release), {}))
        published = files(home)
        wait_for(lambda: api.figure("upshelf_release_processes") == 2, "both workers to load the release")
        assert api.get("/health/ready").json()["as_of"] == "2026-01-30"
        assert api.get("/v1/products/p01/similar").status_code == 401
        answers = [api.get("/v1/products/p01/similar", "storefront") for _ in range(20)]
        assert {answer.status_code for answer in answers} == {200}
        event = {"event_id": "e1", "kind": "view", "user_id": "u-secret", "product_id": "p01"}
        posted = httpx.post(
            f"{api.url}/v1/events", json={"events": [event]}, headers={"x-api-key": "storefront"}, timeout=10
        )
        assert posted.status_code == 202, posted.text

        api.process.send_signal(signal.SIGTERM)
        assert api.process.wait(timeout=30) == 0
        text = api.log.read_text()
    lines = [json.loads(line) for line in text.splitlines()]
    requests = [line for line in lines if line["logger"] == "serving.requests"]
    listed = [line for line in requests if line["route"] == "/v1/products/{product_id}/similar"]
    assert [line["status"] for line in listed] == [401, *[200] * 20]
    assert {line["request_id"] for line in listed} >= {answer.headers["x-request-id"] for answer in answers}
    assert "p01" not in text
    assert "u-secret" not in text
    assert files(home) == published
    assert files(code) == before
    assert files(computer.here("/var/cache/upshelf/releases")) == set()


def test_without_keys_it_does_not_listen_to_others(computer: Machine) -> None:
    """An image that is started by itself says what it lacks and ends."""
    done = subprocess.run(
        [*without_rights(), *stages()["api"].command],
        cwd=computer.here("/opt/upshelf"),
        env=computer.environment("api"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "UPSHELF_API_KEYS is empty" in done.stderr


def test_the_pipeline_runs_in_its_image(computer: Machine, server: str) -> None:
    """A tiny shop's days, released: tables in the home, runs and release in the databases."""
    shop = computer.here("/etc/upshelf/shop")
    shop.mkdir(parents=True)
    tiny = Path(__file__).parents[1] / "shops" / "tiny" / "shop.toml"
    (shop / "shop.toml").write_text(tiny.read_text(encoding="utf-8"), encoding="utf-8")
    home = computer.here("/var/lib/upshelf")
    computer.lend("/var/lib/upshelf")
    before = files(computer.here("/opt/upshelf"))
    loaded = Shop.load(shop / "shop.toml")
    assert loaded.last_day is not None
    environment = computer.environment(
        "pipeline",
        UPSHELF_SHOP=str(shop),
        UPSHELF_STORE_URL=f"{server}/upshelf",
        UPSHELF_MLFLOW_URL=f"{server}/mlflow",
        DAGSTER_POSTGRES_URL=f"{server}/dagster",
    )

    def upshelf(*arguments: str) -> Any:  # noqa: ANN401  # a process that ended
        return subprocess.run(
            [*without_rights(), "upshelf", *arguments],
            cwd=computer.here("/opt/upshelf"),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    done = upshelf("run", f"{loaded.first_day}..{loaded.last_day}")
    assert done.returncode == 0, (done.stdout[-3_000:], done.stderr[-3_000:])
    (release,) = json.loads(upshelf("releases", "--json").stdout)
    assert release["champion"]
    assert upshelf("forget").returncode == 0
    assert not list(home.rglob("*.db")), "something is kept in SQLite"
    assert files(computer.here("/opt/upshelf")) == before
