"""The disk fills in mid-campaign: `up` waits, says so, and goes on once there is room, with nothing lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.campaigns_by_cli import dialed, start_campaign
from tests.support.full_disk import SmallDisk, small_disk
from tests.support.poll import eventually
from tests.support.up import UP_S, Up


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "small", megabytes=400) as disk:
        yield disk


@pytest.fixture
def up(disk: SmallDisk, tmp_path: Path, free_port: int) -> Iterator[Up]:
    """Yield a stack whose data lie on the small disk, and whose screen does not."""
    (tmp_path / "data").symlink_to(disk.folder / "data")
    (disk.folder / "data").mkdir()
    up = Up(tmp_path / "data", free_port, "--time-scale", "20")
    yield up
    up.clear_away()


def test_a_full_disk_is_waited_for_and_the_campaign_goes_on(disk: SmallDisk, up: Up, tmp_path: Path) -> None:
    up.wait_until_up()
    campaign = start_campaign(up, tmp_path)
    eventually(lambda: dialed(up, campaign) >= 2, within=UP_S, every=0.3)

    disk.fill()

    # Filled again and again: a store that ends gives back the room of the file that it was just writing.
    eventually(lambda: disk.fill() or "valkey ended with status" in up.output, within=UP_S, every=0.3)
    eventually(lambda: disk.fill() or "is full: make room" in _not_ready(up), within=UP_S, every=0.3)
    assert "is full: what ends is started again once there is room" in up.output
    assert up.process.poll() is None

    disk.empty()

    eventually(lambda: "has room again" in up.output, within=UP_S)
    eventually(lambda: dialed(up, campaign) == 8, within=2 * UP_S, every=0.3)
    assert "has room again" in (disk.folder / "data" / "logs" / "up.log").read_text()
    os.kill(up.process.pid, signal.SIGTERM)
    assert up.ends() == 0


def _not_ready(up: Up) -> str:
    """Return what /readyz says while it says 503; empty while it does not answer."""
    try:
        readiness = requests.get(f"http://127.0.0.1:{up.port}/readyz", timeout=30)
    except requests.RequestException:
        return ""
    return readiness.text if readiness.status_code == 503 else ""
