"""Search by meaning: the index of vectors and the adapter that bends queries towards behaviour."""
