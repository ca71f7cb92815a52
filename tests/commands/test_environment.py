"""UPSHELF_HOME, hosts and ports hold for every command, and none loads what it does not need."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from commands.environment import instance_home, prepare
from commands.main import main
from resources.settings import ROOT, Settings
from tests.commands.conftest import Called
from tests.object_storage import CREDENTIALS


def test_the_instance_is_in_the_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By default the checkout's; of another home a copy that names it; one that is given is kept."""
    assert instance_home(Settings.from_env({})) == ROOT
    assert instance_home(Settings.from_env()) == home / "dagster"
    text = (home / "dagster" / "dagster.yaml").read_text()
    assert text.count(f"base_dir: {home / 'dagster'}") == 3
    assert "var/dagster" not in text
    monkeypatch.setenv("DAGSTER_HOME", "/elsewhere")
    assert instance_home(Settings.from_env()) == Path("/elsewhere")


def test_the_instance_may_keep_its_runs_in_postgresql(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where DAGSTER_POSTGRES_URL is set, which the file names and does not hold; all else as it was."""
    before = yaml.safe_load((instance_home(Settings.from_env()) / "dagster.yaml").read_text())
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql+psycopg2://u:hunter2@host/dagster")
    text = (instance_home(Settings.from_env()) / "dagster.yaml").read_text()
    after = yaml.safe_load(text)
    assert after.pop("storage") == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    assert before.pop("storage") == {"sqlite": {"base_dir": str(home / "dagster")}}
    assert after == before
    assert "hunter2" not in text


def test_relative_paths_are_those_of_the_shell(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though commands go on in the checkout; what the environment says already stands."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UPSHELF_HOME", "here")
    monkeypatch.setenv("UPSHELF_LAKE", "there")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    settings = prepare()
    assert (settings.home, settings.lake_url) == (tmp_path / "here", str(tmp_path / "there"))
    assert Path.cwd() == ROOT
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert os.environ["HF_HUB_OFFLINE"] == "1"


def test_serving_takes_its_address_and_needs_no_pipeline(home: Path) -> None:
    """In the base install; an address that is open to others without keys is refused by name, as a wrong call."""
    barred = "import sys; sys.modules.update(dict.fromkeys(('dagster', 'torch', 'lightgbm', 'causalml')))"
    code = f"{barred}; from commands.main import main; main(['serve', '--host', '0.0.0.0', '--port', '8123'])"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "UPSHELF_API_KEYS" in done.stderr
    assert "Traceback" not in done.stderr


def test_help_loads_nothing_heavy() -> None:
    """Every command is listed in an instant."""
    code = """
import json, sys
from commands.main import main
main(["--help"], standalone_mode=False)
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    *listed, loaded = done.stdout.splitlines()
    assert not {"polars", "numpy", "dagster", "mlflow", "duckdb", "litestar"} & set(json.loads(loaded))
    names = [line.split()[0] for line in listed[listed.index("Commands:") + 1 :] if line.startswith("  ")]
    assert names == [
        "campaign", "check", "demo", "export", "forget", "init", "mlflow", "quarantine", "reference", "releases",
        "restore", "retention", "rollback", "run", "serve", "ui",
    ]  # fmt: skip


@pytest.mark.parametrize("command", ["serve", "ui", "mlflow"])
def test_a_port_that_is_none_is_a_wrong_call(called: Called, command: str) -> None:
    """Exit code 2."""
    assert called(command, "--port", "70000").exit_code == 2


def test_a_setting_that_cannot_be_read_ends_every_command_with_2(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the variable, not a place in the code."""
    monkeypatch.setenv("UPSHELF_ENGINE_MEMORY", "lots")
    refused = CliRunner().invoke(main, ["quarantine", "orders"])
    assert (refused.exit_code, "UPSHELF_ENGINE_MEMORY is 'lots': give an amount" in refused.stderr) == (2, True)


def test_a_bucket_that_is_not_there_ends_a_command_in_words(
    called: Called, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 1 and one line, without a trace of the code or a credential."""
    monkeypatch.setenv("UPSHELF_STORAGE", "s3://no-such-bucket/x")
    refused = called("quarantine", "orders")
    assert (refused.exit_code, len(refused.stderr.splitlines())) == (1, 1)
    assert refused.stderr.startswith("Error: s3://no-such-bucket/x/lake/quarantine_orders cannot be read: ")
    assert "(NoSuchBucket). Check the bucket, its region and the credentials" in refused.stderr
    assert not [secret for secret in CREDENTIALS.values() if secret in refused.stderr]
