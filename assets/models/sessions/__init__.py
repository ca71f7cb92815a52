"""What to look at next: candidates from past sessions and their ranking."""
