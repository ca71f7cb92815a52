"""Logs to daily tables: raw, features, the catalogue, and how rows are read point in time."""
