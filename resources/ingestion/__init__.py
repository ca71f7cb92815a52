"""Rows of a source to days of canonical tables: what is read, what is kept apart, what has gone or moved."""
