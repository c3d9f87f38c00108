"""Logs of a process that nobody watches: one line per event, with the call it concerns, to stderr."""

from __future__ import annotations

import logging
import sys

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
_QUIET = ("celery.app.trace", "celery.worker.strategy", "urllib3", "kombu")


class _WithIds(logging.Formatter):
    """Adds the ids that a line was given: `call_id`, `event_id`, `send_no`."""

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        ids = [
            f"{name}={value}" for name in ("call_id", "event_id", "send_no") if (value := getattr(record, name, None))
        ]
        return " ".join([line, *ids])


def log_to_stderr(level: int = logging.INFO) -> None:
    """Send all logs to stderr; a task's own start and end are not worth a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_WithIds(_FORMAT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
