"""Experiments on live traffic: who gets which arm, that it is on record, and what is told of each."""
