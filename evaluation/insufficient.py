"""The error of data that are in order and cannot answer: nobody responded, one arm only, nothing varies.

What belongs here: the error, which a measure or a model raises for such data and nothing else. The pipeline goes on
without what needed them (`assets.daily.models`); any other error is a fault, and fails.
"""

__all__ = ["InsufficientDataError"]


class InsufficientDataError(ValueError):
    """The data are in order, and too few or too much alike to answer; the message says what is lacking."""
