"""A store on each of its databases."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from resources.store import Store


@pytest.fixture(scope="module")
def postgres_url(postgres_uri: str) -> str:
    """The real PostgreSQL as SQLAlchemy writes it."""
    return postgres_uri.replace("postgresql://", "postgresql+psycopg2://")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """An empty store on each database."""
    if request.param == "sqlite":
        made = Store(f"sqlite:///{tmp_path / 'sub' / 'store.db'}")
    else:
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(
                sa.text("DROP TABLE IF EXISTS banner_impressions, banner_counts, early_rewards, feedback_events")
            )
        engine.dispose()
        made = Store(url)
    yield made
    made.close()
