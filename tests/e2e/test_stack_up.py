"""`orchestrator up`, as a person uses it: started, killed, started again on the same folder, stopped with Ctrl-C."""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from orchestrator.local_stack.data_folder import read_addresses
from orchestrator.local_stack.ports import free_port as any_free_port
from orchestrator.local_stack.process import session_members
from tests.support.campaigns_by_cli import dialed, start_campaign
from tests.support.poll import eventually
from tests.support.umasks import umask
from tests.support.up import UP_S, Up

_QUOTED = "a b, [c]'s [\\d]"


@pytest.fixture
def ups() -> Iterator[list[Up]]:
    """Yield a list for what is started; whatever a failed test left is killed."""
    started: list[Up] = []
    yield started
    for up in started:
        up.clear_away()


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    """Return a stack at its first start, for tests that only look at it: in a folder that needs quotes everywhere."""
    up = _in_a_folder_named(_QUOTED, tmp_path_factory.mktemp("up"), any_free_port())
    try:
        up.wait_until_up()
        yield up
    finally:
        up.clear_away()


def _in_a_folder_named(name: str, above: Path, port: int) -> Up:
    (above / name).mkdir()
    with umask(0o000):
        return Up(above / name / "data", port)


def _all_gone(children: dict[str, int]) -> bool:
    return not any(session_members(pid) for pid in children.values())


def test_r24_up_killed_leaves_nothing_running_and_starts_again_on_the_same_folder(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    first = Up(tmp_path / "data", free_port)
    ups.append(first)
    key, address = first.wait_until_up()
    answer = requests.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=30)
    children = first.children()

    os.kill(first.process.pid, signal.SIGKILL)
    first.ends()

    assert answer.status_code == 200
    assert len(children) >= 9
    assert eventually(lambda: _all_gone(children), within=UP_S)

    second = Up(tmp_path / "data", free_port)
    ups.append(second)
    assert second.wait_until_up()[0] == key
    children = second.children()

    os.kill(second.process.pid, signal.SIGINT)

    assert second.ends() == 0
    assert _all_gone(children)
    assert "everything is stopped" in second.output
    assert "was killed" not in second.output


def test_up_works_in_a_folder_of_any_name_and_keeps_others_out_and_its_secrets_out_of_ps(first_start: Up) -> None:
    assert first_start.folder.parent.name == _QUOTED
    _assert_works_in_private(first_start)


def test_up_works_in_a_folder_of_a_long_name_too(tmp_path: Path, free_port: int, ups: list[Up]) -> None:
    ups.append(_in_a_folder_named("long" * 50, tmp_path, free_port))

    _assert_works_in_private(ups[0])


def _assert_works_in_private(up: Up) -> None:
    key, address = up.wait_until_up()

    assert requests.get(address, headers={"Authorization": f"Bearer {key}"}, timeout=30).ok
    inside = [up.folder, *up.folder.rglob("*")]
    assert [path for path in inside if path.stat().st_mode & 0o077 and not path.is_socket()] == []
    shown = " ".join(word for pid in _members(up) for word in psutil.Process(pid).cmdline())
    assert "simulator" in shown
    assert [secret for secret in _secrets(up.folder) if secret in shown] == []


def test_postgresql_tells_whose_each_connection_is(first_start: Up) -> None:
    url = read_addresses(first_start.folder)["database_url"].replace("+psycopg", "")
    with psycopg.connect(url, autocommit=True) as tx:
        named = eventually(lambda: _programs_connected(tx) >= {"engine", "dispatch"} and _programs_connected(tx))

    assert named - {"postgres"} <= first_start.children().keys()


def _programs_connected(tx: psycopg.Connection) -> set[str]:
    ours = "backend_type = 'client backend' AND pid <> pg_backend_pid()"  # and no worker of the server itself
    rows = tx.execute(f"SELECT application_name FROM pg_stat_activity WHERE {ours}")
    return {name for (name,) in rows}


def test_a_first_start_writes_no_warning_and_no_error_into_a_log(first_start: Up) -> None:
    engine = first_start.folder / "logs" / "engine.log"
    eventually(lambda: "engine runs" in engine.read_text(), within=UP_S)

    ours = [
        log for log in engine.parent.glob("*.log") if log.stem not in {"postgres", "valkey"}
    ]  # these warn of the host
    told = [f"{log.stem}: {line}" for log in ours for line in log.read_text().splitlines() if _is_alarming(line)]

    assert {log.stem for log in ours} >= {"api", "webhooks", "commands", "dials", "engine", "dispatch"}
    assert told == []


def _is_alarming(line: str) -> bool:
    return any(word in line for word in ("WARNING", "Warning:", "ERROR", "CRITICAL", "Traceback"))


def _members(up: Up) -> list[int]:
    return [pid for session in (up.process.pid, *up.children().values()) for pid in session_members(session)]


def _secrets(folder: Path) -> list[str]:
    kept = [(folder / name).read_text().strip() for name in ("api_key", "simulator_key")]
    password = re.search(r"requirepass (\S+)", (folder / "valkey" / "valkey.conf").read_text())
    assert password
    return [*kept, password[1], sha256(kept[1].encode()).hexdigest()]


def test_r24_a_second_up_on_the_same_folder_is_refused_and_harms_nothing(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    first = Up(tmp_path / "data", free_port)
    ups.append(first)
    eventually((tmp_path / "data" / "lock").exists, within=UP_S)

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
    log = tmp_path / "data" / "logs" / f"{seen}.log"
    eventually(lambda: log.exists() or up.process.poll() is not None, within=UP_S)
    assert up.process.poll() is None, up.output

    os.kill(up.process.pid, signal.SIGINT)

    assert up.ends() == 0
    assert up.children() == {}
    assert "everything is stopped" in up.output


def test_r24_a_killed_child_is_started_again_while_the_rest_runs_on(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    up = Up(tmp_path / "data", free_port)
    ups.append(up)
    up.wait_until_up()
    children = up.children()

    for name in ("valkey", "engine"):
        psutil.Process(children[name]).kill()

    assert eventually(lambda: "valkey started again" in up.output and "engine started again" in up.output, within=UP_S)
    assert up.process.poll() is None
    os.kill(up.process.pid, signal.SIGTERM)
    assert up.ends() == 0


def test_another_carrier_on_the_same_folder_is_refused_naming_both(
    tmp_path: Path, free_port: int, ups: list[Up]
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


def test_started_again_on_the_same_folder_a_running_campaign_goes_on(
    tmp_path: Path, free_port: int, ups: list[Up]
) -> None:
    first = Up(tmp_path / "data", free_port, "--time-scale", "20")
    ups.append(first)
    first.wait_until_up()
    campaign = start_campaign(first, tmp_path)
    eventually(lambda: dialed(first, campaign) >= 2, within=UP_S, every=0.3)
    os.kill(first.process.pid, signal.SIGTERM)
    assert first.ends() == 0

    second = Up(tmp_path / "data", free_port, "--time-scale", "20")
    ups.append(second)
    second.wait_until_up()

    assert eventually(lambda: dialed(second, campaign) == 8, within=UP_S, every=0.3)
