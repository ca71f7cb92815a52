"""The services of compose: variables, ports, secrets, and what they run."""

import re
from typing import Any

import click
import pytest
import yaml

from commands.main import main
from tests.deploy.files import DEPLOY, compose, stages
from tests.deploy.settings import unknown

OURS = ("pipeline", "api", "api-2")


def service(name: str) -> Any:  # noqa: ANN401  # YAML of any shape
    """A service."""
    return compose()["services"][name]


@pytest.mark.parametrize("name", OURS)
def test_variables_are_settings_and_no_secret_stands_there(name: str) -> None:
    """Passwords and keys come from the environment, and compose stops where one is not set."""
    environment = service(name)["environment"]
    assert unknown(environment) == set()
    for variable, value in environment.items():
        if re.search("KEYS|URL", variable):
            assert re.search(r"\$\{\w+:\?see \.env\.example\}", value), variable
            assert not re.search(r"://\w+:(?!\$\{)[^@]+@", value), variable


def test_the_example_names_every_variable_and_gives_no_value() -> None:
    """Those that compose asks for, no others."""
    text = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    example = (DEPLOY / ".env.example").read_text(encoding="utf-8")
    pairs = [line.partition("=") for line in example.splitlines() if line and not line.startswith("#")]
    assert {name for name, _, _ in pairs} == set(re.findall(r"\$\{(\w+)", text))
    assert {value for _, _, value in pairs} == {""}


def test_what_is_named_is_there() -> None:
    """Stages, volumes and files."""
    for name in OURS:
        told = service(name)
        assert told["build"]["target"] in stages()
        assert (DEPLOY / told["build"]["context"] / told["build"]["dockerfile"]).is_file()
        assert {"home"} == {volume.partition(":")[0] for volume in told["volumes"] if volume[0] not in "./$"}
    assert set(compose()["volumes"]) == {"home", "postgres"}
    (script,) = [volume for volume in service("postgres")["volumes"] if volume.startswith("./")]
    assert (DEPLOY / script.partition(":")[0]).is_file()


def test_each_database_is_made() -> None:
    """One for the store, one for MLflow, one for Dagster."""
    environment = service("pipeline")["environment"]
    names = {value.rpartition("/")[2] for name, value in environment.items() if name.endswith("_URL")}
    made = set(re.findall(r"CREATE DATABASE (\w+);", (DEPLOY / "databases.sql").read_text(encoding="utf-8")))
    assert names == made | {service("postgres")["environment"]["POSTGRES_DB"]}


def test_ports_are_open_to_this_machine_alone() -> None:
    """Those that the images listen on: a proxy with TLS stands in front of the API, and the UI has no password."""
    for name in OURS:
        target = service(name)["build"]["target"]
        (port,) = service(name)["ports"]
        address, _, inside = port.rpartition(":")
        assert address.startswith("127.0.0.1:")
        assert inside == stages()[target].last("EXPOSE")
    assert "ports" not in service("postgres")


def test_commands_are_understood() -> None:
    """As the command line reads them; the API with two workers."""
    for stage in (stages()["api"], stages()["pipeline"]):
        assert stage.command[0] == "upshelf"
        assert stage.command[1] in main.commands
    program, name, *arguments = service("api")["command"]
    assert program == "upshelf"
    called = main.commands[name].make_context(name, arguments)
    assert isinstance(called, click.Context)
    assert called.params["workers"] == 2


def test_containers_of_the_api_share_no_copies() -> None:
    """They read the home, and keep their copies where no other container clears them."""
    assert "home:/var/lib/upshelf:ro" in service("api")["volumes"]
    cache = stages()["runtime"].environment["UPSHELF_SERVING_CACHE"]
    mounted = [volume.split(":")[1] for volume in service("api")["volumes"]]
    assert not [path for path in mounted if cache.startswith(path)]


def test_every_file_is_yaml_without_a_key_twice() -> None:
    """The later of two would win in silence."""
    for path in DEPLOY.rglob("*.yaml"):
        assert list(yaml.load_all(path.read_text(encoding="utf-8"), Loader=_Strict)), path


class _Strict(yaml.SafeLoader):
    """Refuses a key that is there already."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """A mapping."""
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        assert len(set(keys)) == len(keys), keys
        return super().construct_mapping(node, deep)
