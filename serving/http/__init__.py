"""What any HTTP service needs: the gate, keys, limits, problems, description and workers."""
