"""Rules: what the release has, and drafts that are tried on its lists before they are put into the shop's file."""
