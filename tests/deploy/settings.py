"""Variables that the product reads, as its docstrings and its commands name them."""

import re
from collections.abc import Iterable

import click

from commands.main import main
from resources.settings import ROOT

__all__ = ["unknown"]

_OTHERS = {
    "DAGSTER_POSTGRES_URL",  # commands.environment
    "GIT_PYTHON_REFRESH",
    "NUMBA_CACHE_DIR",
    "PATH",
    "PIP_DISABLE_PIP_VERSION_CHECK",
    "PIP_NO_CACHE_DIR",
    "PYTHONDONTWRITEBYTECODE",
    "PYTHONUNBUFFERED",
}
"""Of Python and of packages."""


def unknown(names: Iterable[str]) -> set[str]:
    """Those of ``names`` that nothing reads."""
    sources = (ROOT / package / "settings.py" for package in ("serving", "resources"))
    read = {name for path in sources for name in re.findall(r'"""([A-Z]\w+):', path.read_text(encoding="utf-8"))}
    options = (option for command in main.commands.values() for option in command.params)
    read |= {str(option.envvar) for option in options if isinstance(option, click.Option) and option.envvar}
    return set(names) - read - _OTHERS
