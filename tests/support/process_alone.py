"""One process of the stack alone, on stores that a test has chosen; what it says is in a log."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from orchestrator.settings import child_environment
from tests.support.poll import eventually
from tests.support.rest import CONNECTION, KEY

PATIENCE_S = 60.0


class ProcessAlone:
    """A running process."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self._process, self._log = process, log

    @property
    def said(self) -> str:
        """Return what it has logged."""
        return self._log.read_text()

    @property
    def runs(self) -> bool:
        """Say whether it has not ended."""
        return self._process.poll() is None

    def wait_until_said(self, words: str, *, times: int = 1) -> None:
        """Return once it has logged these words so often; fail if it ends before."""
        eventually(lambda: self.said.count(words) >= times or not self.runs, within=PATIENCE_S)
        assert self.runs, self.said

    def ends(self) -> int:
        """Return its exit status."""
        return self._process.wait(timeout=PATIENCE_S)


@contextmanager
def process_alone(argv: Sequence[str], *, database_url: str, redis_url: str, log: Path) -> Iterator[ProcessAlone]:
    """Run a process until the block ends."""
    environment = {
        "ORCHESTRATOR_REDIS_URL": redis_url,
        "ORCHESTRATOR_DATABASE_URL": database_url,
        "ORCHESTRATOR_API_KEY": KEY,
        "TELNYX_API_KEY": "KEYnone",
        "TELNYX_CONNECTION_ID": CONNECTION,
    }
    with log.open("wb") as lines:
        process = subprocess.Popen(
            argv, env=child_environment(environment), stdout=lines, stderr=lines, start_new_session=True
        )
    try:
        yield ProcessAlone(process, log)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
