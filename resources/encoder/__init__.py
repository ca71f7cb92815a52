"""Texts to vectors: the encoder, its export from sentence-transformers, and its 8-bit form."""
