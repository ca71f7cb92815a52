"""Words of any text: how they are cut, folded, measured and kept in order. Knows nothing of products."""
