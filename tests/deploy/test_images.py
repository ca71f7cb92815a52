"""The images, as far as a machine without a container runtime can tell."""

import re
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from resources.settings import ROOT
from serving.processes.seat import DRAIN_SECONDS
from tests.deploy.files import DEPLOY, compose, context, stages
from tests.deploy.settings import unknown

EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
IMAGES = ("api", "pipeline")


def closure(*extras: str) -> set[str]:
    """Packages that an install of Upshelf with these extras brings, as far as they are installed here."""
    wanted = [Requirement(text) for text in EXTRAS["dependencies"]]
    wanted += [Requirement(text) for extra in extras for text in EXTRAS["optional-dependencies"][extra]]
    seen: set[tuple[str, str]] = set()
    found: set[str] = set()
    while wanted:
        one = wanted.pop()
        for extra in ("", *one.extras):
            key = (canonicalize_name(one.name), extra)
            if key in seen:
                continue
            seen.add(key)
            try:
                needed = [Requirement(text) for text in requires(one.name) or ()]
            except PackageNotFoundError:  # a part for another system, or the extra is not installed
                continue
            found.add(key[0])
            wanted += [need for need in needed if need.marker is None or need.marker.evaluate({"extra": extra})]
    return found


def extras_of(image: str) -> list[str]:
    """Extras that an image installs."""
    installs = [step for step in stages()[f"{image}-build"].all("RUN") if "--editable" in step]
    (extras,) = {re.search(r"'\.\[([\w,]+)\]'", step)[1] for step in installs}  # type: ignore[index]
    return str(extras).split(",")


@pytest.mark.parametrize("image", IMAGES)
def test_packages_are_installed_as_make_setup_does(image: str) -> None:
    """By the lock; what is installed before the code is what is installed with it."""
    first, second = (step for step in stages()[f"{image}-build"].all("RUN"))
    assert first.startswith(".venv/bin/python -m pip install --constraint requirements.lock --editable ")
    assert second == first.replace("--editable", "--no-deps --editable")
    make = re.sub(r"\s*\\\n\s*", " ", (ROOT / "Makefile").read_text(encoding="utf-8"))
    setup = re.search(r"pip install (.*?) > ", make)
    assert setup is not None
    assert setup[1].startswith("--disable-pip-version-check --constraint requirements.lock --editable ")
    known = set(EXTRAS["optional-dependencies"])
    assert set(extras_of(image)) <= known <= {*re.findall(r"\w+", setup[1].rpartition("[")[2])}


def test_the_api_has_what_it_needs_and_nothing_that_is_heavy() -> None:
    """PostgreSQL, the fast parser; neither Dagster nor what fits models, which the pipeline has."""
    heavy = {"dagster", "torch", "causalml", "lightgbm", "scikit-learn", "pandas", "matplotlib", "mlflow"}
    api = closure(*extras_of("api"))
    assert {"litestar", "mlflow-skinny", "psycopg2-binary", "httptools", "uvloop", "onnxruntime"} <= api
    assert api & heavy == set()
    assert heavy | {"psycopg2-binary", "dagster-postgres"} <= closure(*extras_of("pipeline"))


def test_bases_are_pinned_and_of_the_python_that_upshelf_needs() -> None:
    """A tag with three numbers and the release of Debian; every other stage stands on one of them."""
    by_name = stages()
    outer = {stage.base for stage in by_name.values() if stage.base not in by_name}
    assert len(outer) == 1
    assert re.fullmatch(r"python:3\.11\.\d+-slim-\w+", outer.pop())
    assert re.fullmatch(r"postgres:\d+\.\d+-\w+", compose()["services"]["postgres"]["image"])


@pytest.mark.parametrize("image", IMAGES)
def test_nobody_is_root_and_no_secret_is_in(image: str) -> None:
    """A user by number, as Kubernetes wants to check it; no variable that holds a key, an address or a password."""
    stage, runtime = stages()[image], stages()["runtime"]
    assert stage.base == "runtime"
    assert stage.last("USER") == "10001"
    assert any("useradd --uid 10001" in step for step in runtime.all("RUN"))
    assert all("--chown" not in step for step in stage.all("COPY"))  # the code is root's
    environment = stages()["python"].environment | runtime.environment | stage.environment
    assert unknown(environment) == set()
    assert not [name for name in environment if re.search("KEY|URL|PASSWORD|SECRET|TOKEN", name)]


def test_only_what_runs_enters() -> None:
    """What is named is there; the two lists, of podman and of docker, say the same."""
    podman = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    docker = (DEPLOY / "Containerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert podman[1:] == docker[1:]
    assert podman[1] == "*"
    assert [name for name in context() if not (ROOT / name).exists()] == []
    packages = {"assets", "commands", "evaluation", "resources", "serving"}
    assert packages | {"shops", "pyproject.toml", "requirements.lock"} <= set(context())
    copied = {name for stage in stages().values() for step in stage.all("COPY") if "--from" not in step
              for name in step.split()[:-1]} - {"."}  # fmt: skip
    assert copied <= set(context())


@pytest.mark.parametrize("image", IMAGES)
def test_the_health_check_asks_the_port_that_is_exposed(image: str) -> None:
    """And the command of the check says what it finds: here that nobody listens."""
    stage = stages()[image]
    port = stage.last("EXPOSE")
    assert port in {value for name, value in stage.environment.items() if name.endswith("_PORT")}
    assert f"127.0.0.1:{port}/" in stage.health[-1]
    done = subprocess.run([*stage.health[:-1], "http://127.0.0.1:9/"], capture_output=True, check=False)
    assert done.returncode == 1


def test_compose_leaves_time_to_drain() -> None:
    """More than a worker may take."""
    assert float(compose()["services"]["api"]["stop_grace_period"].removesuffix("s")) > DRAIN_SECONDS
