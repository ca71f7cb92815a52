"""Products: the catalogue, what they can be filtered by, their kinds, numbers and texts."""
