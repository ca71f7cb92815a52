"""Whom an ad changes: learners, their blend, segments, and plans under a budget."""
