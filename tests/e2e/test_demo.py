"""`make demo`: two hundred people are called, everybody ends somewhere, and nothing is left running."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from orchestrator.cli.demo_people import people_in_the_night, people_on_the_list, people_to_ask, people_to_call
from orchestrator.clock import utc_now
from orchestrator.local_stack.process import session_members
from orchestrator.policy.zones.zone_names import zone_info
from tests.support.poll import eventually
from tests.support.up import command

_DEMO_S = 300.0
README = Path(__file__).resolve().parents[2] / "README.md"


class Demo:
    """One demo with its output in a file, as a build machine sees it."""

    def __init__(self, folder: Path, port: int) -> None:
        folder.mkdir(exist_ok=True)
        self.data, self._output = folder / "data", folder / "demo.out"
        words = ["demo", "--data", str(self.data), "--port", str(port)]
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(**command(*words), stdout=output, stderr=subprocess.STDOUT)

    @property
    def output(self) -> str:
        return self._output.read_text()

    def children(self) -> list[int]:
        return [child["pid"] for child in json.loads((self.data / "children.json").read_text())]

    def clear_away(self) -> None:
        for session in (self.process.pid, *self.children()):
            for pid in session_members(session):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


@pytest.mark.parametrize("hour", range(24))
def test_it_is_day_where_those_live_who_are_called_and_night_where_the_others_live(hour: int) -> None:
    now = datetime(2026, 11, 29, hour, 30, tzinfo=UTC)

    [by_day] = {contact["timezone"] for contact in [*people_to_call(now), *people_on_the_list(now)]}
    [by_night] = {contact["timezone"] for contact in people_in_the_night(now)}

    assert 9 <= now.astimezone(zone_info(by_day)).hour < 18
    assert not 7 <= now.astimezone(zone_info(by_night)).hour < 21


@pytest.fixture
def demo(tmp_path: Path, free_port: int) -> Iterator[Demo]:
    demo = Demo(tmp_path, free_port)
    yield demo
    demo.clear_away()


@pytest.fixture
def two_demos(tmp_path: Path, free_port: int) -> Iterator[list[Demo]]:
    demos = [Demo(tmp_path / name, free_port) for name in ("one", "other")]
    yield demos
    for demo in demos:
        demo.clear_away()


def test_demo_numbers_are_nobodys() -> None:
    now = utc_now()
    people = [*people_to_call(now), *people_in_the_night(now), *people_on_the_list(now), *people_to_ask(now)]
    phones = [contact["phone"] for contact in people]

    assert len(set(phones)) == len({contact["external_id"] for contact in people}) == 215
    assert all(phone[5:10] == "55501" for phone in phones)


def test_the_demo_calls_two_hundred_people_and_ends_with_a_report(demo: Demo) -> None:
    eventually(lambda: "up after" in demo.output, within=_DEMO_S)
    children = demo.children()

    status = demo.process.wait(timeout=_DEMO_S)

    assert status == 0, demo.output
    assert "appointment reminders: today's calls are made" in demo.output
    assert "5 others are asked how their visit was, and recorded" in demo.output
    assert list(demo.data.glob("recordings/*/rec_*.wav"))
    reasons = demo.output.partition("not called, or not again today")[2]
    for line in "6 outside_hours: ", "2 number_day_limit: ", "4 suppressed: ":
        assert line in reasons, demo.output
    assert "What to try next:" in demo.output.partition("everything is stopped")[2]
    assert [
        line for line in _shown_in_the_readme() if not re.search(_of_any_run(line), demo.output, re.MULTILINE)
    ] == []
    for word in ("human", "machine", "busy", "no_answer", "rejected", "not_found", "confirmed", "voicemail"):
        assert word in demo.output
    assert not any(session_members(child) for child in children)
    assert demo.children() == []
    assert sorted(path.name for path in demo.data.parent.iterdir()) == ["data", "demo.out"]


def _shown_in_the_readme() -> list[str]:
    """Return the lines of a demo that the README shows."""
    [box] = re.findall(r"^```\n(running: .+?)^```$", README.read_text(), re.MULTILINE | re.DOTALL)
    return list(box.splitlines())


def _of_any_run(line: str) -> str:
    """Return the pattern of a line: other numbers will do, and anything where it leaves something out."""
    return "^" + re.sub(r"\d+", r"\\d+", re.escape(line)).replace(re.escape("…"), ".*") + "$"


def test_ctrl_c_in_the_middle_of_the_demo_stops_everything_in_order(demo: Demo) -> None:
    eventually(lambda: "running: " in demo.output, within=_DEMO_S)
    children = demo.children()

    os.kill(demo.process.pid, signal.SIGINT)

    assert demo.process.wait(timeout=60) == 130
    assert not any(session_members(child) for child in children)
    assert "was killed" not in demo.output
    assert "everything is stopped" in demo.output
    assert "What to try next:" not in demo.output


def test_two_demos_that_start_at_once_get_servers_of_their_own(two_demos: list[Demo]) -> None:
    eventually(lambda: all("up after" in demo.output for demo in two_demos), within=_DEMO_S)
    addresses = [json.loads((demo.data / "addresses.json").read_text()) for demo in two_demos]
    for demo in two_demos:
        os.kill(demo.process.pid, signal.SIGINT)

    assert [demo.process.wait(timeout=60) for demo in two_demos] == [130, 130]
    assert addresses[0]["api"] != addresses[1]["api"]
    assert addresses[0]["redis_url"] != addresses[1]["redis_url"]
