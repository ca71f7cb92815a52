"""Estimators of individual effects, and what they are made of."""
