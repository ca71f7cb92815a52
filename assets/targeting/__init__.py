"""Whom to contact: the plan under a budget and what each strategy would earn."""
