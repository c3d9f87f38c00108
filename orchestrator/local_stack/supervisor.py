"""Starts programs, restarts them when they exit, and stops them in the order that loses nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from orchestrator.errors import OrchestratorError
from orchestrator.local_stack.interrupts import Interrupts
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.stale_processes import RunningProgram, record

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _STEADY_AFTER_S = 0.5, 30.0, 60.0
_LOGS_EVERY_S = 5.0


class Interrupted(OrchestratorError):
    """Raised when a shutdown is requested before all programs are ready."""


@dataclass
class _Watched:
    """A supervised program: its child process, or the time of its next start."""

    child: ChildProcess
    started_at: float
    deaths: int = 0
    starts_again_at: float | None = None

    @property
    def pause_s(self) -> float:
        return min(_FIRST_PAUSE_S * 2.0 ** (self.deaths - 1), _LONGEST_PAUSE_S)


class Supervisor:
    """Supervises the programs of one stack; call its methods from the main thread only.

    `say` receives a sentence about every exit, every restart and every program that had to be killed.
    While `has_room` returns False nothing is restarted. A disk failure does not stop the supervisor itself.
    """

    def __init__(
        self,
        *,
        logs: Path,
        record_file: Path,
        interrupts: Interrupts,
        say: Callable[[str], None],
        has_room: Callable[[], bool] = lambda: True,
    ) -> None:
        self._logs, self._record_file, self._interrupts, self._say = logs, record_file, interrupts, say
        self._has_room, self._is_full, self._is_record_due = has_room, False, False
        self._watched: dict[str, _Watched] = {}
        self._logs_seen_at = monotonic()

    def start(self, *programs: Program) -> None:
        """Start programs side by side and return once all are ready.

        Raises DidNotStart with the log of one that is not, Interrupted if a shutdown is requested meanwhile; what was
        started stays supervised in both cases, for `stop`.
        """
        children = []
        for program in programs:
            self._raise_if_stopping()
            children.append(self._launch(program))
        for child in children:
            child.wait_until_ready(self._interrupts.stopping)
            self._raise_if_stopping()

    def tick(self) -> None:
        """Detect exits and restart programs after their back-off; call it a few times a second."""
        self._check_disk()
        for watched in list(self._watched.values()):
            if watched.starts_again_at is not None:
                self._restart_due(watched)
            elif watched.child.exit_code() is not None:
                self._handle_exit(watched)

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """Stop the programs stage by stage, in parallel within a stage; programs in no stage are stopped first."""
        named = {name for stage in order for name in stage}
        for stage in ([name for name in self._watched if name not in named], *order):
            watched = [self._watched.pop(name) for name in stage if name in self._watched]
            self._end([one.child for one in watched if one.starts_again_at is None])
        self._record()

    def pids(self) -> dict[str, int]:
        """Return the process id of every program that runs, by name."""
        return {name: one.child.pid for name, one in self._watched.items() if one.starts_again_at is None}

    def _launch(self, program: Program) -> ChildProcess:
        child = ChildProcess(program, self._logs / f"{program.name}.log")
        deaths = self._watched[program.name].deaths if program.name in self._watched else 0
        self._watched[program.name] = _Watched(child, monotonic(), deaths)
        self._record()
        return child

    def _handle_exit(self, watched: _Watched) -> None:
        name, status = watched.child.program.name, watched.child.exit_code()
        steady = monotonic() - watched.started_at > _STEADY_AFTER_S
        watched.child.end()  # no process of its session remains when the next one starts
        self._schedule_restart(
            watched, f"{name} ended with status {status}", deaths=1 if steady else watched.deaths + 1
        )

    def _schedule_restart(self, watched: _Watched, why: str, *, deaths: int) -> None:
        watched.deaths = deaths
        watched.starts_again_at = monotonic() + watched.pause_s
        when = "once there is room" if self._is_full else f"in {watched.pause_s:g} s"
        self._say(f"{why}; starting it again {when} ({watched.child.log})")

    def _restart_due(self, watched: _Watched) -> None:
        if self._is_full or watched.starts_again_at is None or monotonic() < watched.starts_again_at:
            return
        name = watched.child.program.name
        try:
            self._launch(watched.child.program)
        except OSError as err:  # no room for its log, no memory for its process
            self._schedule_restart(watched, f"{name} cannot be started ({err.strerror})", deaths=watched.deaths + 1)
        else:
            self._say(f"{name} started again")

    def _check_disk(self) -> None:
        """Detect a full disk, write the record that could not be written, and truncate long logs."""
        was_full, self._is_full = self._is_full, not self._has_room()
        if self._is_full and not was_full:
            self._say(f"the disk of {self._logs} is full: what ends is started again once there is room")
        if was_full and not self._is_full:
            self._say(f"the disk of {self._logs} has room again")
            for watched in self._watched.values():
                if watched.starts_again_at is not None:
                    watched.starts_again_at = monotonic()
        if self._is_record_due:
            self._record()
        if monotonic() - self._logs_seen_at > _LOGS_EVERY_S:
            self._logs_seen_at = monotonic()
            for watched in self._watched.values():
                watched.child.truncate_log()

    def _end(self, children: Sequence[ChildProcess]) -> None:
        for child in children:
            child.ask_to_end()
        for child in children:
            if not child.end(forced=self._interrupts.forced):
                self._say(f"{child.program.name} did not end by itself and was killed")

    def _record(self) -> None:
        """Record the running programs now or, if the disk is full, at a later tick."""
        was_due, self._is_record_due = self._is_record_due, False
        try:
            record(self._record_file, (RunningProgram(name, pid) for name, pid in self.pids().items()))
        except OSError as err:
            self._is_record_due = True
            if not was_due:
                self._say(f"{self._record_file} cannot be written ({err.strerror}); trying again")

    def _raise_if_stopping(self) -> None:
        if self._interrupts.stopping():
            raise Interrupted("stopped before everything was up")
