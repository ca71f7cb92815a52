"""Where Uplift@K is imported from elsewhere; it lives in `evaluation.uplift.uplift_at_k`."""

from evaluation.uplift.uplift_at_k import uplift_at_k

__all__ = ["uplift_at_k"]
