"""How many equal rows weighted ones are worth."""

from evaluation.arrays import Floats

__all__ = ["effective_sample_size"]


def effective_sample_size(weights: Floats) -> float:
    """Kish's (Σw)² / Σw²: how many equally weighted rows the weighted ones are worth, in [0, n]."""
    square = float((weights**2).sum())
    return float(weights.sum() ** 2 / square) if square else 0.0
