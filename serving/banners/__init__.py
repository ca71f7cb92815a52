"""Banners: which one to show, and what came of it."""
