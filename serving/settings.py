"""How the API runs: the environment, read once, as one frozen typed object.

What belongs here: address, keys, limits and intervals of the API. What does not: where the lake, the registry and
the store are (`resources.settings`).
"""

import ipaddress
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, get_args

from resources.settings import Settings

__all__ = ["KeyScope", "LogFormat", "ServingSettings", "SettingsError", "keys_of_file"]

KeyScope = Literal["storefront", "campaigns", "admin"]
"""Whom a key is for; ``admin`` may do everything."""
LogFormat = Literal["text", "json"]
"""Lines for people, or for machines with one a request."""
_MAX_WORKERS = 64
_LEAST_HUNG_SECONDS = 3.0
_ORIGIN = re.compile(r"https?://[a-z0-9.\-\[\]:]+")
_DIGEST = re.compile(r"[0-9a-f]{64}")


class SettingsError(ValueError):
    """A setting that cannot be used; the message names the variable, the rule and the remedy."""


@dataclass(frozen=True)
class ServingSettings:
    """Settings of one API process. Keys and addresses that may hold a password are left out of ``repr``."""

    cache: Path
    """UPSHELF_SERVING_CACHE: folder of copies of releases, of each container its own (default ``<home>/serving``)."""
    store_url: str = field(repr=False)
    """UPSHELF_STORE_URL, as in `resources.settings`."""
    host: str = "127.0.0.1"
    """UPSHELF_HOST: address to listen on."""
    port: int = 8000
    """UPSHELF_PORT: port to listen on."""
    workers: int = 1
    """UPSHELF_WORKERS: processes that answer on the port."""
    hung_seconds: float = 30.0
    """UPSHELF_HUNG_SECONDS: of several workers one whose event loop stands still for so long is replaced."""
    poll_seconds: float = 5.0
    """UPSHELF_POLL_SECONDS: how often the champion is looked up."""
    retry_seconds: float = 30.0
    """UPSHELF_RETRY_SECONDS: first wait before a release that failed to load is tried again; doubles each time."""
    keys: tuple[tuple[KeyScope, bytes], ...] = field(default=(), repr=False)
    """UPSHELF_API_KEYS: ``scope:sha256hex,…``, several a scope: digests, never keys (default: none, loopback only)."""
    keys_file: Path | None = None
    """UPSHELF_API_KEYS_FILE: a file of such pairs, one a line, that is read again when it changes."""
    console: bool = False
    """UPSHELF_CONSOLE: ``1`` serves the console under ``/console``, which asks for an admin key (default 0)."""
    origins: tuple[str, ...] = ()
    """UPSHELF_CORS_ORIGINS: ``https://shop.example,…``, whose pages may call the API from a browser."""
    rate_per_second: float = 50.0
    """UPSHELF_RATE_PER_SECOND: requests a second that a key (without keys: an address) may keep up; 0: no limit."""
    burst: int = 100
    """UPSHELF_RATE_BURST: requests that may come at once."""
    late_days: int = 2
    """``late_days`` of the shop: how old an event may be that is still read."""
    pseudonym_key: str | None = field(default=None, repr=False)
    """UPSHELF_PSEUDONYM_KEY, as in `resources.settings`."""
    search_seconds: float = 0.5
    """UPSHELF_SEARCH_SECONDS: how long a search may wait for its vector; then words alone answer, and say so."""
    max_body_bytes: int = 1_000_000
    """UPSHELF_MAX_BODY_BYTES: a larger request body is refused with 413."""
    log_format: LogFormat = "text"
    """UPSHELF_LOG_FORMAT: ``json`` writes a line for each request, ``text`` none."""
    otlp_endpoint: str | None = None
    """OTEL_EXPORTER_OTLP_ENDPOINT: collector that is sent a span for each request (default: none is made)."""

    def __post_init__(self) -> None:
        if self.is_development and not _is_loopback(self.host):
            raise SettingsError(
                f"UPSHELF_HOST is {self.host!r}, which others can reach, and UPSHELF_API_KEYS is empty. Set "
                "UPSHELF_API_KEYS to scope:sha256hex pairs, or listen on 127.0.0.1 for development."
            )
        if not 0 < self.port < 65_536:
            raise SettingsError(f"UPSHELF_PORT is {self.port}: ports run from 1 to 65535.")
        if not 1 <= self.workers <= _MAX_WORKERS:
            raise SettingsError(f"UPSHELF_WORKERS is {self.workers}: give 1 to {_MAX_WORKERS}, about one a core.")
        if self.hung_seconds < _LEAST_HUNG_SECONDS:
            raise SettingsError(
                f"UPSHELF_HUNG_SECONDS is {self.hung_seconds:g}: give at least {_LEAST_HUNG_SECONDS:g}, as loading a "
                "release may hold a worker up for a while."
            )
        if min(self.poll_seconds, self.retry_seconds, self.search_seconds) <= 0:
            raise SettingsError(
                "UPSHELF_POLL_SECONDS, UPSHELF_RETRY_SECONDS and UPSHELF_SEARCH_SECONDS must be above 0."
            )
        if self.rate_per_second < 0 or self.burst < 1 or self.max_body_bytes < 1:
            raise SettingsError(
                "UPSHELF_RATE_PER_SECOND must be at least 0, UPSHELF_RATE_BURST and UPSHELF_MAX_BODY_BYTES at least 1."
            )

        if self.console and self.is_development:
            raise SettingsError(
                "UPSHELF_CONSOLE is 1, and there are no keys to sign in with. Set UPSHELF_API_KEYS to an admin key's "
                "admin:sha256hex, or leave UPSHELF_CONSOLE out."
            )
        if self.otlp_endpoint is not None and not _can_trace():
            raise SettingsError(
                "OTEL_EXPORTER_OTLP_ENDPOINT is set, and OpenTelemetry's exporter is not installed. Install Upshelf's "
                "extra 'otel', or leave the variable out."
            )

    @property
    def is_development(self) -> bool:
        """Without keys everything is open; only possible on a loopback address. A file that is empty opens nothing."""
        return not self.keys and self.keys_file is None

    @classmethod
    def from_env(cls, installation: Settings, env: Mapping[str, str] | None = None) -> "ServingSettings":
        """Read the settings from ``env`` (default: the process's environment).

        Raises:
            SettingsError: If a variable cannot be read, or the API would be open to others without keys.
        """
        env = os.environ if env is None else env
        settings = cls(
            cache=Path(env.get("UPSHELF_SERVING_CACHE") or installation.home / "serving"),
            store_url=installation.store_url,
            pseudonym_key=installation.pseudonym_key,
            host=env.get("UPSHELF_HOST") or cls.host,
            port=int(_number(env, "UPSHELF_PORT", cls.port)),
            workers=int(_number(env, "UPSHELF_WORKERS", cls.workers)),
            hung_seconds=_number(env, "UPSHELF_HUNG_SECONDS", cls.hung_seconds),
            poll_seconds=_number(env, "UPSHELF_POLL_SECONDS", cls.poll_seconds),
            retry_seconds=_number(env, "UPSHELF_RETRY_SECONDS", cls.retry_seconds),
            keys=_keys(env.get("UPSHELF_API_KEYS") or "", "UPSHELF_API_KEYS"),
            keys_file=Path(env["UPSHELF_API_KEYS_FILE"]) if env.get("UPSHELF_API_KEYS_FILE") else None,
            console=_switch(env, "UPSHELF_CONSOLE"),
            origins=_origins(env.get("UPSHELF_CORS_ORIGINS") or ""),
            rate_per_second=_number(env, "UPSHELF_RATE_PER_SECOND", cls.rate_per_second),
            burst=int(_number(env, "UPSHELF_RATE_BURST", cls.burst)),
            search_seconds=_number(env, "UPSHELF_SEARCH_SECONDS", cls.search_seconds),
            max_body_bytes=int(_number(env, "UPSHELF_MAX_BODY_BYTES", cls.max_body_bytes)),
            log_format=_log_format(env.get("UPSHELF_LOG_FORMAT") or cls.log_format),
            otlp_endpoint=env.get("OTEL_EXPORTER_OTLP_ENDPOINT") or None,
        )
        if settings.keys_file is not None:
            keys_of_file(settings.keys_file)  # a fault is told at the start
        return settings


