"""Importing writes nothing and asks nothing: neither the environment nor a shop is read before somebody calls."""

import subprocess
import sys
from pathlib import Path

import pytest

from resources.settings import ROOT

PACKAGES = ("assets", "resources", "evaluation", "serving", "commands")

WATCHED = """
import os, sys
from importlib import import_module

OURS = {packages!r}
touched = []


def of_ours():
    frame = sys._getframe(2)
    while frame is not None:
        name = frame.f_globals.get("__name__", "")
        if name.split(".")[0] in OURS:
            return name
        if name.split(".")[0] not in ("os", "collections", "_collections_abc", "importlib", "pathlib", "__main__"):
            return None
        frame = frame.f_back
    return None


def watch(event, arguments):
    # The interpreter's own cache of compiled code is no file of ours.
    if not arguments or "__pycache__" in str(arguments[0]):
        return
    if event in ("os.mkdir", "os.rename", "os.remove", "sqlite3.connect", "socket.connect"):
        touched.append((event, str(arguments[0])))
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        touched.append((event, str(arguments[0])))
    if event == "open" and str(arguments[0]).endswith("shop.toml"):
        touched.append((event, str(arguments[0])))


class Environment(type(os.environ)):
    def __getitem__(self, key):
        if name := of_ours():
            touched.append((name, f"reads the environment ({{key}})"))
        return super().__getitem__(key)


old = os.environ
os.environ = Environment(old._data, old.encodekey, old.decodekey, old.encodevalue, old.decodevalue)
sys.addaudithook(watch)
{statements}
print(*sorted(set(touched)), sep="\\n")
"""


def modules() -> list[str]:
    """Every module but those that are run as programs."""
    found = [path.relative_to(ROOT).with_suffix("") for name in PACKAGES for path in (ROOT / name).rglob("*.py")]
    return sorted(".".join(path.parts).removesuffix(".__init__") for path in found if path.name != "__main__.py")


def touched_by(statements: str, folder: Path) -> str:
    """What a process without an environment, in an empty folder that it may not write to, touches by ``statements``."""
    folder.chmod(0o500)
    code = WATCHED.format(packages=PACKAGES, statements=statements)
    done = subprocess.run(
        [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{code}"],
        cwd=folder,
        env={"HOME": str(folder), "MPLCONFIGDIR": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_importing_any_module_touches_nothing(tmp_path: Path) -> None:
    """All of them, watched for files opened to write, connections, shops and environment variables that we read."""
    assert touched_by("\n".join(f"import_module({name!r})" for name in modules()), tmp_path) == ""
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("statements", "touched"),
    [
        ("import tempfile; tempfile.TemporaryFile()", "open"),
        ("from resources.settings import Settings; Settings.from_env()", "UPSHELF_HOME"),
        ("from resources.settings import ROOT\nopen(ROOT / 'shops' / 'simulated' / 'shop.toml')", "shop.toml"),
    ],
)
def test_the_watch_notices(tmp_path: Path, statements: str, touched: str) -> None:
    """A file that is opened to write, a variable that our code reads, a shop that is read."""
    assert touched in touched_by(statements, tmp_path)
