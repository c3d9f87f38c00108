"""One stack per data folder, one carrier per data folder, and nobody left over from the last one."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orchestrator.errors import Misconfigured
from orchestrator.stack.folder import Binding, DataFolder, announced, kept_api_key
from orchestrator.stack.orphans import Running, end_orphans, record
from tests.support.poll import eventually

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

    assert first == second == kept_api_key(folder.path)
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
    assert announced(folder.path) == {}

    folder.announce({"api": "http://127.0.0.1:8000"})

    assert announced(folder.path) == {"api": "http://127.0.0.1:8000"}


def test_r24_a_recorded_orphan_is_ended_before_the_next_start(
    folder: DataFolder, stray: subprocess.Popen[bytes]
) -> None:
    record(folder.children, [Running("engine", stray.pid)])

    ended = end_orphans(folder.children, patience_s=0.5)

    assert ended == ["engine"]
    assert eventually(lambda: stray.poll() is not None)


def test_r24_a_later_process_with_a_recorded_number_is_left_alone(
    folder: DataFolder, stray: subprocess.Popen[bytes]
) -> None:
    record(folder.children, [Running("engine", stray.pid)])
    text = folder.children.read_text()
    start = text.split('"started":')[1].split("}")[0]
    folder.children.write_text(text.replace(start, str(float(start) - 60)))

    ended = end_orphans(folder.children, patience_s=0.5)

    assert ended == []
    assert stray.poll() is None


@pytest.mark.parametrize("content", ["", "[{", '{"not": "a list"}'])
def test_a_record_cut_off_by_a_crash_names_no_orphans(folder: DataFolder, content: str) -> None:
    folder.children.write_text(content)

    assert end_orphans(folder.children) == []


def test_r24_what_a_dead_child_left_running_is_ended_too(folder: DataFolder) -> None:
    script = "import subprocess; print(subprocess.Popen(['sleep', '300'], stdout=subprocess.DEVNULL).pid, flush=True)"
    leader = subprocess.Popen([sys.executable, "-c", script + "; input()"], stdin=-1, stdout=-1, start_new_session=True)
    assert leader.stdout is not None
    left_behind = psutil.Process(int(leader.stdout.readline()))
    record(folder.children, [Running("api", leader.pid)])
    leader.communicate(b"\n")

    ended = end_orphans(folder.children, patience_s=0.5)

    assert ended == ["api"]
    assert eventually(lambda: not left_behind.is_running())
