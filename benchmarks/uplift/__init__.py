"""Uplift on public and drawn trials, beside peers; measures and targeting."""
