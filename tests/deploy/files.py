"""What stands in `deploy`: the steps of the images, the services of compose, the objects of Kubernetes."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from resources.settings import ROOT

__all__ = ["DEPLOY", "Stage", "compose", "context", "objects", "stages"]

DEPLOY = ROOT / "deploy"


class Stage(NamedTuple):
    """A stage of the Containerfile."""

    name: str
    base: str
    steps: list[tuple[str, str]]
    """Instruction and its arguments, in order."""

    def all(self, instruction: str) -> list[str]:
        """The arguments of each of its instructions of a kind."""
        return [arguments for name, arguments in self.steps if name == instruction]

    def last(self, instruction: str) -> str:
        """The arguments of the one that holds."""
        return self.all(instruction)[-1]

    @property
    def command(self) -> list[str]:
        """What runs."""
        return list(json.loads(self.last("CMD")))

    @property
    def health(self) -> list[str]:
        """The command of the health check."""
        return list(json.loads(self.last("HEALTHCHECK").partition("CMD ")[2]))

    @property
    def environment(self) -> dict[str, str]:
        """Variables that it sets."""
        pairs = (pair for step in self.all("ENV") for pair in step.split())
        return dict(pair.split("=", 1) for pair in pairs)


def stages() -> dict[str, Stage]:
    """Stages by name."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    found: dict[str, Stage] = {}
    for line in re.sub(r"\\\n\s*", "", "\n".join(lines)).splitlines():
        instruction, _, arguments = line.partition(" ")
        if instruction == "FROM":
            base, _, name = arguments.partition(" AS ")
            found[name] = Stage(name, base, [])
        else:
            found[list(found)[-1]].steps.append((instruction, arguments))
    return found


def context() -> list[str]:
    """Files and folders of the checkout that enter an image."""
    lines = (ROOT / ".containerignore").read_text(encoding="utf-8").splitlines()
    return [line[1:] for line in lines if line.startswith("!")]


def compose() -> dict[str, Any]:
    """The services by name, anchors resolved, variables as they stand."""
    told: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return told


def objects() -> Iterator[dict[str, Any]]:
    """Every object of the manifests but the kustomization itself."""
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        if path.name != "kustomization.yaml":
            yield from yaml.safe_load_all(path.read_text(encoding="utf-8"))
