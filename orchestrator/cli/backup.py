"""The commands `orchestrator backup` and `restore`: one file that outlives the machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, NamedTuple

import typer
from rich.console import Console

from orchestrator.media.capture_files import FOLDER
from orchestrator.settings import Settings, load_settings

_TIME = "%Y-%m-%d %H:%M:%S %Z"
_File = Annotated[Path, typer.Argument(help="The backup.", show_default=False)]
_Data = Annotated[
    Path | None, typer.Option("--data", help="Data folder of `orchestrator up`, instead of the stores of the settings.")
]


class _Place(NamedTuple):
    """Where an installation keeps what a backup holds."""

    database_url: str
    folders: dict[str, Path]


def add_to(app: typer.Typer) -> None:
    """Add the commands of this file to `app`."""
    app.command()(backup)
    app.command()(restore)


def backup(
    file: _File,
    *,
    data: _Data = None,
    verify: Annotated[bool, typer.Option(help="Write nothing: read the file and say whether it is whole.")] = False,
) -> None:
    """Write PostgreSQL, recordings and media into one file, while everything runs.

    The file names people: it can be read by its owner alone. Recordings in a bucket stay there, and Valkey needs no
    backup. With --verify nothing is written.
    """
    from orchestrator.operations.system.back_up import back_up
    from orchestrator.operations.system.restore_backup import check_backup

    if verify:
        manifest, told = check_backup(file), "is whole"
    else:
        place = _place(load_settings(), data)
        manifest, told = back_up(file, database_url=place.database_url, folders=place.folders), "is written"
    files = sum(not name.startswith("tables/") for name in manifest.sha256)
    holds = f"{len(manifest.columns)} tables and {files} files as of {manifest.made_at:{_TIME}}"
    Console(soft_wrap=True).print(
        f"{file} {told}: {holds}, schema {manifest.revision}, version {manifest.version}", markup=False
    )


def restore(file: _File, *, data: _Data = None) -> None:
    """Fill an empty installation from a backup; dialing stays stopped until it is resumed.

    A file that is not whole changes nothing. The database must be new, and Redis empty; with --data the folder must be.
    Who was called since the backup is not known to it: everybody is held until `orchestrator campaign release`.
    """
    from orchestrator.clock import utc_now
    from orchestrator.operations.system.restore_backup import check_backup, restore_backup
    from orchestrator.services import Services

    check_backup(file)
    settings = load_settings()
    with _empty_folder(settings, data) if data else _stores(settings) as place:
        client = None if data else Services(settings=settings).redis
        manifest = restore_backup(
            file, database_url=place.database_url, client=client, folders=place.folders, now=utc_now()
        )
    Console(soft_wrap=True).print(
        f"restored as of {manifest.made_at:{_TIME}}. All dialing is stopped, and everybody held: who was called since "
        "then is not known. Close their contacts, release the others (`orchestrator campaign release`), then "
        "`orchestrator dialing resume`",
        markup=False,
    )


def _place(settings: Settings, data: Path | None) -> _Place:
    if data is None:
        return _Place(settings.database_url, _folders(settings))
    from orchestrator.local_stack.data_folder import read_addresses

    addresses = read_addresses(data)
    return _Place(addresses["database_url"], _folders(settings, data))


def _folders(settings: Settings, data: Path | None = None) -> dict[str, Path]:
    recordings = data / "recordings" if data and not settings.recordings_dir else settings.recordings_folder
    return {"recordings": recordings, "media": (data or settings.data_dir) / FOLDER}


@contextmanager
def _stores(settings: Settings) -> Iterator[_Place]:
    yield _place(settings, None)


@contextmanager
def _empty_folder(settings: Settings, data: Path) -> Iterator[_Place]:
    """Run PostgreSQL alone on a data folder that `up` will be started on."""
    from orchestrator.errors import BadBackup
    from orchestrator.local_stack.data_folder import DataFolder
    from orchestrator.local_stack.embedded_servers import start_postgres

    if (data / "valkey").exists():
        raise BadBackup(f"{data} was used before: restore into a new folder")
    folder = DataFolder(data)
    try:
        server = start_postgres(data / "postgres")
        try:
            yield _Place(server.url, _folders(settings, data))
        finally:
            server.stop()
    finally:
        folder.close()
