"""Policies: what decides with which probability each banner of a slot is shown; one a file, pure, without a clock."""
