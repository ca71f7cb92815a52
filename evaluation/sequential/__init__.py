"""Experiments that may be looked at as often as one likes: confidence sequences, sample ratios, power, decisions."""
