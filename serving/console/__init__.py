"""The console: what a release holds and does, as pages for people, behind an admin key."""
