"""The outside world: sources, lake, engine, registry, operational store, embedder, shop settings."""
