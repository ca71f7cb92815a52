"""A shop looked at before anything runs: its file, its sources, and a sample of every table."""
