"""A backup as a file: a ZIP whose manifest names every member with its SHA-256, so that one part missing is seen."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from orchestrator.errors import BadBackup

MANIFEST: Final = "manifest.json"
_PIECE: Final = 1024 * 1024


class Manifest(BaseModel):
    """What a backup holds: the moment it shows, its schema, the columns of each table, the SHA-256 of each member."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    version: str
    revision: str
    made_at: AwareDatetime
    columns: dict[str, list[str]]
    sha256: dict[str, str]


class BackupWriter:
    """Writes a backup beside its place; it is there whole, or not at all."""

    def __init__(self, file: Path) -> None:
        self._file, self._draft = file, file.with_name(f"{file.name}.partial")
        descriptor = os.open(self._draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)  # it names people
        self._stream = os.fdopen(descriptor, "wb")
        self._zip = zipfile.ZipFile(self._stream, "w", zipfile.ZIP_DEFLATED, compresslevel=6)
        self.sha256: dict[str, str] = {}

    def add(self, name: str, pieces: Iterable[bytes]) -> None:
        """Write a member."""
        digest = hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as member:
            for piece in pieces:
                digest.update(piece)
                member.write(piece)
        self.sha256[name] = digest.hexdigest()

    def finish(self, manifest: Manifest) -> None:
        """Write the manifest, and put the file into its place once the disk has it."""
        self._zip.writestr(MANIFEST, manifest.model_dump_json())
        self._zip.close()
        self._stream.flush()
        os.fsync(self._stream.fileno())
        self._stream.close()
        self._draft.replace(self._file)

    def discard(self) -> None:
        """Remove what was written."""
        with suppress(OSError, ValueError):
            self._zip.close()
        self._stream.close()
        self._draft.unlink(missing_ok=True)


class BackupReader:
    """Reads a backup; raises BadBackup for a file that is none, is not whole or was changed."""

    def __init__(self, file: Path) -> None:
        try:
            self._zip = zipfile.ZipFile(file)
            self.manifest = Manifest.model_validate_json(self._zip.read(MANIFEST))
        except OSError as err:
            raise BadBackup(f"{file} cannot be read: {err.strerror}") from err
        except (zipfile.BadZipFile, KeyError, EOFError) as err:
            raise BadBackup(f"{file} is no backup, or not the whole of one") from err
        except ValidationError as err:
            raise BadBackup(f"{file} is a backup of another kind: a newer version may have written it") from err
        self._name = file

    def check(self) -> None:
        """Read every member to its end; raise BadBackup for the first that is not as it was written."""
        if {*self._zip.namelist()} != {*self.manifest.sha256, MANIFEST}:
            raise BadBackup(f"{self._name} lacks parts, or has some that are not its own")
        for name, sha256 in self.manifest.sha256.items():
            digest = hashlib.sha256()
            for piece in self.read(name):
                digest.update(piece)
            if digest.hexdigest() != sha256:
                raise BadBackup(f"{self._name} is damaged: {name} is not as it was written")

    def members(self, folder: str) -> list[str]:
        """Return the names of the members in a folder."""
        return [name for name in self.manifest.sha256 if name.startswith(f"{folder}/")]

    def read(self, name: str) -> Iterator[bytes]:
        """Yield a member in pieces."""
        try:
            with self._zip.open(name) as member:
                while piece := member.read(_PIECE):
                    yield piece
        except (zipfile.BadZipFile, EOFError, OSError, ValueError) as err:
            raise BadBackup(f"{self._name} is damaged: {name} cannot be read") from err

    def close(self) -> None:
        """Close the file."""
        self._zip.close()
