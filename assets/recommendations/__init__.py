"""Recommenders of the day, and the report that measures them on held-out days."""
