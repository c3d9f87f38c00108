"""A database whose schema is that of an older release, to be brought to today's with rows in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url

import orchestrator.store.sql.migrate as migrations
from tests.support.databases import clone_database, drop_database


@contextmanager
def database_at(server_url: str, revision: str, *, name: str) -> Iterator[str]:
    """Return the address of a database at this revision, removed at the end of the block."""
    empty = make_url(server_url).set(database="template1").render_as_string(hide_password=False)
    url = clone_database(empty, name)
    try:
        _move(command.upgrade, url, revision)
        yield url
    finally:
        drop_database(url)


def downgrade_to(url: str, revision: str) -> None:
    """Bring a database back to the schema of an older revision."""
    _move(command.downgrade, url, revision)


def _move(command_of: Callable[[Config, str], object], url: str, revision: str) -> None:
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent / "migrations"))
    with engine.begin() as tx:
        config.attributes["connection"] = tx
        command_of(config, revision)
    engine.dispose()
