"""Logs of every process: one line per event to stderr, as text or as JSON, with the ids that it concerns.

Lines name ids, never a number, a name or a body.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Final, Literal

import orjson

LogFormat = Literal["text", "json"]
LogLevel = Literal["DEBUG", "INFO", "WARNING", "ERROR"]

_TEXT: Final = "%(asctime)s %(levelname)-7s %(name)s %(message)s"
_QUIET: Final = ("celery.app.trace", "celery.worker.strategy", "urllib3", "kombu")
_IDS: Final = ("request_id", "call_id", "event_id", "send_no")
_ACCESS: Final = ("method", "route", "status", "seconds", "about")
_request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


@contextmanager
def request_id(value: str | None) -> Iterator[None]:
    """Let every line that this thread writes meanwhile carry the id of the request, or task, that it works on."""
    token = _request_id.set(value)
    try:
        yield
    finally:
        _request_id.reset(token)


def log_to_stderr(form: LogFormat = "text", level: LogLevel | int = "INFO") -> None:
    """Send all logs from `level` on to stderr; a task's own start and end are not worth a line."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text(_TEXT))
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


class _Text(logging.Formatter):
    """A line for people, with its ids behind it."""

    def format(self, record: logging.LogRecord) -> str:
        return " ".join([super().format(record), *(f"{name}={value}" for name, value in _ids(record).items())])


class _Json(logging.Formatter):
    """An object a line, for programs."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_ids(record),
            **{name: value for name in _ACCESS if (value := getattr(record, name, None)) is not None},
        }
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return orjson.dumps(line, default=str).decode()


def _ids(record: logging.LogRecord) -> dict[str, object]:
    known = {name: value for name in _IDS if (value := getattr(record, name, None)) is not None}
    asked_by = _request_id.get()
    return {"request_id": asked_by, **known} if asked_by and "request_id" not in known else known
