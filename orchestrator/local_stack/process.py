"""A running program: in its own session, under the parent-death watchdog, with its output in a log file."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic

import psutil

from orchestrator.errors import OrchestratorError
from orchestrator.local_stack import parent_death
from orchestrator.local_stack.interrupts import pause
from orchestrator.local_stack.log_files import open_append, truncate_log
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.server_user import server_user
from orchestrator.settings import child_environment

_WATCHDOG = Path(parent_death.__file__)
_NAME_IN_POSTGRES = "PGAPPNAME"  # libpq's: pg_stat_activity tells whose connection each is
_PRIVATE = 0o077  # whatever a program writes is its owner's alone, under any umask of the operator's


class DidNotStart(OrchestratorError):
    """Raised when a program ended or stayed silent before it was ready; the message ends with what it logged."""


class ChildProcess:
    """One running program; the thread that starts it must outlive it: the parent-death signal is tied to the thread."""

    def __init__(self, program: Program, log: Path) -> None:
        self.program, self.log = program, log
        self._asked_at: float | None = None
        self._log_start = log.stat().st_size if log.exists() else 0
        user = server_user() if program.drops_root else None
        identity = f"{user.uid}:{user.gid}" if user else parent_death.UNCHANGED
        words = (sys.executable, "-I", "-S", _WATCHDOG, os.getpid(), int(program.death_signal), identity, *program.argv)
        with open_append(log) as output:
            self._process = subprocess.Popen(  # noqa: S603 the command lines are this package's own
                [str(word) for word in words],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=program.cwd,
                env=child_environment({**program.env, _NAME_IN_POSTGRES: program.name}),
                start_new_session=True,
                umask=_PRIVATE,
            )

    @property
    def pid(self) -> int:
        """Return the process id, which is also the id of its session."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """Return how it ended, or None while it runs."""
        return self._process.poll()

    def truncate_log(self) -> None:
        """Put away what a long log holds."""
        truncate_log(self.log)

    def output(self) -> str:
        """Return what this run has logged so far."""
        with self.log.open("rb") as file:
            if self.log.stat().st_size >= self._log_start:  # else it was put away meanwhile
                file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def is_ready(self) -> bool:
        """Return whether the program is ready, by its probe and by its log."""
        line = self.program.ready_line
        return self.program.ready() and (line is None or line in self.output())

    def wait_until_ready(self, interrupted: Callable[[], bool] = lambda: False) -> None:
        """Return once the program is ready, or early when `interrupted` says so; raise DidNotStart with its log."""
        deadline = monotonic() + self.program.ready_within_s
        while not interrupted() and not self.is_ready():
            if self.exit_code() is not None:
                raise DidNotStart(self._epitaph(f"ended with status {self.exit_code()} before it was ready"))
            if monotonic() > deadline:
                raise DidNotStart(self._epitaph(f"was not ready within {self.program.ready_within_s:g} s"))
            pause(0.02)

    def ask_to_end(self) -> None:
        """Send the program the signal it ends at, once: many programs take a second one for impatience."""
        if self.exit_code() is None and self._asked_at is None:
            self._asked_at = monotonic()
            self._process.send_signal(self.program.stop_signal)

    def end(self, *, forced: Callable[[], bool] = lambda: False) -> bool:
        """Stop the program and whatever it started; say whether it ended by itself.

        It is killed when its patience, which began when it was asked, is over or `forced` says so.
        """
        self.ask_to_end()
        deadline = (self._asked_at or 0.0) + self.program.patience_s
        while self.exit_code() is None and monotonic() < deadline and not forced():
            pause(0.02)
        willing = self.exit_code() is not None
        end_session(self.pid)
        self._process.wait()
        return willing

    def log_tail(self, lines: int = 15) -> str:
        """Return the last lines that this run has logged."""
        return "\n".join(self.output().splitlines()[-lines:])

    def _epitaph(self, what: str) -> str:
        return f"{self.program.name} {what}; the end of {self.log}:\n{self.log_tail()}"


def session_members(session: int) -> list[int]:
    """Return the processes of the session that a child leads, or led before it died."""
    members = []
    for pid in psutil.pids():
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if os.getsid(pid) == session:
                members.append(pid)
    return members


def end_session(session: int) -> None:
    """Kill whatever is left of the session that a child led."""
    for pid in session_members(session):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
