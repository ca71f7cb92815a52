"""For campaign systems: decisions, scores, segments, ROI and events."""