def _number(env: Mapping[str, str], name: str, default: float) -> float:
    text = env.get(name)
    try:
        number = float(text) if text else default
        if not math.isfinite(number):
            raise ValueError(number)
        return number
    except ValueError as error:
        raise SettingsError(f"{name} is {text!r}: give a number, or leave it out for {default}.") from error


def _switch(env: Mapping[str, str], name: str) -> bool:
    text = env.get(name) or "0"
    if text not in ("0", "1"):
        raise SettingsError(f"{name} is {text!r}: give 1 for on, or 0 or nothing for off.")
    return text == "1"


def _log_format(text: str) -> LogFormat:
    form = next((one for one in get_args(LogFormat) if one == text), None)
    if form is None:
        raise SettingsError(f"UPSHELF_LOG_FORMAT is {text!r}: give {' or '.join(get_args(LogFormat))}.")
    return form  # type: ignore[no-any-return]  # get_args knows no types


def _can_trace() -> bool:
    """Whether the packages of the extra ``otel`` are installed."""
    try:
        return find_spec("opentelemetry.exporter.otlp.proto.http") is not None
    except ModuleNotFoundError:  # not even the packages around it
        return False


def keys_of_file(path: Path) -> tuple[tuple[KeyScope, bytes], ...]:
    """The pairs of UPSHELF_API_KEYS_FILE, one a line; lines that begin with # are remarks.

    Raises:
        SettingsError: If the file cannot be read, or a line is no such pair.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"UPSHELF_API_KEYS_FILE, {path}, cannot be read: {error}") from error
    return _keys(",".join(line for line in lines if not line.lstrip().startswith("#")), "UPSHELF_API_KEYS_FILE")


def _keys(text: str, variable: str) -> tuple[tuple[KeyScope, bytes], ...]:
    """Parse ``scope:sha256hex,…`` of ``variable``; the message of an error never repeats the digest."""
    keys: list[tuple[KeyScope, bytes]] = []
    for number, pair in enumerate((p.strip() for p in text.split(",") if p.strip()), start=1):
        name, _, digest = pair.partition(":")
        scope = next((s for s in get_args(KeyScope) if s == name), None)
        if scope is None or not _DIGEST.fullmatch(digest):
            raise SettingsError(
                f"entry {number} of {variable} is not scope:sha256hex, where the scope is one of "
                f"{', '.join(get_args(KeyScope))} and the digest has 64 lower-case hex digits. Make one with: "
                'printf %s "$KEY" | sha256sum'
            )
        keys.append((scope, bytes.fromhex(digest)))
    return tuple(keys)


def _origins(text: str) -> tuple[str, ...]:
    """Parse ``https://shop.example,http://localhost:5173``, in the form in which browsers send them."""
    origins = tuple(part.strip() for part in text.split(",") if part.strip())
    for origin in origins:
        if not _ORIGIN.fullmatch(origin):
            raise SettingsError(
                f"UPSHELF_CORS_ORIGINS has {origin!r}: give origins as browsers send them, with scheme and host in "
                "small letters, a port if it is not the usual one, and no path, such as https://shop.example."
            )
    return origins


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
