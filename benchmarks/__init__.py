"""Entry points that measure the product on real data: ``python -m benchmarks.<name>``."""
