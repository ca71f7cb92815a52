"""What the demo shows at its end: every endpoint called, the answers told for a person."""

import sqlite3  # noqa: F401
