"""Intervals by resampling, and corrections for many tests."""
