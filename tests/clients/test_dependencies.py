"""What the Python client needs: its own declared packages, and nothing of the project's."""

import ast
import sys
import tomllib

from resources.settings import ROOT

SOURCE = ROOT / "clients" / "python"


def test_it_imports_what_it_declares() -> None:
    """By its source: httpx and msgspec, both pinned by the project too."""
    imported = set[str]()
    for file in (SOURCE / "upshelf_client").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            imported |= {name.split(".")[0] for name in names}
    others = imported - set(sys.stdlib_module_names) - {"upshelf_client"}
    declared = tomllib.loads((SOURCE / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    assert others == {name.partition(">=")[0] for name in declared} == {"httpx", "msgspec"}
