"""What a policy would have earned, from logs of another."""
