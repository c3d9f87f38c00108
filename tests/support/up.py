"""`orchestrator up` and the other commands as processes, the way a person starts them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from orchestrator.local_stack.process import session_members
from orchestrator.settings import child_environment
from tests.support.poll import eventually

UP_S = 300.0  # a bound on hanging: with a tenth of a core, a start takes more than a minute
_ORCHESTRATOR = (sys.executable, "-c", "from orchestrator.cli.app import app; app()")
_NOBODYS = dict.fromkeys(
    ("ORCHESTRATOR_API_KEY", "ORCHESTRATOR_API_URL", "ORCHESTRATOR_PUBLIC_URL", "TELNYX_API_KEY"), ""
)


def command(*words: str) -> dict[str, Any]:
    """Return what starts `orchestrator WORDS…` in a session of its own, with nobody's settings."""
    return {"args": [*_ORCHESTRATOR, *words], "env": child_environment(_NOBODYS), "start_new_session": True}


class Up:
    """One `orchestrator up` in a session of its own, with what it printed."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.folder, self.port = folder, port
        self._output = folder.with_suffix(f".{os.urandom(4).hex()}.out")
        words = ["up", "--data", str(folder), "--port", str(port), "--no-flower", *options]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(**command(*words), stdout=output, stderr=subprocess.STDOUT)

    @property
    def output(self) -> str:
        """Return what it printed so far."""
        return self._output.read_text()

    def children(self) -> dict[str, int]:
        """Return its children's process ids, each the leader of a session, as it recorded them."""
        try:
            record = json.loads((self.folder / "children.json").read_text())
        except FileNotFoundError:
            return {}
        return {child["name"]: child["pid"] for child in record}

    def wait_until_up(self) -> tuple[str, str]:
        """Return the key and the address of the curl line on its screen."""
        eventually(lambda: "Ctrl-C stops everything" in self.output or self.process.poll() is not None, within=UP_S)
        found = re.search(r"curl -H 'Authorization: Bearer (\S+)' (\S+)", self.output)
        assert found, self.output
        return found[1], found[2]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command of the CLI against this stack: `run("campaign", "start", …)`."""
        group, *rest = words
        started = command(group, "--data", str(self.folder), *rest)
        return subprocess.run(**started, capture_output=True, text=True, timeout=UP_S)

    def ends(self) -> int:
        """Return its exit status once it has ended."""
        return self.process.wait(timeout=UP_S)

    def clear_away(self) -> None:
        """Kill it and everything it started."""
        for session in (self.process.pid, *self.children().values()):
            for pid in session_members(session):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()
