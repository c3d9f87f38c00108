"""A media receiver and a simulated carrier, started for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.media_receiver import MediaReceiver, media_receiver
from tests.support.simulated_carrier import SimulatedCarrier, simulated_carrier


@pytest.fixture
def receiver(tmp_path: Path, redis_url: str) -> Iterator[MediaReceiver]:
    with media_receiver(tmp_path, redis_url=redis_url) as receiver:
        yield receiver


@pytest.fixture
def carrier() -> Iterator[SimulatedCarrier]:
    with simulated_carrier(time_scale=20) as carrier:
        yield carrier
