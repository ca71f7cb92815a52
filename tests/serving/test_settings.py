"""Settings of the API, and how light its start is."""

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest

from resources.settings import ROOT, Settings
from serving.settings import ServingSettings, SettingsError

DIGEST = hashlib.sha256(b"secret").hexdigest()


def read(**env: str) -> ServingSettings:
    """Settings of ``env``, the variables without their prefix."""
    full = {f"UPSHELF_{name}": value for name, value in env.items()}
    return ServingSettings.from_env(Settings.from_env({"UPSHELF_HOME": "/x"}), full)


def test_defaults() -> None:
    """Loopback, port 8000, one process, a poll every five seconds, copies below home, development mode."""
    settings = read()
    assert (settings.host, settings.port, settings.workers, settings.poll_seconds) == ("127.0.0.1", 8000, 1, 5.0)
    assert settings.cache == Path("/x/serving")
    assert settings.is_development


def test_keys() -> None:
    """Two keys; neither their digests nor the store's address show in the repr."""
    settings = read(HOST="0.0.0.0", API_KEYS=f"storefront:{DIGEST}, admin:{DIGEST}")  # noqa: S104  # what is tested
    assert [scope for scope, _ in settings.keys] == ["storefront", "admin"]
    assert not settings.is_development
    assert "store.db" not in repr(settings)
    assert repr(settings.keys[0][1]) not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.9.9.9"])
def test_without_keys_a_loopback_address_will_do(host: str) -> None:
    """Every way to say this machine."""
    assert read(HOST=host).is_development


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("HOST", "0.0.0.0", "UPSHELF_API_KEYS is empty"),  # noqa: S104  # what is tested
        ("HOST", "shop.example", "UPSHELF_API_KEYS is empty"),
        ("PORT", "eight", "give a number"),
        ("PORT", "0", "1 to 65535"),
        ("WORKERS", "0", "1 to 64"),
        ("WORKERS", "two", "give a number"),
        ("POLL_SECONDS", "0", "above 0"),
        ("HUNG_SECONDS", "0.5", "at least 3"),
        ("RATE_BURST", "0", "at least 1"),
        ("LOG_FORMAT", "xml", "text or json"),
        ("CORS_ORIGINS", "*", "origins as browsers send them"),
        ("CORS_ORIGINS", "https://shop.example, https://shop.example/path", "no path"),
        ("CORS_ORIGINS", "https://Shop.example", "small letters"),
        ("API_KEYS", f"owner:{DIGEST}", "entry 1"),
        ("API_KEYS", f"admin:{DIGEST},admin:plain", "entry 2"),
    ],
)
def test_what_cannot_be_used_is_said(name: str, value: str, words: str) -> None:
    """The variable, the rule, the remedy."""
    with pytest.raises(SettingsError, match=words):
        read(**{name: value})


def test_a_bad_key_is_not_repeated() -> None:
    """Someone may have put the key itself there."""
    with pytest.raises(SettingsError) as caught:
        read(API_KEYS="admin:my-secret-key")
    assert "my-secret-key" not in str(caught.value)


HEAVY = ("torch", "causalml", "dagster", "mlflow", "lightgbm", "matplotlib", "pandas", "sklearn", "transformers")
LOAD = f"""
import sys
from pathlib import Path
from litestar.testing import TestClient
from serving.app import create_app
from serving.settings import ServingSettings
import serving.__main__
import shutil, time

class Source:
    def champion_version(self): return "1"
    def fetch(self, version, into): return Path(shutil.copytree(sys.argv[1], into))

home = Path(sys.argv[2])
settings = ServingSettings(cache=home / "cache", store_url=f"sqlite:///{{home / 's.db'}}", rate_per_second=0)
with TestClient(create_app(settings, Source())) as client:
    until = time.monotonic() + 60
    while client.get("/health/ready").status_code != 200 and time.monotonic() < until:
        time.sleep(0.05)
    assert client.get("/v1/products/p01/similar").status_code == 200
    assert client.post("/v1/roi/simulate", json={{}}).status_code == 200
    assert client.post("/v1/decisions", json={{"user_id": "u0", "slot": "home"}}).json()["advertise"]
print(",".join(name for name in {HEAVY!r} if name in sys.modules))
"""


def test_serving_needs_no_heavy_package(plain_release: Path, tmp_path: Path) -> None:
    """Started, a release loaded, every kind of model asked: none of them was imported."""
    done = subprocess.run(
        [sys.executable, "-c", LOAD, str(plain_release), str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1:] in ([], [""]), done.stdout
