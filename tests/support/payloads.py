"""Whether our own models read a webhook's payload whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from orchestrator.telnyx.payloads import PAYLOADS, read_payload


def unread(event_type: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what was told and not taken in: an unknown type, fields nobody announced, values nobody could read."""
    if event_type not in PAYLOADS:
        return [event_type]
    read = read_payload(event_type, payload)
    return [*_extras(read), *_missing(read, payload)]


def _extras(read: BaseModel) -> list[str]:
    found = list(read.model_extra or {})
    for value in read.__dict__.values():
        for inner in value if isinstance(value, tuple) else (value,):
            found += _extras(inner) if isinstance(inner, BaseModel) else []
    return found


def _missing(read: BaseModel, told: Mapping[str, Any]) -> list[str]:
    names = {field.alias or name: name for name, field in type(read).model_fields.items()}
    announced = [name for name, value in told.items() if value is not None and name in names]
    return [name for name in announced if getattr(read, names[name]) is None]
