"""One stack per data folder, one carrier per data folder, and nobody left over from the last one."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from orchestrator.clock import boot_seconds
from orchestrator.errors import Misconfigured
from orchestrator.local_stack.data_folder import Binding, DataFolder, read_addresses, stored_api_key
from orchestrator.local_stack.embedded_servers import start_valkey
from orchestrator.local_stack.interrupts import Interrupts
from orchestrator.local_stack.options import StackOptions
from orchestrator.local_stack.ports import free_port
from orchestrator.local_stack.process import ChildProcess
from orchestrator.local_stack.program import Program
from orchestrator.local_stack.stack import Stack
from orchestrator.local_stack.stale_processes import RunningProgram, end_stale_processes, record
from orchestrator.settings import Settings
from tests.support.full_disk import nothing_more_written
from tests.support.poll import eventually
from tests.support.umasks import umask

_TELNYX = Binding(base_url="https://api.telnyx.com/v2", connection_id="17")
_SIMULATOR = Binding(base_url="simulator", connection_id="sim")


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[DataFolder]:
    folder = DataFolder(tmp_path / "data")
    yield folder
    folder.close()


@pytest.fixture
def stray() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-S", "-c", "import signal; signal.pause()"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_r24_a_data_folder_in_use_is_refused_naming_its_owner(folder: DataFolder) -> None:
    with pytest.raises(Misconfigured, match=r"is in use by process \d+"):
        DataFolder(folder.path)


def test_a_data_folder_let_go_may_be_taken_again(folder: DataFolder, tmp_path: Path) -> None:
    DataFolder(tmp_path / "other").close()

    DataFolder(tmp_path / "other").close()


def test_the_api_key_is_made_once_and_only_its_owner_may_read_it(folder: DataFolder) -> None:
    first = folder.secret("api_key")

    second = folder.secret("api_key")

    assert first == second == stored_api_key(folder.path)
    assert stat.S_IMODE((folder.path / "api_key").stat().st_mode) == 0o600
    assert len(first.get_secret_value()) >= 32


def test_a_data_folder_refuses_another_carrier_naming_both(folder: DataFolder) -> None:
    folder.bind(_SIMULATOR)
    folder.bind(_SIMULATOR)

    with pytest.raises(Misconfigured) as refusal:
        folder.bind(_TELNYX)

    assert "simulator (connection sim)" in str(refusal.value)
    assert "https://api.telnyx.com/v2 (connection 17)" in str(refusal.value)


def test_a_data_folder_tells_the_other_commands_where_the_stack_answers(folder: DataFolder) -> None:
    assert read_addresses(folder.path) == {}

    folder.write_addresses({"api": "http://127.0.0.1:8000"})

    assert read_addresses(folder.path) == {"api": "http://127.0.0.1:8000"}


def test_r24_a_recorded_orphan_is_ended_before_the_next_start(
    folder: DataFolder, stray: subprocess.Popen[bytes]
) -> None:
    record(folder.children, [RunningProgram("engine", stray.pid)])

    ended = end_stale_processes(folder.children, patience_s=0.5)

    assert ended == ["engine"]
    assert eventually(lambda: stray.poll() is not None)


def test_a_record_goes_by_the_time_since_boot_whoever_sets_the_clock(
    folder: DataFolder, stray: subprocess.Popen[bytes]
) -> None:
    record(folder.children, [RunningProgram("engine", stray.pid)])

    [recorded] = json.loads(folder.children.read_text())

    assert 0 <= boot_seconds() - recorded["started"] < 60


def test_an_orphan_that_the_version_before_recorded_is_ended(
    folder: DataFolder, stray: subprocess.Popen[bytes]
) -> None:
    started = psutil.Process(stray.pid).create_time()
    folder.children.write_text(json.dumps([{"name": "engine", "pid": stray.pid, "started": started}]))

    assert end_stale_processes(folder.children, patience_s=0.5) == ["engine"]


@pytest.mark.parametrize("other", [{"started": -60.0}, {"boot": "another"}], ids=["started later", "after a restart"])
def test_r24_a_later_process_with_a_recorded_number_is_left_alone(
    folder: DataFolder, stray: subprocess.Popen[bytes], other: dict[str, Any]
) -> None:
    record(folder.children, [RunningProgram("engine", stray.pid)])
    [recorded] = json.loads(folder.children.read_text())
    folder.children.write_text(json.dumps([{**recorded, **other}]))

    ended = end_stale_processes(folder.children, patience_s=0.5)

    assert ended == []
    assert stray.poll() is None


@pytest.mark.parametrize("content", ["", "[{", '{"not": "a list"}'])
def test_a_record_cut_off_by_a_crash_names_no_orphans(folder: DataFolder, content: str) -> None:
    folder.children.write_text(content)

    assert end_stale_processes(folder.children) == []


def test_r24_what_a_dead_child_left_running_is_ended_too(folder: DataFolder) -> None:
    script = "import subprocess; print(subprocess.Popen(['sleep', '300'], stdout=subprocess.DEVNULL).pid, flush=True)"
    leader = subprocess.Popen([sys.executable, "-c", script + "; input()"], stdin=-1, stdout=-1, start_new_session=True)
    assert leader.stdout is not None
    left_behind = psutil.Process(int(leader.stdout.readline()))
    record(folder.children, [RunningProgram("api", leader.pid)])
    leader.communicate(b"\n")

    ended = end_stale_processes(folder.children, patience_s=0.5)

    assert ended == ["api"]
    assert eventually(lambda: not left_behind.is_running())


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_whatever_lies_in_a_data_folder_is_its_owners_alone_under_any_umask(tmp_path: Path, mask: int) -> None:
    with umask(mask):
        folder = DataFolder(tmp_path / "data")
        folder.bind(_SIMULATOR)
        folder.secret("api_key")
        folder.write_addresses({"api": "http://127.0.0.1:8000"})
        record(folder.children, [])
        server = start_valkey(folder.path / "valkey")
        script = "import pathlib; pathlib.Path('written').touch(); pathlib.Path('made').mkdir()"
        program = Program(name="engine", argv=(sys.executable, "-c", script), cwd=folder.path, ready=lambda: False)
        child = ChildProcess(program, folder.logs / "engine.log")
        eventually(lambda: child.exit_code() is not None)
        server.stop()
        folder.close()

    inside = [folder.path, *folder.path.rglob("*")]
    assert {_mode(path) for path in inside if path.is_dir()} == {0o700}
    assert {_mode(path) for path in inside if path.is_file()} == {0o600}
    assert {"written", "made", "lock", "logs", "valkey"} <= {path.name for path in folder.path.iterdir()}


@pytest.mark.parametrize("holds", [(), ("logs",), ("carrier.json", "valkey"), ("demo",)])
def test_a_data_folder_that_others_may_enter_is_closed_to_them(tmp_path: Path, holds: tuple[str, ...]) -> None:
    for name in holds:
        (tmp_path / "data" / name).mkdir(parents=True)
    (tmp_path / "data").mkdir(exist_ok=True)
    (tmp_path / "data").chmod(0o755)

    DataFolder(tmp_path / "data").close()

    assert _mode(tmp_path / "data") == 0o700


def test_a_folder_that_serves_others_too_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir(mode=0o755)
    (tmp_path / "photos" / "cat.jpg").touch()
    (tmp_path / "photos").chmod(0o755)

    with pytest.raises(Misconfigured, match=r"open to other users and holds other things .*chmod 700"):
        DataFolder(tmp_path / "photos")

    assert _mode(tmp_path / "photos") == 0o755
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["cat.jpg"]


def test_a_folder_that_cannot_be_made_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Misconfigured, match=r"cannot be the data folder \(Not a directory\): .* --data"):
        DataFolder(tmp_path / "file" / "data")


def test_a_folder_on_a_full_disk_is_refused_with_the_reason_and_let_go(tmp_path: Path) -> None:
    with nothing_more_written(), pytest.raises(Misconfigured, match=r"cannot be the data folder \(File too large\)"):
        DataFolder(tmp_path / "data")

    DataFolder(tmp_path / "data").close()


def test_a_start_on_a_full_disk_ends_with_a_sentence(tmp_path: Path) -> None:
    said = list[str]()
    options = StackOptions(data=tmp_path / "data", port=free_port())
    stack = Stack(options, Settings(), interrupts=Interrupts(), say=said.append)

    with nothing_more_written(), pytest.raises(Misconfigured, match=r"takes nothing more \(File too large\)"):
        stack.start()

    stack.stop()
