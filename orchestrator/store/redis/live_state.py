"""Writes and reads the state of a live call; the state that a newer version wrote is left to its engines."""

from __future__ import annotations

import orjson
from pydantic import BaseModel, ConfigDict

from orchestrator.errors import NewerLiveState
from orchestrator.model.live_call import FIRST_SCHEMA, LIVE_SCHEMA, LiveCall


class _Head(BaseModel):
    model_config = ConfigDict(extra="ignore")

    schema_no: int = FIRST_SCHEMA
    call_id: str = ""


# Scripts read the phase, and a state without a number was written by the first version.
_ALWAYS_WRITTEN = {"schema_no", "phase"}
_LEFT_OUT = {name: field.default for name, field in LiveCall.model_fields.items() if name not in _ALWAYS_WRITTEN}
_NOTHING = object()


def write_state(call: LiveCall) -> bytes:
    """Return the call as JSON, as pydantic would write it in three times the time; every event writes one.

    Fields at their default are left out, but for empty objects: each write is sent, kept and appended to a file.
    """
    fields = {name: value for name, value in vars(call).items() if value is not _LEFT_OUT.get(name, _NOTHING)}
    try:
        return orjson.dumps(fields, default=vars, option=orjson.OPT_UTC_Z)
    except orjson.JSONEncodeError:  # an integer of more than 64 bits
        return call.model_dump_json().encode()


def read_state(raw: bytes) -> LiveCall:
    """Return the call in `raw`, as this version would have written it.

    Raises NewerLiveState for what a newer version wrote: what it means cannot be known here, and what this version does
    not know would be lost when it is written again. What an older one wrote lacks only fields that have a default.
    """
    head = _Head.model_validate_json(raw)
    if head.schema_no > LIVE_SCHEMA:
        raise NewerLiveState(head.call_id, head.schema_no)
    call = LiveCall.model_validate_json(raw)
    return call if call.schema_no == LIVE_SCHEMA else call.model_copy(update={"schema_no": LIVE_SCHEMA})
