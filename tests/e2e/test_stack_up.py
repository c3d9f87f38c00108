"""`orchestrator up`, as a person uses it: started, killed, started again on the same folder, stopped with Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import requests

from orchestrator.settings import child_environment
from orchestrator.stack.child import session_members
from tests.support.poll import eventually

_UP_S = 60.0


class Up:
    """One `orchestrator up` in a session of its own, with what it printed."""

    def __init__(self, folder: Path, port: int, *options: str) -> None:
        self.folder, self.port = folder, port
        self._output = folder.with_suffix(f".{os.urandom(4).hex()}.out")
        words = ["up", "--data", str(folder), "--port", str(port), "--no-flower", *options]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from orchestrator.cli import app; app()", *words],
                stdout=output,
                stderr=subprocess.STDOUT,
                env=child_environment({"ORCHESTRATOR_API_KEY": ""}),
                start_new_session=True,
            )

    @property
    def output(self) -> str:
        return self._output.read_text()

    def sessions(self) -> list[int]:
        """Return the sessions its children lead, as it recorded them."""
        try:
            return [child["pid"] for child in json.loads((self.folder / "children.json").read_text())]
        except FileNotFoundError:
            return []

    def wait_until_up(self) -> str:
        """Return the curl line of its screen."""
        eventually(lambda: "orchestrator is up" in self.output or self.process.poll() is not None, within=_UP_S)
        found = re.search(r"curl -H 'Authorization: Bearer (\S+)' (\S+)", self.output)
        assert found, self.output
        return f"{found[1]} {found[2]}"

    def ends(self) -> int:
        return self.process.wait(timeout=_UP_S)


@pytest.fixture
def ups() -> Iterator[list[Up]]:
    """Yield a list for what is started; whatever a failed test left is killed."""
    started: list[Up] = []
    yield started
    for up in started:
        for session in (up.process.pid, *up.sessions()):
            for pid in session_members(session):
                os.kill(pid, signal.SIGKILL)
        up.process.wait()


def _all_gone(sessions: list[int]) -> bool:
    return not any(session_members(session) for session in sessions)


def test_r24_up_killed_leaves_nothing_running_and_starts_again_on_the_same_folder(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    first = Up(tmp_path / "data", free_port)
    ups.append(first)
    key, address = first.wait_until_up().split()
    answer = requests.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=5)
    sessions = first.sessions()

    os.kill(first.process.pid, signal.SIGKILL)
    first.ends()

    assert answer.status_code == 200
    assert len(sessions) >= 9
    assert eventually(lambda: _all_gone(sessions), within=_UP_S)

    second = Up(tmp_path / "data", free_port)
    ups.append(second)
    assert second.wait_until_up().split()[0] == key
    sessions = second.sessions()

    os.kill(second.process.pid, signal.SIGINT)

    assert second.ends() == 0
    assert _all_gone(sessions)
    assert "everything is stopped" in second.output
    assert "killed" not in second.output


def test_r24_a_second_up_on_the_same_folder_is_refused_and_harms_nothing(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    first = Up(tmp_path / "data", free_port)
    ups.append(first)
    eventually((tmp_path / "data" / "lock").exists)

    second = Up(tmp_path / "data", free_port + 50)
    ups.append(second)

    assert second.ends() == 1
    assert f"is in use by process {first.process.pid}" in second.output
    first.wait_until_up()


@pytest.mark.parametrize("seen", ["valkey", "simulator", "dispatch"])
def test_r24_ctrl_c_during_the_start_stops_what_was_started(
    tmp_path: Path, free_port: int, ups: list[Up], seen: str
) -> None:
    up = Up(tmp_path / "data", free_port)
    ups.append(up)
    eventually((tmp_path / "data" / "logs" / f"{seen}.log").exists, within=_UP_S)

    os.kill(up.process.pid, signal.SIGINT)

    assert up.ends() == 0
    assert up.sessions() == []
    assert "everything is stopped" in up.output


def test_r24_a_killed_child_is_started_again_while_the_rest_runs_on(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    up = Up(tmp_path / "data", free_port)
    ups.append(up)
    up.wait_until_up()
    children = {child["name"]: child["pid"] for child in json.loads((up.folder / "children.json").read_text())}

    for name in ("valkey", "engine"):
        psutil.Process(children[name]).kill()

    assert eventually(lambda: "valkey started again" in up.output and "engine started again" in up.output)
    assert up.process.poll() is None
    os.kill(up.process.pid, signal.SIGTERM)
    assert up.ends() == 0


def test_another_carrier_on_the_same_folder_is_refused_naming_both(
    tmp_path: Path, free_port: int, ups: list[Up], monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "data").mkdir()
    binding = {"base_url": "https://api.telnyx.com/v2", "connection_id": "17"}
    (tmp_path / "data" / "carrier.json").write_text(json.dumps(binding))

    up = Up(tmp_path / "data", free_port)
    ups.append(up)

    assert up.ends() == 1
    assert "https://api.telnyx.com/v2 (connection 17)" in up.output
    assert "simulator" in up.output


def test_telnyx_without_its_variables_is_refused_with_the_remedies(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    up = Up(tmp_path / "data", free_port, "--carrier", "telnyx")
    ups.append(up)

    assert up.ends() == 1
    assert "TELNYX_API_KEY (create a key in the portal" in up.output
