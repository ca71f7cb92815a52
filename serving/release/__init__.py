"""The release that answers: followed, loaded and held for a request."""
