"""Writes what must outlive a lost machine into one file: PostgreSQL at one moment, recordings and media.

Valkey is left out on purpose: it is rebuilt from PostgreSQL and the carrier, and an old one would be wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from sqlalchemy import Connection, text

from orchestrator.errors import BadBackup
from orchestrator.release import installed_version
from orchestrator.store.backup_file import BackupWriter, Manifest
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.table_copies import list_columns, read_revision, read_rows
from orchestrator.store.timeouts import MIGRATING

_NOW = text("SELECT now()")
_PIECE = 1024 * 1024


def back_up(file: Path, *, database_url: str, folders: Mapping[str, Path]) -> Manifest:
    """Write a backup to `file` while everything runs, and return what it holds.

    `folders` are those whose files go along, by the name they have in the backup. Raises BadBackup for a database
    without a schema; then, and whatever else fails, there is no file.
    """
    engine = open_sql(database_url, pool_size=1, bounds=MIGRATING)
    writer = BackupWriter(file)
    try:
        with engine.connect().execution_options(isolation_level="REPEATABLE READ") as tx:
            made_at, revision = tx.execute(_NOW).scalar_one(), _revision(tx)
            columns = {table: list(names) for table, names in list_columns(tx).items()}
            for table, names in columns.items():
                writer.add(f"tables/{table}", read_rows(tx, table, names))
        for name, folder in folders.items():
            for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
                if path.is_file() and "drafts" not in path.relative_to(folder).parts:
                    writer.add(f"{name}/{path.relative_to(folder).as_posix()}", _pieces(path))
        manifest = Manifest(
            version=installed_version(), revision=revision, made_at=made_at, columns=columns, sha256=writer.sha256
        )
        writer.finish(manifest)
    except BaseException:
        writer.discard()
        raise
    finally:
        engine.dispose()
    return manifest


def _revision(tx: Connection) -> str:
    revision = read_revision(tx)
    if revision is None:
        raise BadBackup("the database has no schema yet: there is nothing to back up")
    return revision


def _pieces(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            yield piece
