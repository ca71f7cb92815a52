"""How models lie in memory and on disk: compressed rows, sorted keys of users, npy files."""
