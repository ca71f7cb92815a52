"""The commands of docs/deploy.md, which need a container runtime or a cluster: what they name is there."""

import re
from collections.abc import Iterator

import click
import yaml

from commands.main import main
from resources.settings import ROOT
from tests.deploy.files import DEPLOY, compose, objects
from tests.docs_blocks import blocks, commands_of


def told() -> Iterator[list[str]]:
    """The words of each command."""
    for block in blocks():
        if block.page == "deploy.md" and block.language == "sh":
            yield from commands_of(block.text)


def test_commands_name_files_services_and_commands_that_exist() -> None:
    """Each is one of these programs, and each kind is there."""
    assert {words[0] for words in told()} == {"cp", "docker", "kubectl"}
    for words in told():
        for path in (word for word in words if word.startswith("deploy/") and word != "deploy/.env"):
            assert (ROOT / path).exists(), path
        if "exec" in words:
            service, program, name, *arguments = [word for word in words[words.index("exec") + 1 :] if word[:2] != "--"]
            assert service in compose()["services"]
            assert program == "upshelf"
            assert isinstance(main.commands[name].make_context(name, arguments), click.Context)


def test_the_secret_has_the_keys_that_pods_ask_for() -> None:
    """The comment beside the command names all of them."""
    page = (ROOT / "docs" / "deploy.md").read_text(encoding="utf-8")
    (line,) = [line for line in page.splitlines() if "create secret" in line]
    asked = {key for thing in objects() for key in re.findall(r"'key': '([\w-]+)'", str(thing))}
    assert set(line.partition("# ")[2].split(", ")) == asked


def test_the_namespace_is_that_of_the_manifests() -> None:
    """It is made by hand before."""
    (line,) = [words for words in told() if "namespace" in words]
    kustomization = yaml.safe_load((DEPLOY / "kubernetes" / "kustomization.yaml").read_text(encoding="utf-8"))
    assert line[-1] == kustomization["namespace"]
