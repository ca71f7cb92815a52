"""Who may import whom: the contracts hold, they notice when they do not, and serving starts light."""

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

from resources.settings import ROOT

PACKAGES = ("assets", "resources", "serving", "evaluation", "benchmarks", "commands")
HEAVY = ("torch", "transformers", "sentence_transformers", "causalml", "lightgbm", "sklearn", "pandas", "matplotlib")
CONTRACTS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter over the packages below ``root``."""
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    # A path in the environment would put the checkout's packages before those of ``root``.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False, env=environment)


def test_the_contracts_hold() -> None:
    """Every one of them is kept."""
    done = lint(ROOT)
    assert done.returncode == 0, done.stdout
    assert f"Contracts: {len(CONTRACTS)} kept, 0 broken." in done.stdout


VIOLATIONS = {
    "measures": [("evaluation/uplift/qini.py", "import resources.lake")],
    "models": [("assets/models/fusion.py", "def f() -> None:\n    import resources.lake")],
    "resources": [("resources/lake/delta_lake.py", "import assets.models.ranked")],
    "serving imports": [("serving/http/keys.py", "import assets.tables.point_in_time")],
    "serving needs": [("serving/lists/lists.py", "def f() -> None:\n    import torch")],
    "nobody": [("assets/automation.py", "import assets.definitions")],
    "rooms of the pipeline": [("assets/daily/partitions.py", "import assets.tables.raw")],
    "search and": [("assets/recommendations/held_out.py", "import assets.uplift.campaign")],
    "advertising": [("assets/targeting/plan.py", "import assets.search.clicks")],
    "rooms of models": [("assets/models/text/analysis.py", "import assets.models.products.catalogue")],
    "rooms of search": [("assets/models/search/lexical/index.py", "import assets.models.search.score_blend")],
    "rooms of serving": [("serving/http/keys.py", "def f() -> None:\n    import serving.lists.lists")],
    "rooms of measures": [("evaluation/ranking/ranking.py", "import evaluation.uplift.qini")],
}
"""Beginning of a contract's name → files and what to add to them so that it breaks."""


def test_every_contract_notices_when_it_is_broken(tmp_path: Path) -> None:
    """In a copy with one forbidden import a contract, each is reported."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for added in VIOLATIONS.values():
        for file, line in added:
            with (tmp_path / file).open("a") as source:
                source.write(f"\n{line}\n")
    done = lint(tmp_path)
    names = [contract["name"] for contract in CONTRACTS]
    kept = [name for name in names if f"{name} BROKEN" not in done.stdout]
    assert kept == [], done.stdout
    assert sorted(VIOLATIONS) == sorted(key for key in VIOLATIONS for name in names if name.startswith(key))


@pytest.fixture(scope="module")
def graph() -> grimp.ImportGraph:
    """Imports of all packages, also those inside functions."""
    return grimp.build_graph(*PACKAGES, include_external_packages=True, cache_dir=None)


def test_models_import_models_and_measures_alone(graph: grimp.ImportGraph) -> None:
    """Of all our packages; what the contract for them cannot say, as they lie inside ``assets``."""
    models = {"assets.models", *graph.find_descendants("assets.models")}
    imported = {name for model in models for name in graph.find_modules_directly_imported_by(model)}
    assert {name for name in imported if name.split(".")[0] in PACKAGES} <= models | {
        "evaluation",
        *graph.find_descendants("evaluation"),
    }


def test_dagster_is_imported_by_assets_and_commands_alone(graph: grimp.ImportGraph) -> None:
    """By their modules, but not by those of ``assets.models``."""
    importers = graph.find_modules_that_directly_import("dagster")
    assert importers
    assert {name.split(".")[0] for name in importers} <= {"assets", "commands"}
    assert not [name for name in importers if name.startswith("assets.models")]


def test_assets_is_an_empty_package() -> None:
    """Importing a model must not run the pipeline's code."""
    assert (ROOT / "assets" / "__init__.py").read_text() == ""


def test_serving_starts_without_what_is_heavy() -> None:
    """Importing the application loads neither the pipeline nor what only fitting needs."""
    code = "import json, sys; import serving.app; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    loaded = set(json.loads(done.stdout))
    assert {"serving", "resources", "litestar"} <= loaded
    assert loaded & {"dagster", *HEAVY} == set()
