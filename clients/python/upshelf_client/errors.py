"""What a call may end in besides its answer.

What belongs here: errors, none of which ever holds the key. When a call is made again is `upshelf_client.exchange`.
"""

from msgspec import Struct

__all__ = ["Invalid", "ProblemError", "UnreachableError", "UnreadableError", "UpshelfError"]


class Invalid(Struct, frozen=True):
    """One input that breaks a rule: where it stands and the rule."""

    where: str
    rule: str


class UpshelfError(Exception):
    """Any failure of a call."""


class UnreachableError(UpshelfError):
    """No answer came, or not in time; whether the API has seen the call is not known."""


class UnreadableError(UpshelfError):
    """An answer came that is none of this API's, such as a page of another program at the address."""


class ProblemError(UpshelfError):
    """The API answered that it cannot: a problem document (RFC 9457).

    Attributes:
        status: HTTP status, such as 404.
        kind: Stable word for what is wrong, such as ``unknown-product``; empty where the answer is no problem document.
        detail: What is wrong and what to do.
        invalid: The inputs that break a rule.
        request_id: What finds the request in the API's log.
        retry_after_seconds: When it makes sense to ask again; none where the API does not say.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        *,
        invalid: tuple[Invalid, ...] = (),
        request_id: str = "",
        retry_after_seconds: float | None = None,
    ) -> None:
        broken = "".join(f" {one.where}: {one.rule}." for one in invalid)
        super().__init__(f"{status} {kind or 'error'}: {detail}{broken} (request {request_id or 'unknown'})")
        self.status = status
        self.kind = kind
        self.detail = detail
        self.invalid = invalid
        self.request_id = request_id
        self.retry_after_seconds = retry_after_seconds
