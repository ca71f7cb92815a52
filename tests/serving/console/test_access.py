"""Who may use the console: a key, a session, a token in every form."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from serving.console.access import ENTRY_COOKIE, SESSION_COOKIE
from serving.settings import ServingSettings, SettingsError
from tests.serving.console.conftest import KEYS, Client, sign_in, token_of

PAGES = ("/console", "/console/overview/log.csv", "/console/releases/1")


@pytest.mark.parametrize("page", PAGES)
def test_without_a_session_every_page_is_the_sign_in_form(stranger: Client, page: str) -> None:
    """401 with a form that leads on to the page, and nothing of the shop."""
    answer = stranger.get(page)
    assert answer.status_code == 401
    assert f'name="onward" value="{page}"' in answer.text
    assert "p00" not in answer.text


def test_a_key_of_another_scope_and_no_key_at_all_are_refused(stranger: Client) -> None:
    """403, and no session."""
    for key in (KEYS["campaigns"], "guess", ""):
        answer = sign_in(stranger, key)
        assert answer.status_code == 403
        assert "This is no admin key." in answer.text
        assert SESSION_COOKIE not in stranger.cookies
    assert stranger.get("/console").status_code == 401


def test_an_admin_key_opens_a_session_and_goes_on_to_the_page(stranger: Client) -> None:
    """The cookie is for this console alone, out of reach of scripts and other sites, and does not hold the key."""
    answer = sign_in(stranger, onward="/console/overview/log.csv?a=1")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/overview/log.csv?a=1")
    cookie = next(c for c in answer.headers.get_list("set-cookie") if c.startswith(f"{SESSION_COOKIE}="))
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/console" in cookie
    assert KEYS["admin"] not in cookie
    assert stranger.get("/console").status_code == 200


@pytest.mark.parametrize(
    "onward", ["https://evil.example", "//evil.example", "/consolation", "/console/\\evil", "/console/\n", ""]
)
def test_a_sign_in_never_leads_out_of_the_console(stranger: Client, onward: str) -> None:
    """Whatever the form says, the redirect goes to the overview."""
    assert sign_in(stranger, onward=onward).headers["location"] == "/console"


def test_a_sign_in_form_needs_the_token_of_its_own_cookie(stranger: Client) -> None:
    """403 without a token, with another one, and without the cookie that it belongs to."""
    token = token_of(stranger.get("/console").text)
    for given in ({}, {"csrf": token + "x"}):
        answer = stranger.post("/console/sign-in", data={"key": KEYS["admin"], **given}, follow_redirects=False)
        assert answer.status_code == 403
    stranger.cookies.delete(ENTRY_COOKIE)
    answer = stranger.post("/console/sign-in", data={"key": KEYS["admin"], "csrf": token}, follow_redirects=False)
    assert answer.status_code == 403


def test_a_forged_cookie_and_one_of_the_sign_in_form_open_nothing(stranger: Client) -> None:
    """What signs the one cookie is not what signs the other."""
    stranger.get("/console")
    stranger.cookies.set(SESSION_COOKIE, str(stranger.cookies[ENTRY_COOKIE]), path="/console")
    assert stranger.get("/console").status_code == 401
    stranger.cookies.set(SESSION_COOKIE, "WyJhIiwiYiJd.x.y", path="/console")
    assert stranger.get("/console").status_code == 401


def test_a_form_without_its_token_is_refused(console: Client) -> None:
    """403, and nothing has happened."""
    for form in ({}, {"csrf": "wrong"}):
        assert console.post("/console/sign-out", data=form, follow_redirects=False).status_code == 403
    assert console.post("/console/releases/1", data={"confirmed": "yes"}).status_code == 403
    assert console.get("/console").status_code == 200


def test_signing_out_ends_the_session(stranger: Client) -> None:
    """The browser gives up its cookie."""
    sign_in(stranger)
    form = {"csrf": token_of(stranger.get("/console").text)}
    assert stranger.post("/console/sign-out", data=form, follow_redirects=False).status_code == 303
    assert stranger.get("/console").status_code == 401


def test_a_key_that_is_taken_away_ends_its_sessions(
    answering: Callable[..., Any],
    console_settings: ServingSettings,
    promote: Callable[[str, Path], None],
    source: Any,  # noqa: ANN401
    plain_release: Path,
    wait_for: Callable[..., None],
    tmp_path: Path,
) -> None:
    """A session is as good as its key is now."""
    keys, other = tmp_path / "keys", "0" * 64
    ((_, digest), _) = console_settings.keys
    keys.write_text(f"admin:{digest.hex()}\n")
    promote("1", plain_release)
    with answering(replace(console_settings, keys=(), keys_file=keys), source) as client:
        sign_in(client)
        assert client.get("/console").status_code == 200
        keys.write_text(f"admin:{other}\n")
        wait_for(lambda: client.get("/console").status_code == 401, "the key to go")


def test_tries_of_keys_are_limited(
    answering: Callable[..., Any],
    console_settings: ServingSettings,
    promote: Callable[[str, Path], None],
    source: Any,  # noqa: ANN401
    plain_release: Path,
) -> None:
    """Each wrong key costs its address a token."""
    promote("1", plain_release)
    with answering(replace(console_settings, rate_per_second=0.001, burst=3), source) as client:
        assert [sign_in(client, "guess").status_code for _ in range(5)] == [403, 403, 403, 429, 429]


def test_there_is_no_console_unless_it_is_turned_on(client: Client) -> None:
    """By default there is no such address."""
    assert client.get("/console").status_code == 404


def test_a_console_without_keys_is_refused_at_the_start(settings: ServingSettings) -> None:
    """There would be nothing to sign in with."""
    with pytest.raises(SettingsError, match="UPSHELF_CONSOLE"):
        replace(settings, console=True)


def test_no_page_runs_or_loads_what_is_not_ours(console: Client) -> None:
    """The policy allows no inline script or style, and the two files name no other address."""
    answer = console.get("/console")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["cache-control"] == "no-store"
    for name in ("console.css", "suggest.js"):
        file = console.get(f"/console/static/{name}")
        assert file.status_code == 200
        assert not re.search(r"https?://|@import|url\(", file.text)
    assert console.get("/console/static/other.css").status_code == 400
