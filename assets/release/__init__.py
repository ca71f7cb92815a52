"""The release: published, judged, rolled back, and old ones removed."""
