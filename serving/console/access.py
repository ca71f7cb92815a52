"""Who may use the console: an admin key once, then a signed cookie, and a token in every form.

What belongs here: sessions and their checks. What does not: the pages. A session names its key by a fingerprint, and
ends with the key, with its eight hours, or by signing out. Cookies are signed with a secret that the operational store
draws once, so that every process of an installation knows them.
"""

from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, NamedTuple

from itsdangerous import BadData, URLSafeTimedSerializer
from litestar import Request
from litestar.datastructures import Cookie

from resources.registry import Registry
from resources.store import Store
from resources.store.console_records import console_secret, record_act
from serving.http.keys import KeyRing, fingerprint
from serving.http.limits import Limits
from serving.http.problems import ProblemError
from serving.http.workers import Workers
from serving.release.second import SecondRelease

__all__ = ["PATH", "Access", "Console", "Session"]

PATH = "/console"
SESSION_COOKIE, ENTRY_COOKIE = "upshelf_console", "upshelf_console_entry"
SESSION_SECONDS = 8 * 3600
MAX_KEY_CHARS = 1_000


class Session(NamedTuple):
    """Somebody signed in, or, with an empty ``key``, somebody who is about to."""

    key: str
    """Fingerprint of the admin key."""
    csrf: str
    """Token that every form of the session carries."""

    @property
    def name(self) -> str:
        """What the audit log calls the key."""
        return f"admin {self.key[:8]}"


class Access:
    """Sign-in, sessions and tokens of one application; use from one event loop."""

    def __init__(self, keys: KeyRing, limits: Limits, store: Store, workers: Workers) -> None:
        self._keys, self._limits, self._store, self._workers = keys, limits, store, workers
        self._secret: str | None = None

    async def session(self, request: Request[Any, Any, Any]) -> Session | None:
        """The session of a request whose key is still valid, or none."""
        session = await self._read(request, SESSION_COOKIE)
        return session if session is not None and session.key in self._keys.admins() else None

    async def entry(self, request: Request[Any, Any, Any]) -> Session:
        """What a sign-in form belongs to: that of the request's cookie, or a new one."""
        return await self._read(request, ENTRY_COOKIE) or Session("", token_urlsafe(24))

    async def sign_in(self, request: Request[Any, Any, Any]) -> Session | None:
        """A new session for the form's key, or none if that is no admin key.

        Raises:
            ProblemError: 403 without the form's token; 429 for an address that tries too many keys.
        """
        await self.check_token(request, await self._read(request, ENTRY_COOKIE))
        caller = request.client.host if request.client else "unknown"
        if wait := self._limits.take(caller):
            raise ProblemError(429, "too-many-requests", f"Too many attempts; try again in {wait} s.")
        key = str((await request.form()).get("key", ""))[:MAX_KEY_CHARS].encode()
        if "admin" not in self._keys.scopes(key):
            return None
        session = Session(fingerprint(key), token_urlsafe(24))
        await self.record(session, "signed in")
        return session

    async def check_token(self, request: Request[Any, Any, Any], session: Session | None) -> None:
        """Refuse a form that did not come from a page of ``session``.

        Raises:
            ProblemError: 403.
        """
        given = (await request.form()).get("csrf", "")
        if session is None or not compare_digest(str(given).encode(), session.csrf.encode()):
            raise ProblemError(403, "no-token", "The form's token is missing or old. Open the page again and resend.")

    async def record(self, session: Session, what: str) -> None:
        """Put on record what the session did."""
        await self._workers.run("store", record_act, self._store, session.name, what)

    async def cookie(self, request: Request[Any, Any, Any], session: Session) -> Cookie:
        """The cookie that holds the session; scripts cannot read it and other sites cannot send it."""
        key = SESSION_COOKIE if session.key else ENTRY_COOKIE
        signed = (await self._signer(key)).dumps(list(session))
        text = signed if isinstance(signed, str) else signed.decode()
        return _cookie(request, key, text, SESSION_SECONDS)

    def no_cookie(self, request: Request[Any, Any, Any]) -> Cookie:
        """The cookie that ends the session in the browser."""
        return _cookie(request, SESSION_COOKIE, "", 0)

    async def _read(self, request: Request[Any, Any, Any], key: str) -> Session | None:
        text = request.cookies.get(key)
        if not text:
            return None
        try:
            name, csrf = (await self._signer(key)).loads(text, max_age=SESSION_SECONDS)
        except (BadData, ValueError, TypeError):
            return None
        return Session(str(name), str(csrf))

    async def _signer(self, purpose: str) -> URLSafeTimedSerializer:
        if self._secret is None:
            self._secret = await self._workers.run("store", console_secret, self._store)
        return URLSafeTimedSerializer(self._secret, salt=purpose)


@dataclass(frozen=True, slots=True)
class Console:
    """What pages of the console need besides the parts of the API."""

    access: Access
    registry: Registry | None
    """Where releases are promoted and rolled back; none where the API follows something else."""
    second: SecondRelease | None = None
    """Another release for people who compare; none without a registry."""


def _cookie(request: Request[Any, Any, Any], key: str, value: str, seconds: int) -> Cookie:
    is_secure = request.url.scheme == "https"
    return Cookie(key=key, value=value, path=PATH, max_age=seconds, httponly=True, samesite="strict", secure=is_secure)
