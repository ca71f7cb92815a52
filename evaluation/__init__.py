"""Pure measures on arrays: ranking, Qini, uplift at k, off-policy values, ROI, and their bootstrap intervals.

What belongs here: definitions with their papers, tie-safe and invariant to row order. What does not: reading
tables, fitting models, drawing pictures. `benchmarks` holds entry points that nobody imports.
"""
