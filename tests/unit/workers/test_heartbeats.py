from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from orchestrator.clock import boot_seconds
from workers.healthcheck import FRESH_S, stale
from workers.heartbeat import beat, with_heartbeat
from workers.loops import Loop


def test_a_loop_that_turns_is_alive(tmp_path: Path) -> None:
    loop = with_heartbeat(Loop("advance", lambda: None, 0.0), tmp_path / "heartbeats")

    loop.step()

    assert stale(tmp_path / "heartbeats", now=_beaten_at(tmp_path / "heartbeats/advance") + 1) == []


def test_a_loop_whose_step_fails_is_alive_and_still_fails(tmp_path: Path) -> None:
    def fail() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        with_heartbeat(Loop("settle", fail, 0.0), tmp_path).step()

    assert (tmp_path / "settle").exists()


def test_a_heartbeat_that_the_disk_does_not_take_ends_no_loop(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    loop = with_heartbeat(Loop("advance", lambda: "done", 0.0), tmp_path / "file" / "heartbeats")

    loop.step()

    assert stale(tmp_path / "file" / "heartbeats", now=0.0) == ["no heartbeat yet"]


def test_one_loop_that_stands_still_among_others_is_named(tmp_path: Path) -> None:
    beat(tmp_path, "advance")
    beat(tmp_path, "dispatch")
    now = _beaten_at(tmp_path / "advance")
    os.utime(tmp_path / "dispatch", (now - FRESH_S - 1, now - FRESH_S - 1))

    assert stale(tmp_path, now=now) == ["dispatch"]


def test_a_heartbeat_goes_by_the_time_since_boot_whatever_the_clock_says(tmp_path: Path) -> None:
    before = boot_seconds()
    beat(tmp_path, "advance")

    assert before <= _beaten_at(tmp_path / "advance") <= boot_seconds()


def test_a_heartbeat_from_before_a_restart_of_the_machine_is_stale(tmp_path: Path) -> None:
    beat(tmp_path, "advance")

    assert stale(tmp_path, now=_beaten_at(tmp_path / "advance") - 1) == ["advance"]


def test_a_process_that_never_beat_is_not_alive(tmp_path: Path) -> None:
    assert stale(tmp_path, now=0.0) == ["no heartbeat yet"]
    assert stale(tmp_path / "nowhere", now=0.0) == ["no heartbeat yet"]


def test_nobody_who_looks_costs_no_heartbeat() -> None:
    loop = Loop("advance", lambda: None, 0.0)

    assert with_heartbeat(loop, None) is loop


@pytest.mark.parametrize("program", ["workers.healthcheck", "workers.alive"])
@pytest.mark.parametrize(("beats", "status"), [(["advance"], 0), ([], 1)])
def test_the_health_check_says_so_in_its_exit_status(
    tmp_path: Path, beats: list[str], status: int, program: str
) -> None:
    for name in beats:
        beat(tmp_path, name)

    checked = subprocess.run([sys.executable, "-m", program, str(tmp_path)], capture_output=True, check=False)

    assert checked.returncode == status


def _beaten_at(file: Path) -> float:
    return file.stat().st_mtime
