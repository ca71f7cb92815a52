"""The API: a thin Litestar layer that answers from one release at a time."""
