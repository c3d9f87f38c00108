"""The data folder of a stack; its lock allows one stack at a time."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, SecretStr

from orchestrator.errors import Misconfigured

SIMULATOR = "simulator"
_RIGHTS_OF_OTHERS = 0o077
_NO_CONTENTS = ("lock", "logs", "demo")  # `demo` is the data folder that `orchestrator demo` keeps within this one


class Binding(BaseModel):
    """The carrier account that made the calls in the folder's ledger."""

    model_config = ConfigDict(frozen=True)

    base_url: str
    connection_id: str

    def __str__(self) -> str:
        """Return the carrier in the words of the settings."""
        return f"{self.base_url} (connection {self.connection_id})"


class DataFolder:
    """A locked data folder; the lock ends with `close` or with the process, whatever ends it."""

    def __init__(self, path: Path) -> None:
        """Create the folder if needed, restrict its permissions and lock it.

        Raise Misconfigured, saying what to do, if it is in use, cannot be written or holds something else.
        """
        self.path = path.resolve()
        try:
            self._take()
        except OSError as err:
            raise Misconfigured(
                f"{self.path} cannot be the data folder ({err.strerror}): mend that, or choose another with --data"
            ) from err

    def _take(self) -> None:
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._keep_others_out()
        self._lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            owner = os.pread(self._lock, 32, 0).decode().strip()
            os.close(self._lock)
            raise Misconfigured(
                f"{self.path} is in use by process {owner}: stop that one, or choose another folder with --data"
            ) from err
        try:
            os.ftruncate(self._lock, 0)
            os.pwrite(self._lock, str(os.getpid()).encode(), 0)
        except OSError:
            os.close(self._lock)
            raise

    def _keep_others_out(self) -> None:
        """Remove the permissions of other users; raise Misconfigured if the folder also holds foreign files."""
        if not stat.S_IMODE(self.path.stat().st_mode) & _RIGHTS_OF_OTHERS:
            return
        if not self._holds_stack_data():
            raise Misconfigured(
                f"{self.path} is open to other users and holds other things than a stack's data: "
                "choose another folder with --data, or `chmod 700` this one"
            )
        self.path.chmod(0o700)

    def close(self) -> None:
        """Release the lock."""
        os.close(self._lock)

    @property
    def logs(self) -> Path:
        """Return the folder of the log files, one per program."""
        folder = self.path / "logs"
        folder.mkdir(exist_ok=True, mode=0o700)
        return folder

    @property
    def children(self) -> Path:
        """Return the file that records the running programs."""
        return self.path / "children.json"

    def secret(self, name: str) -> SecretStr:
        """Return the secret in the file `name`; created at first use, readable by its owner alone."""
        file = self.path / name
        if not file.exists():
            write_private(file, secrets.token_urlsafe(24) + "\n")
        return SecretStr(file.read_text().strip())

    def bind(self, carrier: Binding) -> None:
        """Tie the folder to this carrier at the first start; raise Misconfigured, naming both, if it has another."""
        self.check(carrier)
        if not self._binding.exists():
            write_private(self._binding, carrier.model_dump_json())

    def check(self, carrier: Binding) -> None:
        """Raise Misconfigured, naming both, if the folder is tied to another carrier."""
        bound = Binding.model_validate_json(self._binding.read_text()) if self._binding.exists() else carrier
        if bound != carrier:
            raise Misconfigured(
                f"{self.path} belongs to the carrier {bound}, you are starting with {carrier}: "
                "a ledger is true for one carrier only, so choose another folder with --data"
            )

    def clear(self) -> None:
        """Empty the folder; raise Misconfigured if it holds anything but a stack's data."""
        if not self._holds_stack_data():
            raise Misconfigured(
                f"{self.path} holds other things than a stack's data: choose another folder with --data"
            )
        for entry in self._contents():
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()

    def _holds_stack_data(self) -> bool:
        return self._binding.exists() or not self._contents()

    def _contents(self) -> list[Path]:
        return [entry for entry in self.path.iterdir() if entry.name not in _NO_CONTENTS]

    @property
    def _binding(self) -> Path:
        return self.path / "carrier.json"

    def write_addresses(self, addresses: Mapping[str, str]) -> None:
        """Write the addresses of the stack, for other commands on this machine."""
        write_private(self.path / "addresses.json", json.dumps(dict(addresses)))


def read_addresses(path: Path) -> dict[str, str]:
    """Return the last addresses of the stack of this data folder and of its stores; empty if it never ran."""
    try:
        addresses = json.loads((path / "addresses.json").read_text())
    except (OSError, ValueError):
        return {}
    return {str(name): str(address) for name, address in addresses.items()}


def is_bound_to_simulator(path: Path) -> bool:
    """Return whether the calls of this data folder go to the simulator."""
    try:
        return Binding.model_validate_json((path / "carrier.json").read_text()).base_url == SIMULATOR
    except (OSError, ValueError):
        return False


def stored_connection_id(path: Path) -> str | None:
    """Return the connection whose calls stand in this folder's ledger; None in a folder that has made none."""
    try:
        return Binding.model_validate_json((path / "carrier.json").read_bytes()).connection_id
    except (OSError, ValueError):
        return None


def stored_api_key(path: Path) -> SecretStr | None:
    """Return the API key kept in this data folder, if there is one that this user may read."""
    return stored_secret(path, "api_key")


def stored_secret(path: Path, name: str) -> SecretStr | None:
    """Return the secret kept in the file `name` of this data folder, if there is one that this user may read."""
    try:
        return SecretStr((path / name).read_text().strip())
    except OSError:
        return None


def write_private(file: Path, text: str) -> None:
    """Replace `file` in one step by one that only its owner may read."""
    draft = file.with_name(f".{file.name}.new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(text)
    draft.replace(file)
