"""Whom to contact with which arm under one budget, and what strategies would earn."""
