"""Where the Qini curve and coefficient are imported from elsewhere; they live in `evaluation.uplift.qini`."""

from evaluation.uplift.qini import qini_coefficient, qini_curve

__all__ = ["qini_coefficient", "qini_curve"]
