"""Code that numba compiles and more than one model uses, and where its machine code is kept."""
