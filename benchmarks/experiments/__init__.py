"""Experiments on the platform, looked at every day."""
