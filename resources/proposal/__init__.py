"""A ``shop.toml`` proposed from what a database or a folder of files holds."""
