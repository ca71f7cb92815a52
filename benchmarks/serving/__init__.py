"""What the API answers from, at size: lookups and reloads."""
