"""The supervisor, watched with tiny programs: starting, dying, starting again, ending in order."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import psutil
import pytest

from orchestrator.local_stack.interrupts import Interrupts
from orchestrator.local_stack.process import DidNotStart
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.supervisor import Interrupted, Supervisor
from tests.support.full_disk import nothing_more_written, small_disk
from tests.support.poll import eventually

_WAITS = "import signal; signal.pause()"
_STUBBORN = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\nwhile True: signal.pause()"
_HAS_A_CHILD = "import subprocess, sys; subprocess.run(['sleep', '300'])"


def _python(name: str, script: str, **more: object) -> Program:
    return Program(name=name, argv=(sys.executable, "-S", "-c", script), **more)  # type: ignore[arg-type]


class Stage:
    """A supervisor with everything it is handed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.said = folder, list[str]()
        self.interrupts, self.has_room = Interrupts(), True
        self.supervisor = Supervisor(
            logs=folder,
            record_file=folder / "children.json",
            interrupts=self.interrupts,
            say=self.said.append,
            has_room=lambda: self.has_room,
        )

    def recorded(self) -> dict[str, int]:
        return {one["name"]: one["pid"] for one in json.loads((self.folder / "children.json").read_text())}

    def writes_its_end(self, name: str) -> Program:
        up, ends = self.folder / f"{name}.up", self.folder / "ends"
        script = (
            "import signal, sys\n"
            f"def end(*_):\n    open({str(ends)!r}, 'a').write('{name} ')\n    sys.exit(0)\n"
            f"signal.signal(15, end); open({str(up)!r}, 'w').close()\nwhile True: signal.pause()"
        )
        return _python(name, script, ready=up.exists)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(tmp_path)
    yield stage
    stage.supervisor.stop([])


def _is_gone(pid: int) -> bool:
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_r24_a_child_that_dies_is_started_again_and_says_so(stage: Stage) -> None:
    stage.supervisor.start(_python("engine", _WAITS))
    first = stage.supervisor.pids()["engine"]

    os.kill(first, signal.SIGKILL)

    eventually(lambda: stage.supervisor.tick() or stage.supervisor.pids().get("engine", first) != first)
    assert "engine ended with status -9; starting it again in 0.5 s" in stage.said[0]
    assert stage.said[1] == "engine started again"


def test_a_child_that_keeps_dying_is_started_ever_more_slowly(stage: Stage) -> None:
    stage.supervisor.start(_python("engine", "raise SystemExit(3)"))

    eventually(lambda: stage.supervisor.tick() or len(stage.said) >= 5)

    assert "status 3; starting it again in 0.5 s" in stage.said[0]
    assert "status 3; starting it again in 1 s" in stage.said[2]
    assert "status 3; starting it again in 2 s" in stage.said[4]


def test_a_record_that_the_disk_does_not_take_is_written_once_there_is_room(stage: Stage) -> None:
    with nothing_more_written():
        stage.supervisor.start(_python("engine", _WAITS))
        stage.supervisor.tick()
        stage.supervisor.tick()
    assert not (stage.folder / "children.json").exists()

    stage.supervisor.tick()

    assert stage.recorded() == stage.supervisor.pids()
    assert stage.said == [f"{stage.folder / 'children.json'} cannot be written (File too large); trying again"]


def test_what_dies_while_the_disk_is_full_is_started_again_although_its_record_is_not_written(stage: Stage) -> None:
    stage.supervisor.start(_python("engine", _WAITS))
    first = stage.supervisor.pids()["engine"]

    with nothing_more_written():
        os.kill(first, signal.SIGKILL)
        eventually(lambda: stage.supervisor.tick() or stage.supervisor.pids().get("engine", first) != first)

    eventually(lambda: stage.supervisor.tick() or stage.recorded() == stage.supervisor.pids())


