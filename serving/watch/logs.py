"""What the log looks like: lines of text, or of JSON with a line a request.

What belongs here: the two forms, and what a line says. No line holds a path, a query, a body or an address.
"""

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from serving.settings import LogFormat
from serving.watch.answered import Answered, Ending, Headers

__all__ = ["FIELDS", "JsonLines", "RequestLog", "configure"]

FIELDS: Final = "fields"
"""Name under which a record's ``extra`` holds what a line of JSON says besides its message."""
_log = logging.getLogger("serving.requests")


def configure(form: LogFormat, *, name_process: bool) -> None:
    """Log to the standard error output.

    Args:
        form: What lines look like.
        name_process: Whether a line of text names its process; one of JSON always does.
    """
    process = " [%(process)d]" if name_process else ""
    text = logging.Formatter(f"%(asctime)s{process} %(levelname)s %(name)s %(message)s")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class JsonLines(logging.Formatter):
    """A record as one line of JSON: time (UTC), level, logger, process, message, its fields, and its traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; what is no JSON is told as text."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "process": record.process,
            "message": record.getMessage(),
            **getattr(record, FIELDS, {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


class RequestLog:
    """Writes a line for each request that was answered."""

    def begin(self, headers: Headers) -> Ending:
        """Nothing is written before the end."""
        del headers
        return self._write

    def close(self) -> None:
        """Nothing is held back."""

    def _write(self, told: Answered) -> None:
        fields = {
            "request_id": told.request_id,
            "method": told.method,
            "route": told.route,
            "status": told.status,
            "duration_ms": round(told.seconds * 1_000, 3),
            "release": told.release,
        }
        _log.info("request", extra={FIELDS: fields})
