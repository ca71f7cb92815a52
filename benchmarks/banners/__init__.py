"""Banners: regret of the policies on drawn shoppers, beside peers, and the time that a selection takes."""