def test_the_record_is_written_again_once_a_disk_that_was_full_has_room(stage: Stage, tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", megabytes=1) as disk:
        full = Stage(disk.folder)
        disk.fill()
        full.supervisor.start(_python("engine", _WAITS))
        full.supervisor.tick()

        disk.empty()
        full.supervisor.tick()

        assert full.recorded() == full.supervisor.pids()
        assert "cannot be written (No space left on device); trying again" in full.said[0]
        full.supervisor.stop([])


def test_without_room_nothing_is_started_again_and_with_room_at_once(stage: Stage) -> None:
    stage.supervisor.start(_python("valkey", _WAITS))
    first = stage.supervisor.pids()["valkey"]
    stage.has_room = False
    os.kill(first, signal.SIGKILL)
    eventually(lambda: stage.supervisor.tick() or len(stage.said) == 2)
    pause_is_over = monotonic() + 0.6
    eventually(lambda: stage.supervisor.tick() or monotonic() > pause_is_over)
    assert stage.supervisor.pids() == {}

    stage.has_room = True
    stage.supervisor.tick()

    assert stage.supervisor.pids()["valkey"] != first
    assert "is full: what ends is started again once there is room" in stage.said[0]
    assert "valkey ended with status -9; starting it again once there is room" in stage.said[1]
    assert "has room again" in stage.said[2]
    assert stage.said[3:] == ["valkey started again"]


def test_a_program_that_cannot_be_started_again_is_tried_until_it_can(stage: Stage) -> None:
    (stage.folder / "home").mkdir()
    stage.supervisor.start(_python("engine", _WAITS, cwd=stage.folder / "home"))
    (stage.folder / "home").rmdir()
    os.kill(stage.supervisor.pids()["engine"], signal.SIGKILL)
    eventually(lambda: stage.supervisor.tick() or len(stage.said) >= 2)

    (stage.folder / "home").mkdir()

    assert "engine cannot be started (No such file or directory); starting it again in 1 s" in stage.said[1]
    assert eventually(lambda: stage.supervisor.tick() or "engine" in stage.supervisor.pids())


def test_r24_programs_end_stage_by_stage(stage: Stage) -> None:
    names = ["valkey", "api", "engine", "dials", "dispatch"]
    stage.supervisor.start(*(stage.writes_its_end(name) for name in names))

    stage.supervisor.stop([[name] for name in reversed(names)])

    assert (stage.folder / "ends").read_text().split() == ["dispatch", "dials", "engine", "api", "valkey"]
    assert stage.supervisor.pids() == {}


def test_a_program_that_will_not_end_is_killed_when_its_patience_is_over(stage: Stage) -> None:
    program = _python(
        "stubborn", _STUBBORN, patience_s=0.2, ready=lambda: (stage.folder / "stubborn.log").stat().st_size
    )
    stage.supervisor.start(program)
    pid = stage.supervisor.pids()["stubborn"]

    stage.supervisor.stop([["stubborn"]])

    assert _is_gone(pid)
    assert stage.said == ["stubborn did not end by itself and was killed"]


def test_r24_the_patience_with_programs_of_one_stage_passes_side_by_side(stage: Stage) -> None:
    stubborn = [_python(f"worker-{n}", _STUBBORN, ready_line="up", patience_s=2.0) for n in range(4)]
    stage.supervisor.start(*stubborn)
    asked_at = monotonic()

    stage.supervisor.stop([[program.name for program in stubborn]])

    assert 2.0 <= monotonic() - asked_at < 6.0
    assert len(stage.said) == 4


def test_a_second_request_to_stop_waits_for_nobody(stage: Stage) -> None:
    program = _python(
        "stubborn", _STUBBORN, patience_s=600, ready=lambda: (stage.folder / "stubborn.log").stat().st_size
    )
    stage.supervisor.start(program)
    stage.interrupts.count_signal(signal.SIGINT, None)
    stage.interrupts.count_signal(signal.SIGINT, None)

    stage.supervisor.stop([["stubborn"]])

    assert stage.supervisor.pids() == {}


def test_what_a_program_started_ends_with_it(stage: Stage) -> None:
    stage.supervisor.start(_python("parent", _HAS_A_CHILD))
    parent = psutil.Process(stage.supervisor.pids()["parent"])
    child = eventually(parent.children)[0]

    stage.supervisor.stop([["parent"]])

    assert eventually(lambda: _is_gone(child.pid))


def test_a_program_that_ends_before_it_is_ready_is_reported_with_its_log(stage: Stage) -> None:
    program = _python("api", "raise SystemExit('the port is taken')", ready=lambda: False)

    with pytest.raises(DidNotStart, match=r"(?s)api ended with status 1 before it was ready.*the port is taken"):
        stage.supervisor.start(program)


def test_a_program_that_is_never_ready_is_reported_at_its_deadline(stage: Stage) -> None:
    program = _python("api", _WAITS, ready=lambda: False, ready_within_s=0.1)

    with pytest.raises(DidNotStart, match=r"api was not ready within 0\.1 s"):
        stage.supervisor.start(program)


def test_ctrl_c_during_the_start_starts_nothing_more(stage: Stage) -> None:
    def interrupt() -> bool:
        stage.interrupts.count_signal(signal.SIGINT, None)
        return False

    with pytest.raises(Interrupted):
        stage.supervisor.start(_python("slow", _WAITS, ready=interrupt))
    with pytest.raises(Interrupted):
        stage.supervisor.start(_python("next", _WAITS))

    assert list(stage.supervisor.pids()) == ["slow"]


def test_children_do_not_hear_the_terminals_ctrl_c(stage: Stage) -> None:
    stage.supervisor.start(_python("engine", _WAITS))

    session = os.getsid(stage.supervisor.pids()["engine"])

    assert session != os.getsid(0)


def test_r24_children_end_when_their_supervisor_is_killed(tmp_path: Path) -> None:
    script = f"""
import signal, sys
from pathlib import Path
from orchestrator.local_stack.interrupts import Interrupts
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.supervisor import Supervisor
folder = Path({str(tmp_path)!r})
supervisor = Supervisor(logs=folder, record_file=folder / "children.json", interrupts=Interrupts(), say=print)
supervisor.start(*(Program(name=n, argv=(sys.executable, "-S", "-c", {_STUBBORN!r})) for n in ("one", "two")))
print(*supervisor.pids().values(), flush=True)
signal.pause()
"""
    holder = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    pids = [int(word) for word in holder.stdout.readline().split()]
    assert len(pids) == 2

    os.kill(holder.pid, signal.SIGKILL)
    holder.communicate()

    assert eventually(lambda: all(_is_gone(pid) for pid in pids))
