"""The TypeScript client: its types are those of the API, it compiles strictly, and it asks a running API."""

import json
import re
import runpy
import shutil
import socket
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest

from resources.settings import ROOT
from tests.clients.conftest import ADMIN_KEY
from tests.clients.other_server import answering_with
from tests.docs_blocks import Block, blocks

SOURCE = ROOT / "clients" / "typescript"
HERE = Path(__file__).parent
PARTS = ["package.json", "package-lock.json", "tsconfig.json", "openapi.json", ".npmrc", "src"]
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ENETUNREACH", "ECONNRESET", "ENOTCACHED")


def test_the_description_is_that_of_the_api(address: str) -> None:
    """After a change of the API run `clients/typescript/describe_api.py`, and `npm run types` in its folder."""
    kept = (SOURCE / "openapi.json").read_text(encoding="utf-8")
    assert json.loads(kept) == httpx.get(f"{address}/schema/openapi.json").json()
    assert runpy.run_path(str(SOURCE / "describe_api.py"))["description"]() == kept


def test_it_needs_no_other_package() -> None:
    """Only its own making does, with exact versions."""
    package = json.loads((SOURCE / "package.json").read_text(encoding="utf-8"))
    assert "dependencies" not in package
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in package["devDependencies"].values())


def run(folder: Path, *command: str) -> str:
    """Standard output of a command that has to succeed."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the client with its tools from npm; it compiles strictly."""
    missing = [tool for tool in ("node", "npm") if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"needs {' and '.join(missing)} on the PATH")
    folder = tmp_path_factory.mktemp("typescript")
    for part in PARTS:
        (shutil.copytree if (SOURCE / part).is_dir() else shutil.copy)(SOURCE / part, folder / part)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, check=False, timeout=600)
    if done.returncode and any(code in done.stderr for code in NO_NETWORK):
        pytest.skip(f"the npm registry cannot be reached: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    run(folder, "npm", "run", "check")
    return folder


@pytest.fixture(scope="module")
def shop(project: Path) -> Path:
    """A package of a shop that has installed the client as it is published."""
    run(project, "npm", "pack")
    (archive,) = project.glob("*.tgz")
    folder = project / "shop"
    folder.mkdir()
    (folder / "package.json").write_text('{"name": "shop", "type": "module", "private": true}', encoding="utf-8")
    run(folder, "npm", "install", "--offline", "--no-audit", "--no-fund", str(archive))
    return folder


@pytest.mark.slow
def test_the_types_are_those_of_the_description(project: Path) -> None:
    """Made again they are the same."""
    run(project, "npm", "run", "types")
    again = (project / "src" / "description.ts").read_text(encoding="utf-8")
    assert again == (SOURCE / "src" / "description.ts").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_operation_is_asked_for_by_a_method(shop: Path, address: str) -> None:
    """By Node, of a running API; problems are errors, and none shows the key."""
    shutil.copy(HERE / "typescript_calls.mjs", shop)
    result = json.loads(run(shop, "node", "typescript_calls.mjs", "@upshelf/client", address, ADMIN_KEY))
    answers, failures = result["answers"], result["failures"]

    paths = json.loads((SOURCE / "openapi.json").read_text(encoding="utf-8"))["paths"]
    operations = {(method.upper(), path) for path, of in paths.items() for method in of}
    assert {(method, template(paths, path)) for method, path in result["requests"]} == operations

    assert [item["product_id"] for item in answers["popular"]["items"]] == ["p00", "p01"]
    assert answers["batch"]["answers"][1]["items"]
    assert answers["search"]["facets"]["brand"][0]["value"] == "Acme"
    assert answers["events"] == {"received": 2, "new": 2}
    assert answers["rewardBanner"]["reward"] == 1
    assert [(one["outcome"], one["reward"]) for one in answers["rewardBanners"]["rewards"]] == [
        ("repeated", 1),
        ("unknown", None),
    ]
    assert [answers[name]["changed"] for name in ("updateProduct", "updateProducts")] == [1, 1]
    assert answers["once"][0] == answers["once"][1] != answers["once"][2]
    assert answers["forYou"]["known"] is True
    assert [item["product_id"] for item in answers["history"]["items"]] == ["p05"]
    assert answers["takeOut"] == {"events": 0}
    assert answers["forget"] == {"events": 0, "impressions": 0}
    assert len(answers["members"]) == 30
    assert answers["export"] > 1_000
    assert answers["ready"]["status"] == "ready"
    assert "upshelf" in answers["metrics"]

    unknown, invalid = failures["unknown"], failures["invalid"]
    assert (unknown["is"], unknown["status"], unknown["kind"]) == ("problem", 404, "unknown-product")
    assert len(unknown["requestId"]) == 32
    assert [one["where"] for one in invalid["invalid"]] == ["query: limit"]
    assert failures["wrong"]["kind"] == "key-required"
    assert failures["unreachable"]["is"] == "unreachable"
    assert failures["members"]["kind"] == "unknown-segment"
    assert "secret" not in json.dumps([failures, result["shown"]])


def template(paths: dict[str, Any], path: str) -> str:
    """The route that an address is of; one that stands there as it is comes before those with parameters."""
    if path in paths:
        return path
    (found,) = [one for one in paths if re.fullmatch(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(one)), path)]
    return str(found)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("call", "tries"),
    [
        ("release()", 3),
        ("events([{ kind: 'visit', user_id: 'u' }])", 3),
        ("rewardBanner('home', 'i', 1)", 3),
        ("decide({ user_id: 'u1' })", 3),
        ("decide({ slot: 'home' })", 1),
        ("selectBanner('home')", 1),
        ("members('persuadable').next()", 3),
    ],
)
def test_tries_are_bounded(shop: Path, call: str, tries: int) -> None:
    """So many again as were asked for, each after what the answer says; a call that counts twice is made once."""
    busy = b'{"type": "/problems/busy", "detail": "d"}'
    with answering_with(503, busy, headers={"retry-after": "0"}) as (address, asked):
        assert ended(shop, f"new Client('{address}', {{ retries: 2 }}).{call}").startswith("ProblemError: 503 busy: d")
        assert len(asked) == tries


