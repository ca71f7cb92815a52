"""Bodies read as they are declared: no number is taken for a truth value, and no text for a number.

``950.0`` is an integer, as JSON Schema, and so the API's description, has it.

What belongs here: decoding. What a body may be stands with its struct (`serving.requests`).
"""

import re
from functools import cache
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import InternalServerException, ValidationException

from serving.http.problems import ProblemError

__all__ = ["StrictRequest"]

_FLOAT = "got `float`"
_LARGEST = 2**53
_PLACE = re.compile(r"^(?P<rule>.*?)(?: - at `\$\.?(?P<place>.*)`)?$", re.DOTALL)

_FIELD = re.compile(r"(?:unknown|required) field `(.*)`", re.DOTALL)


class StrictRequest(Request[Any, Any, Any]):
    """A request whose JSON is decoded into the struct that its route asks for, in one pass."""

    async def body(self) -> bytes:
        """The bytes of the body.

        Raises:
            ProblemError: 400 if the client went away before it had sent all of it.
        """
        try:
            return await super().body()
        except InternalServerException as error:  # what Litestar makes of a client that is gone
            raise ProblemError(400, "incomplete-body", "The body ended before it was whole.") from error

    async def json(self) -> Any:  # noqa: ANN401  # whatever the route asks for
        """The body.

        Raises:
            ValidationException: If it is no JSON, or breaks a rule, with the place and the rule.
        """
        field = self.route_handler.parsed_data_field
        if field is None:
            return await super().json()
        decoder, body = _decoder(field.annotation), await self.body()
        try:
            try:
                return decoder.decode(body)
            except msgspec.ValidationError as error:
                if _FLOAT not in str(error):
                    raise
                return decoder.decode(msgspec.json.encode(_whole(msgspec.json.decode(body))))
        except (msgspec.ValidationError, msgspec.DecodeError) as error:
            found = _PLACE.match(str(error))
            rule, place = (str(error), None) if found is None else found.group("rule", "place")
            # A field that is missing, or is none, has no place of its own: it is named in the rule.
            named = _FIELD.search(rule)
            key = ".".join(part for part in (place, named and named[1]) if part)
            wrong = {"message": rule, "key": key, "source": "body"}
            raise ValidationException("the body breaks a rule", extra=[wrong]) from error


def _whole(value: Any) -> Any:  # noqa: ANN401  # any JSON value
    """The same with whole floats as the integers that they are, as far as floats tell integers apart."""
    if isinstance(value, dict):
        return {key: _whole(of) for key, of in value.items()}
    if isinstance(value, list):
        return [_whole(of) for of in value]
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) <= _LARGEST
    return int(value) if is_whole else value


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    return msgspec.json.Decoder(kind)
