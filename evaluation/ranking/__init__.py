"""How good lists are: hits, ranks, gains, coverage and diversity."""
