"""Why an asset cannot be had."""

__all__ = ["Unavailable"]


class Unavailable(Exception):  # noqa: N818  # a state that is reported, not an error
    """What an asset would be made of is not there; the message is the reason that users read."""

    def __init__(self, reason: str, *, expected: bool = False) -> None:
        """Give the reason.

        Args:
            reason: In words.
            expected: Whether it is right that there is none, such as of a model that lost its trial: a release that
                lacks it is no worse.
        """
        super().__init__(reason)
        self.expected = expected
