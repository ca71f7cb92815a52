"""A connection to MySQL or MariaDB from a URI, and which of its errors pass.

What belongs here: the URI, the session and the driver's errors. What does not: queries
(`resources.sources.mysql.source`).
"""

from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote, urlsplit

if TYPE_CHECKING:
    from pymysql.connections import Connection

__all__ = ["UnusableURIError", "arguments", "begun", "may_pass", "said"]

SCHEMES = ("mysql", "mariadb", "mysql+pymysql", "mariadb+pymysql")
OPTIONS = ("ssl_ca", "ssl_cert", "ssl_key", "unix_socket")
"""What may stand behind the question mark of a URI."""
SESSION = (
    "SET SESSION time_zone = '+00:00', net_write_timeout = 3600, "
    "sql_mode = REPLACE(REPLACE(@@sql_mode, 'NO_ZERO_IN_DATE', ''), 'NO_ZERO_DATE', '')"
)
"""UTC; an hour for the reader to take the next rows (60 s by default); zero dates are rows that can be looked at."""
CONNECT_SECONDS, SILENCE_SECONDS = 10, 3_600
"""How long to wait for the server to answer, and for the next bytes of an answer."""
PASSING = (1040, 1053, 1203, 1205, 1213, 1226, 1927, 2002, 2003, 2006, 2013)
"""Numbers of errors that pass: too many connections, shutdown, lock wait, deadlock, killed, unreachable, lost."""


class UnusableURIError(ValueError):
    """A URI that is none of MySQL, or that the driver cannot use as it is; the message does not quote it."""


def begun(uri: str) -> "Connection":
    """A connection in a read-only transaction that sees one state of the database, whose session is in UTC.

    Every value arrives as text, or bytes where the column has no character set.

    Raises:
        UnusableURIError: If ``uri`` is none such as ``mysql://user:password@host:3306/database``.
        pymysql.MySQLError: If the server cannot be reached, or refuses.
    """
    import pymysql
    from pymysql.converters import encoders

    connection = pymysql.connect(
        **arguments(uri),
        charset="utf8mb4",
        conv=dict(encoders),
        init_command=SESSION,
        connect_timeout=CONNECT_SECONDS,
        read_timeout=SILENCE_SECONDS,
        write_timeout=SILENCE_SECONDS,
    )
    try:
        with connection.cursor() as cursor:
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
    except BaseException:
        connection.close()
        raise
    return connection


def arguments(uri: str) -> "dict[str, str | int | bool]":
    """What the driver takes, from a URI."""
    shape = "mysql://user:password@host:3306/database"
    try:
        parts = urlsplit(uri)
        port = parts.port or 3306
    except ValueError as error:
        raise UnusableURIError(f"it holds no URI such as {shape}") from error
    if parts.scheme not in SCHEMES or not parts.path.strip("/"):
        raise UnusableURIError(f"it holds no URI such as {shape}")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := sorted(set(options) - set(OPTIONS)):
        raise UnusableURIError(f"its URI has the option {unknown[0]!r}; it may have {', '.join(OPTIONS)}")
    verified = {"ssl_verify_cert": True, "ssl_verify_identity": True} if "ssl_ca" in options else {}
    return {
        "host": parts.hostname or "localhost",
        "port": port,
        "user": unquote(parts.username or ""),
        "password": unquote(parts.password or ""),
        "database": unquote(parts.path.strip("/")),
        **options,
        **verified,
    }


def said(error: Exception) -> str:
    """The server's words, without the driver's number before them."""
    return str(error.args[1]) if len(error.args) > 1 else str(error)


def may_pass(error: Exception) -> bool:
    """Whether the server could not be reached, is stopping, is full, or had to end this transaction."""
    return bool(error.args) and error.args[0] in PASSING
