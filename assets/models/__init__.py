"""What the assets fit and serving answers with: one idea a file, nothing of the platform (no dagster, no resources)."""
