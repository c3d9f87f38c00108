"""Logs stay short, and a full disk costs no more than lines."""

from __future__ import annotations

import stat
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from orchestrator.local_stack.banner import line_printer
from orchestrator.local_stack.log_files import add_line, open_append, truncate_log
from tests.support.full_disk import nothing_more_written

_NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_a_long_log_is_put_away_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    with open_append(log) as writer:
        writer.write(b"before\n")
        writer.flush()

        truncate_log(log, longest=3)

        writer.write(b"after\n")
    assert log.read_text() == "after\n"
    assert (tmp_path / "engine.log.1").read_text() == "before\n"
    assert stat.S_IMODE((tmp_path / "engine.log.1").stat().st_mode) == 0o600


def test_a_short_log_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("all of it\n")

    truncate_log(log)

    assert [path.name for path in tmp_path.iterdir()] == ["engine.log"]
    assert log.read_text() == "all of it\n"


def test_where_there_is_no_room_for_the_copy_a_long_log_makes_room(tmp_path: Path) -> None:
    log = tmp_path / "engine.log"
    log.write_text("much\n" * 1_000)

    with nothing_more_written():
        truncate_log(log, longest=3)

    assert log.stat().st_size == 0
    assert [path.name for path in tmp_path.iterdir()] == ["engine.log"]


def test_a_log_that_is_not_there_is_no_trouble(tmp_path: Path) -> None:
    truncate_log(tmp_path / "engine.log")

    assert list(tmp_path.iterdir()) == []


def test_a_line_that_the_disk_does_not_take_is_lost_and_the_next_one_is_not(tmp_path: Path) -> None:
    log = tmp_path / "up.log"

    with nothing_more_written():
        add_line(log, "no room", at=_NOON)
    add_line(log, "room again", at=_NOON)

    assert log.read_text() == "2026-11-28T12:00:00Z room again\n"


def test_a_screen_whose_disk_is_full_ends_nothing() -> None:
    full = open("/dev/full", "w")  # noqa: PTH123, SIM115 a device, closed below
    say = line_printer(Console(file=full))

    say("the disk is full")
    say("[/and] there is markup in a path")

    with suppress(OSError):
        full.close()
