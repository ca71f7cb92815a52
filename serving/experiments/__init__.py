"""Experiments on live traffic: who gets which arm, and that it is on record."""
