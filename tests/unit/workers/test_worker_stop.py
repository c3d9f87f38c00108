"""A worker that is told to end does not sleep on until its loop looks again by itself."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from threading import Timer
from time import monotonic
from typing import Any

import pytest
from celery.signals import worker_shutting_down
from kombu.asynchronous import Hub, get_event_loop, set_event_loop

import workers.tasks.app  # noqa: F401 whose signal handler this is about

_POLLS_FOR_S = 30.0


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Return a loop as a worker has one, with a connection to wait for: it looks up by itself after half a minute."""
    before = get_event_loop()
    read, write = os.pipe()
    hub = Hub()
    set_event_loop(hub)
    hub.call_later(3600.0, lambda: None)
    hub.fire_timers = lambda **_: _POLLS_FOR_S
    hub.add_reader(read, lambda: None)
    yield hub
    set_event_loop(before)
    hub.close()
    for end in (read, write):
        os.close(end)


def test_a_worker_that_gets_a_signal_to_end_looks_up_at_once(hub: Hub) -> None:
    def as_celery_does(*_: Any) -> None:
        worker_shutting_down.send(sender="dials@here", sig="SIGTERM", how="Warm", exitcode=0)

    before = signal.signal(signal.SIGUSR1, as_celery_does)
    later = Timer(0.2, os.kill, (os.getpid(), signal.SIGUSR1))
    later.start()
    try:
        began = monotonic()
        next(hub.create_loop(), None)

        assert monotonic() - began < _POLLS_FOR_S / 2
    finally:
        later.join()
        signal.signal(signal.SIGUSR1, before)
