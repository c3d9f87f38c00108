"""The command line against a running stack: from a flow file to a report, and one call told as it happens."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from orchestrator.local_stack.ports import free_port as any_free_port
from tests.support.campaigns_by_cli import AT_ANY_HOUR
from tests.support.poll import eventually
from tests.support.up import Up

_FLOW = str(Path(__file__).parents[2] / "orchestrator" / "flow" / "samples" / "appointment.yaml")
_FOR_ANYBODY = """
name: reception
start: bye
inbound: away
steps: {away: {reject: {cause: USER_BUSY}}, bye: {hangup: {}}}
"""
_MUSIC = """
name: music
start: play
steps:
  play: {playback_start: {audio_url: "https://example.com/a.mp3", loop: infinity}, on: {call.playback.ended: bye}}
  bye: {hangup: {}}
"""
_ANYBODY = (
    "--from",
    "+13125550100",
    "--flow",
    _FLOW,
    "--var",
    "first_name=A",
    "--var",
    "appointment=B",
    "--ignore-hours",
    "--because",
    "a test",
)


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    up = Up(tmp_path_factory.mktemp("cli") / "data", any_free_port(), "--time-scale", "10", "--flower")
    try:
        up.wait_until_up()
        yield up
    finally:
        up.clear_away()


@pytest.fixture
def contacts(tmp_path: Path) -> str:
    file = tmp_path / "contacts.csv"
    rows = [f"+1202555010{n},Person {n},Monday at 9" for n in range(8)]
    file.write_text("\n".join(["phone,first_name,appointment", *rows, "12,Wrong,never"]))
    return str(file)


@pytest.fixture
def reception(tmp_path: Path) -> str:
    file = tmp_path / "reception.yaml"
    file.write_text(_FOR_ANYBODY)
    return str(file)


def _create(up: Up, *options: str) -> str:
    made = up.run("campaign", "create", "reminders", "--flow", _FLOW, "--caller-id", "+13125550100", *options)
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def test_a_campaign_goes_from_a_flow_file_to_a_report(up: Up, contacts: str, tmp_path: Path) -> None:
    campaign = _create(up, *AT_ANY_HOUR, "--calls-per-second", "10", "--max-attempts", "1")
    imported = up.run("campaign", "import", campaign, contacts)
    started = up.run("campaign", "start", campaign)
    watched = up.run("campaign", "watch", campaign, "--every", "0.3")
    reported = up.run("campaign", "report", campaign, "--csv", str(tmp_path / "results.csv"))

    assert "8 accepted, 0 duplicates, 1 invalid" in imported.stdout
    assert "row" in imported.stdout.splitlines()[1]
    assert started.stdout.startswith("reminders is running")
    assert watched.returncode == 0
    assert watched.stdout.splitlines()[-1].startswith("completed: 8 of 8 contacts done")
    assert "contacts: 8" in reported.stdout
    with (tmp_path / "results.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 8


def test_a_campaign_is_paused_resumed_and_canceled(up: Up, contacts: str) -> None:
    campaign = _create(up, *AT_ANY_HOUR, "--calls-per-second", "0.1")
    up.run("campaign", "import", campaign, contacts)

    said = [up.run("campaign", verb, campaign).stdout for verb in ("start", "pause", "resume", "cancel")]

    states = [re.sub(r",.*", "", line.strip()) for line in said]
    assert states == [f"reminders is {state}" for state in ("running", "paused", "running", "canceled")]


def test_one_call_is_told_as_it_happens(up: Up) -> None:
    words = ["--to", "+14155550177", "--from", "+13125550100", "--flow", _FLOW, "--ignore-hours", "--because", "a test"]

    told = up.run("call", "dial", *words, "--var", "first_name=Ada", "--var", "appointment=Monday")

    assert told.returncode == 0, told.stdout + told.stderr
    assert "→ +14155550177" in told.stdout
    assert "status ended, disposition" in told.stdout
    call = told.stdout.split()[0]
    shown = up.run("call", "show", call)
    assert "call.hangup" in shown.stdout


def test_a_live_call_is_commanded_and_told_what_became_of_it(up: Up, tmp_path: Path) -> None:
    (tmp_path / "music.yaml").write_text(_MUSIC)  # in silence, the callee would be gone before we act
    words = ["--from", "+13125550100", "--flow", str(tmp_path / "music.yaml"), "--ignore-hours", "--because", "a test"]
    dialed = up.run("call", "dial", "--to", "+12025550110", *words, "--no-wait")
    call = dialed.stdout.split()[0]
    eventually(lambda: "call.answered" in up.run("call", "show", call).stdout, within=60, every=0.2)

    sent = up.run("call", "act", call, "send_dtmf", "--field", "digits=1")

    command_id, *told = sent.stdout.splitlines()
    assert sent.returncode == 0, sent.stdout + sent.stderr
    assert re.fullmatch(r"[0-9a-f-]{36}", command_id)
    assert [re.split(r"\s+", line.strip())[1:3] for line in told] == [
        ["←", "action.requested"],
        ["→", "send_dtmf"],
        ["←", "command.accepted"],
    ]


def test_a_number_is_mapped_listed_changed_and_removed(up: Up, reception: str) -> None:
    number = "+13125550100"
    mapped = up.run("number", "map", "--number", number, "--flow", reception, "--join-days", "0")
    changed = up.run("number", "change", number, "--flow", "reception", "--join-days", "30")
    listed = up.run("number", "list")
    removed = up.run("number", "remove", number)
    left = up.run("number", "list")

    assert mapped.returncode == 0, mapped.stderr
    number_id = mapped.stdout.split()[0]
    assert mapped.stdout == f"{number_id} {number} → reception version 1, joins nobody\n"
    said = f"{number_id} {number} → reception version 1, joins callers dialed within 30 days\n"
    assert (changed.stdout, listed.stdout) == (said, said)
    assert (removed.stdout, removed.returncode, left.stdout) == (f"{number} takes no calls any more\n", 0, "")


def test_a_number_that_is_mapped_already_tells_how_to_change_it(up: Up, reception: str) -> None:
    words = ["--number", "+13125550111", "--flow", reception]
    mapped = up.run("number", "map", *words)

    again = up.run("number", "map", *words)

    up.run("number", "remove", mapped.stdout.split()[0])
    assert again.returncode == 1
    assert f"`orchestrator number change +13125550111 --flow {reception}`" in again.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["call", "act", "call_01JZZZZZZZZZZZZZZZZZZZZZZZ", "hangup"], "(404)"),
        (["call", "act", "call_01JZZZZZZZZZZZZZZZZZZZZZZZ", "speek"], "did you mean speak?"),
        (["call", "act", "call_01JZZZZZZZZZZZZZZZZZZZZZZZ", "speak", "--json", "[]"], "an object"),
        (["call", "act", "call_01JZZZZZZZZZZZZZZZZZZZZZZZ", "speak", "--json", "{"], "not JSON"),
        (["campaign", "start", "cmp_01JZZZZZZZZZZZZZZZZZZZZZZZ"], "(404)"),
        (["campaign", "--key", "wrong", "start", "cmp_01JZZZZZZZZZZZZZZZZZZZZZZZ"], "(401)"),
        (["campaign", "create", "x", "--flow", "nothing.yaml", "--caller-id", "+13125550100"], "there is no file"),
        (["campaign", "create", "x", "--flow", _FLOW, "--caller-id", "12"], "--caller-id: "),
        (["call", "dial", "--to", "12", "--flow", _FLOW], "--to: "),
        (["call", "dial", "--to", "+12025550101", "--flow", _FLOW, "--var", "lonely"], "must read name=value"),
        (["number", "map", "--number", "12", "--flow", "reception"], "--number: "),
        (["number", "map", "--number", "+13125550112", "--flow", "nothing"], "--flow: "),
        (["number", "map", "--number", "+13125550112", "--flow", _FLOW], "give these inputs a default"),
        (["number", "change", "+13125550112"], "--flow: say what to change"),
        (["number", "change", "num_01JZZZZZZZZZZZZZZZZZZZZZZZ", "--join-days", "1"], "(404)"),
        (["number", "remove", "+13125550112"], "`orchestrator number list`"),
        (["number", "remove", "12"], "NUMBER: "),
        (["call", "--url", "http://127.0.0.1:1", "show", "call_1"], "start one with `orchestrator up`"),
    ],
)
def test_a_refusal_is_told_in_words_and_by_the_exit_status(up: Up, words: list[str], said: str) -> None:
    refused = up.run(*words)

    assert refused.returncode == 1
    assert said in refused.stderr
    assert "Traceback" not in refused.stderr


def test_the_doctor_looks_at_the_stack_of_the_folder_it_is_given(up: Up) -> None:
    told = up.run("doctor").stdout

    assert "✓ Valkey durability" in told and "✓ database" in told
    assert f"✓ recordings folder: {up.folder}/recordings" in told
    assert f"? carrier: the simulator of {up.folder}: no phone rings" in told
    assert "✓ webhook URL" in told and "✓ outbound profile" in told and "✓ public URL" in told
    assert "nothing wrong was found" in told


def test_a_start_without_contacts_is_refused_with_the_reason(up: Up) -> None:
    refused = up.run("campaign", "start", _create(up))

    assert refused.returncode == 1
    assert "contact" in refused.stderr


def test_a_bad_flow_is_refused_naming_line_and_step(up: Up, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(Path(_FLOW).read_text().replace("goto: thanks", "goto: thansk"))

    refused = up.run("campaign", "create", "x", "--flow", str(bad), "--caller-id", "+13125550100")

    assert refused.returncode == 1
    assert re.search(r"line \d+, step greet: .*thansk", refused.stderr)


def test_flower_shows_both_tasks_with_ids_and_no_phone_numbers(up: Up) -> None:
    password = re.search(r"admin, (\S+)", up.output)
    address = re.search(r"Flower\s+(\S+)", up.output)
    assert password and address, up.output
    numbers = (f"+1415555{number}" for number in range(1000, 2000))

    def tasks() -> list[dict[str, str]]:
        # Flower switches the workers' events on when it has found them: a call before that is not seen.
        up.run("call", "dial", "--to", next(numbers), *_ANYBODY, "--no-wait")
        found = requests.get(f"{address[1]}/api/tasks", auth=("admin", password[1]), timeout=30).json().values()
        seen = [task for task in found if task["args"]]  # of the others it has seen the end alone
        is_over = any(task["result"] for task in seen)
        return seen if is_over and {task["name"] for task in seen} >= {"calls.dial", "calls.perform"} else []

    shown = eventually(tasks, within=60, every=0.5)

    assert all(re.fullmatch(r"\('call_[0-9A-Z]{26}',\)", task["args"]) for task in shown)
    counts = [task["result"] for task in shown if task["result"]]
    assert all(re.fullmatch(r"\{'calls': [1-9]\d*, 'failed': 0\}", count) for count in counts)
