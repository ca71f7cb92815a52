"""The error of every source."""

from collections.abc import Sequence

__all__ = ["SourceError"]


class SourceError(RuntimeError):
    """A source that cannot be read; the message names where, what is wrong and the remedy."""

    def __init__(
        self,
        where: str,
        what: str,
        remedy: str,
        *,
        yielded: Sequence[str] = (),
        may_pass: bool = False,
        read_again: bool = False,
    ) -> None:
        """``yielded`` are the columns that the query has, where the time column is not among them.

        ``may_pass``: by asking again a little later, as a server that is being started does. ``read_again``: a file
        turned out to be unreadable after rows had been yielded; read from the beginning, it is left out.
        """
        self.what, self.remedy, self.yielded = what.strip().rstrip("."), remedy, yielded
        self.may_pass, self.read_again = may_pass, read_again
        super().__init__(f"{where}: {self.what}{'' if self.what.endswith('?') else '.'} {remedy}")
