"""What calls of the Python client end in besides answers: problems, waits, silent servers; keys stay unseen."""

import asyncio
import json
import socket
import threading
import traceback
from pathlib import Path

import pytest
from upshelf_client import AsyncClient, Client, ProblemError, UnreachableError, UnreadableError, calls
from upshelf_client.exchange import Lines

from tests.clients.conftest import ADMIN_KEY, STOREFRONT_KEY, api_settings
from tests.clients.other_server import answering_with
from tests.serving.conftest import FolderSource
from tests.serving.server import served


def test_a_problem_says_what_to_do(address: str) -> None:
    """Status, kind, the inputs at fault, and the id that finds it in the log."""
    with Client(address, key=STOREFRONT_KEY) as api:
        with pytest.raises(ProblemError) as unknown:
            api.product("none/such")
        assert (unknown.value.status, unknown.value.kind) == (404, "unknown-product")
        assert "none/such" in unknown.value.detail
        assert len(unknown.value.request_id) == 32
        with pytest.raises(ProblemError, match=r"400 invalid-input.*limit") as invalid:
            api.popular(limit=500)
        assert [one.where for one in invalid.value.invalid] == ["query: limit"]
        with pytest.raises(ProblemError) as stale:
            api.search("lantern", release="another")
        assert (stale.value.status, stale.value.kind) == (409, "release-changed")
        with pytest.raises(ProblemError) as scope:
            next(api.members("persuadable"))
        assert (scope.value.status, scope.value.kind) == (403, "wrong-scope")


