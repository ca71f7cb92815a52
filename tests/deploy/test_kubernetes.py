"""The manifests: probes, ports, variables, secrets, time to drain, and that kustomize takes them."""

import os
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from resources.shop import Shop
from serving.app import routes
from serving.processes.seat import DRAIN_SECONDS
from tests.deploy.files import DEPLOY, objects, stages
from tests.deploy.settings import unknown

FOLDER = DEPLOY / "kubernetes"


def one(kind: str) -> Any:  # noqa: ANN401  # YAML of any shape
    """The object of a kind."""
    (found,) = [thing for thing in objects() if thing["kind"] == kind]
    return found


def pods() -> dict[str, Any]:
    """Image → the pod's spec."""
    nightly = one("CronJob")["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return {"api": one("Deployment")["spec"]["template"]["spec"], "pipeline": nightly}


@pytest.mark.parametrize("image", ["api", "pipeline"])
def test_variables_are_settings_and_secrets_are_references(image: str) -> None:
    """What may hold a password is a key of the Secret, which is not here."""
    (container,) = pods()[image]["containers"]
    assert container["image"] == f"upshelf-{image}"
    plain = dict(line.split("=") for line in (FOLDER / "upshelf.env").read_text().splitlines() if line[0] != "#")
    assert unknown([*plain, *(pair["name"] for pair in container["env"])]) == set()
    for pair in container["env"]:
        assert set(pair) == {"name", "valueFrom"}
        assert pair["valueFrom"]["secretKeyRef"]["name"] == "upshelf"
    assert not [name for name in plain if "URL" in name or "KEYS" in name]
    assert not [thing for thing in objects() if thing["kind"] == "Secret"]


def test_probes_ask_routes_that_are_open_on_the_port_of_the_image() -> None:
    """Readiness takes a pod without a release out of the service; liveness does not restart it for that."""
    (api,) = pods()["api"]["containers"]
    (health,) = [router for router in routes(is_development=False) if router.opt.get("scope") == "open"]
    open_paths = {route.path for route in health.routes}
    assert {name: probe["httpGet"]["path"] for name, probe in api.items() if name.endswith("Probe")} == {
        "startupProbe": "/health/live",
        "livenessProbe": "/health/live",
        "readinessProbe": "/health/ready",
    }
    assert {"/health/live", "/health/ready"} == open_paths
    (port,) = api["ports"]
    assert {probe["httpGet"]["port"] for name, probe in api.items() if name.endswith("Probe")} == {port["name"]}
    assert str(port["containerPort"]) == stages()["api"].last("EXPOSE")
    assert [served["targetPort"] for served in one("Service")["spec"]["ports"]] == [port["name"]]


def test_a_pod_has_time_to_drain() -> None:
    """The pause before SIGTERM, in which balancers hear of it, and the time that a worker may take."""
    pod = pods()["api"]
    pause, seconds = pod["containers"][0]["lifecycle"]["preStop"]["exec"]["command"]
    assert pause == "sleep"
    assert pod["terminationGracePeriodSeconds"] > float(seconds) + DRAIN_SECONDS


def test_selectors_find_their_pods() -> None:
    """The service's, the budget's and the deployment's own; one pod less is allowed."""
    deployment = one("Deployment")["spec"]
    labels = deployment["template"]["metadata"]["labels"]
    budget = one("PodDisruptionBudget")["spec"]
    for selector in (deployment["selector"]["matchLabels"], one("Service")["spec"]["selector"],
                     budget["selector"]["matchLabels"]):  # fmt: skip
        assert selector.items() <= labels.items()
    assert budget["minAvailable"] < deployment["replicas"]


@pytest.mark.parametrize("image", ["api", "pipeline"])
def test_pods_may_do_no_more_than_they_need(image: str) -> None:
    """The image's user, no other rights, limits of memory; what is written lies on volumes."""
    pod = pods()[image]
    (container,) = pod["containers"]
    user = int(stages()[image].last("USER"))
    assert pod["securityContext"]["runAsNonRoot"]
    assert (pod["securityContext"]["runAsUser"], pod["securityContext"]["fsGroup"]) == (user, user)
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    mounts = {mount["mountPath"]: mount.get("readOnly", False) for mount in container["volumeMounts"]}
    environment = stages()["runtime"].environment
    assert mounts == {environment["UPSHELF_HOME"]: image == "api", "/var/cache/upshelf": False, "/tmp": False}  # noqa: S108
    for name in ("NUMBA_CACHE_DIR", "UPSHELF_SERVING_CACHE"):
        assert environment[name].startswith("/var/cache/upshelf/")
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["home"]["persistentVolumeClaim"]["claimName"] == one("PersistentVolumeClaim")["metadata"]["name"]
    assert "emptyDir" in volumes["cache"]


def test_kustomize_renders_them() -> None:
    """With the images' tags and the settings put in."""
    if shutil.which("kubectl") is None:
        pytest.skip("kubectl is not installed; the tests beside this one read the same files")
    done = subprocess.run(["kubectl", "kustomize", FOLDER], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    assert len(made) == len(list(objects())) + 1  # the settings
    (settings,) = [thing["metadata"]["name"] for thing in made if thing["kind"] == "ConfigMap"]
    specs = {thing["kind"]: thing["spec"] for thing in made if thing["kind"] in ("Deployment", "CronJob")}
    nightly = specs["CronJob"]["jobTemplate"]["spec"]["template"]["spec"]
    for pod in (specs["Deployment"]["template"]["spec"], nightly):
        (container,) = pod["containers"]
        assert container["envFrom"] == [{"configMapRef": {"name": settings}}]
        assert container["image"].rpartition(":")[2] == "0.1.0"


def test_the_night_reads_yesterday_and_the_late_days_before_it(tmp_path: Path) -> None:
    """The script itself, with a command in place of ours that writes down how it is called."""
    (container,) = pods()["pipeline"]["containers"]
    stand_in = tmp_path / "upshelf"
    stand_in.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/called\n')
    stand_in.chmod(0o755)
    before = datetime.now(UTC).date()
    subprocess.run(container["command"], check=True, env={"PATH": f"{tmp_path}:{os.environ['PATH']}"})
    if datetime.now(UTC).date() != before:
        pytest.skip("midnight passed meanwhile")
    (late_days,) = [field.default for field in msgspec.structs.fields(Shop) if field.name == "late_days"]
    first, last = (before - timedelta(days=days) for days in (1 + late_days, 1))
    assert (tmp_path / "called").read_text().splitlines() == [f"run {first}..{last}", "forget"]
