"""The error of every source."""

from collections.abc import Sequence

__all__ = ["SourceError"]


class SourceError(RuntimeError):
    """A source that cannot be read; the message names where, what is wrong and the remedy."""

    def __init__(
        self, where: str, what: str, remedy: str, *, yielded: Sequence[str] = (), may_pass: bool = False
    ) -> None:
        """``yielded`` are the columns that the query has, where the time column is not among them.

        ``may_pass``: by asking again a little later, as a server that is being started does.
        """
        self.what, self.remedy, self.yielded, self.may_pass = what.strip().rstrip("."), remedy, yielded, may_pass
        super().__init__(f"{where}: {self.what}{'' if self.what.endswith('?') else '.'} {remedy}")