def test_the_key_comes_from_the_environment_and_is_never_shown(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not in the representation, nor in what is raised for one that is wrong or cannot be sent."""
    monkeypatch.setenv("UPSHELF_API_KEY", STOREFRONT_KEY)
    with Client(address) as api:
        assert api.popular(limit=1).items
        assert repr(api) == f"Client(URL('{address}'))"
    monkeypatch.delenv("UPSHELF_API_KEY")
    with Client(address) as api, pytest.raises(ProblemError) as missing:
        api.popular()
    assert missing.value.kind == "key-required"
    with Client(address, key="wrong-secret") as api, pytest.raises(ProblemError) as wrong:
        api.popular()
    with pytest.raises(ValueError, match="UPSHELF_API_KEY") as unsendable:
        Client(address, key="secret\nsecret")
    with (
        Client("http://127.0.0.1:1", key="hidden-secret") as api,
        pytest.raises(UnreachableError, match="GET /v1/release: ConnectError") as closed,
    ):
        api.release()
    for error in (wrong.value, unsendable.value, closed.value):
        assert "secret" not in "".join(traceback.format_exception(error)).replace("secret\\nsecret", "")  # our source
        assert "secret" not in f"{error!r}{error.__cause__!r}"


def test_a_refused_rate_is_waited_for(tmp_path: Path, plain_release: Path) -> None:
    """As long as the API says, also by a call that must not be made twice; not more often than was asked for."""
    (tmp_path / "source").mkdir()
    source = FolderSource(tmp_path / "source")
    source.promote("1", plain_release)
    settings = api_settings(tmp_path)
    with served(settings, source, rate_per_second=1) as address:
        with Client(address, key=ADMIN_KEY, retries=0) as hasty:
            with pytest.raises(ProblemError) as refused:
                [hasty.product("p00") for _ in range(settings.burst + 10)]
            assert (refused.value.status, refused.value.kind) == (429, "too-many-requests")
            assert refused.value.retry_after_seconds == 1
        with Client(address, key=ADMIN_KEY, longest_wait_seconds=0.5) as hurried, pytest.raises(ProblemError):
            hurried.product("p00")
        with Client(address, key=ADMIN_KEY) as patient:
            assert patient.select_banner("home").slot == "home"
            assert len(list(patient.members("persuadable"))) == 30

        async def asked() -> str:
            async with AsyncClient(address, key=ADMIN_KEY) as client:
                return (await client.product("p00")).product_id

        assert asyncio.run(asked()) == "p00"


def test_a_release_is_waited_for_by_what_may_be_asked_twice(tmp_path: Path, plain_release: Path) -> None:
    """A list is; a banner is not, as each selection is put on record. Health is an answer, not an error."""
    (tmp_path / "source").mkdir()
    source = FolderSource(tmp_path / "source")
    with (
        served(api_settings(tmp_path), source, awaits_release=False) as address,
        Client(address, key=ADMIN_KEY) as api,
    ):
        assert api.ready().status == "not ready"
        with pytest.raises(ProblemError) as missing:
            api.select_banner("home")
        assert (missing.value.status, missing.value.kind) == (503, "no-release")
        with pytest.raises(ProblemError), Client(address, key=ADMIN_KEY, retries=0) as hasty:
            hasty.popular()
        promoted = threading.Timer(0.5, source.promote, ("1", plain_release))
        promoted.start()
        assert api.popular(limit=1).items[0].product_id == "p00"
        promoted.join()


def test_another_programs_answers_are_told_from_the_apis() -> None:
    """A page under 200 is unreadable; an error without a document keeps its status and names the request."""
    with answering_with(200, b"<html>", headers={}) as (address, _), Client(address) as api:
        with pytest.raises(UnreadableError, match="GET /v1/release"):
            api.release()
        with pytest.raises(UnreadableError):
            next(api.members("persuadable"))
    headers = {"x-request-id": "r-1"}
    with answering_with(502, b"<html>\xff", headers=headers) as (address, asked), Client(address) as api:
        with pytest.raises(ProblemError) as error:
            api.ready()
        assert (error.value.status, error.value.kind, error.value.request_id) == (502, "", "r-1")
        assert asked == ["GET /health/ready"]


def test_tries_are_bounded() -> None:
    """So many again as were asked for, each after what the answer says; a call that counts twice is made once."""
    busy = b'{"type": "/problems/busy", "detail": "d"}'
    with answering_with(503, busy, headers={"retry-after": "0"}) as (address, asked), Client(address, retries=2) as api:
        for call, tries in (
            (calls.release(), 3),
            (calls.events([{"kind": "visit"}]), 3),
            (calls.reward_banner("home", "i", 1), 3),
            (calls.decide({"user_id": "u1"}), 3),
            (calls.decide({"slot": "home"}), 1),
            (calls.select_banner("home", {}), 1),
        ):
            asked.clear()
            with pytest.raises(ProblemError, match="503 busy: d"):
                api.send(call)
            assert len(asked) == tries, call.path


def test_silence_ends_in_time() -> None:
    """A server that takes the call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"
        with Client(address, timeout_seconds=0.2) as api, pytest.raises(UnreachableError, match="ReadTimeout"):
            api.release()


def test_members_cut_short_are_an_error() -> None:
    """A stream that ends before its length is not taken for the whole."""
    figures = ("uplift", "lower", "upper", "p_control", "p_treated", "expected_net_value")
    line = json.dumps({"user_id": "u", "best_arm": None, **dict.fromkeys(figures, 0)}).encode() + b"\n"
    with answering_with(200, line, headers={"content-length": "1000"}) as (address, _), Client(address) as api:
        members = api.members("persuadable")
        assert next(members).user_id == "u"
        with pytest.raises(UnreachableError):
            next(members)


def test_lines_end_at_line_feeds_alone() -> None:
    """Wherever the chunks are cut, and whatever else of Unicode ends lines of text."""
    text = '{"user_id":"a\u2028b\x85"}\n\n{"user_id":"c"}\r'.encode()
    for cut in range(len(text)):
        lines = Lines()
        found = [*lines.of(text[:cut]), *lines.of(text[cut:]), *lines.last()]
        assert found == [text.split(b"\n")[0], b'{"user_id":"c"}\r']
