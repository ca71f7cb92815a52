"""Banners: the odds with which each is drawn in its slot, and when one may be drawn at all."""
