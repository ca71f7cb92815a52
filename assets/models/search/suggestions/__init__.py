"""Completions of what a shopper types."""
