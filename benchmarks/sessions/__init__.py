"""Next items of public click sessions: accuracy and latency."""
