"""The heartbeat of a Celery worker, by the timer of the loop that takes messages from the broker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from celery.bootsteps import StartStopStep

from orchestrator.settings import load_settings
from workers.heartbeat import beat

_EVERY_S = 5.0


class WorkerHeartbeat(StartStopStep):  # type: ignore[misc]  # Celery ships no types
    """Beats while the worker consumes; silent while it has no broker."""

    requires = ("celery.worker.consumer.tasks:Tasks",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._folder: Path | None = load_settings().heartbeat_dir
        self._timer: Any = None

    def start(self, parent: Any) -> None:
        """Beat now and every few seconds."""
        if self._folder is not None:
            beat(self._folder, "worker")
            self._timer = parent.timer.call_repeatedly(_EVERY_S, beat, (self._folder, "worker"))

    def stop(self, parent: Any) -> None:  # noqa: ARG002 the name of a bootstep's argument is Celery's
        """Beat no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
