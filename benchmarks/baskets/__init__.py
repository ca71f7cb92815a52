"""Bought together on a public year of orders, beside peers."""
