"""Whether an experiment may be believed: ratios, balance, overlap, contamination, time."""