@pytest.mark.slow
def test_answers_of_others_are_told_from_the_apis(shop: Path) -> None:
    """A page instead of JSON, an error without a document, a long wait, a list of members cut short, silence."""
    with answering_with(200, b"<html>", headers={}) as (address, _):
        assert ended(shop, f"new Client('{address}').release()").startswith("UnreadableError")
    with answering_with(502, b"<html>", headers={"x-request-id": "r"}) as (address, _):
        assert ended(shop, f"new Client('{address}').ready()") == "ProblemError: 502 error: Bad Gateway (request r)"
    with answering_with(429, b"{}", headers={"retry-after": "3600"}) as (address, asked):
        assert ended(shop, f"new Client('{address}').release()").startswith("ProblemError: 429")
        assert len(asked) == 1
    with answering_with(200, b'{"user_id": "u"}\n', headers={"content-length": "100"}) as (address, _):
        all_of_them = f"(async () => {{ for await (const _ of new Client('{address}').members('s')); }})()"
        assert ended(shop, all_of_them).startswith("UnreachableError")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        call = f"new Client('http://127.0.0.1:{silent.getsockname()[1]}', {{ timeoutSeconds: 0.2 }}).release()"
        assert ended(shop, call) == "UnreachableError: GET /v1/release: TimeoutError: no answer within 0.2 s"


def ended(shop: Path, call: str) -> str:
    """What a call of the client was refused with."""
    script = f"const {{ Client }} = await import('@upshelf/client'); await {call}.catch((e) => console.log(String(e)));"
    return run(shop, "node", "--input-type=module", "--eval", script).strip()


BLOCKS = [block for block in blocks() if block.language == "ts"]


@pytest.mark.slow
@pytest.mark.parametrize("block", BLOCKS, ids=map(str, BLOCKS))
def test_blocks_of_the_docs_run(shop: Path, project: Path, address: str, block: Block) -> None:
    """Compiled strictly by a shop that has the package, and run against a running API; each prints something."""
    text = block.text.replace("http://localhost:8000", address).replace("P0001", "p03").replace("home_top", "home")
    (shop / "block.ts").write_text(text, encoding="utf-8")
    compiler = str(project / "node_modules" / ".bin" / "tsc")
    run(shop, compiler, "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom", "block.ts")
    script = "process.env.UPSHELF_API_KEY = process.argv[1]; await import('./block.js');"
    assert run(shop, "node", "--input-type=module", "--eval", script, ADMIN_KEY)
