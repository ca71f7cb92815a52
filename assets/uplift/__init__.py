"""The experiment, what an ad changes for each user, and the reports on both."""
