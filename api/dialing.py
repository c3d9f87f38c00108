"""The switch above all campaigns."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel

from api.routes import Resource
from orchestrator.operations.stop_dialing import resume_dialing, stop_dialing
from orchestrator.wiring import House

resource = Resource("dialing")


class DialingView(BaseModel):
    """Whether anything is dialed; `in_flight` counts the calls that go on to their end."""

    status: Literal["running", "stopped"]
    in_flight: int | None = None


@resource.route("POST", "/v1/dialing/stop", gives={200: DialingView})
def stop(house: House) -> DialingView:
    """Stop all dialing, in every campaign and across restarts.

    After the answer nothing is dialed any more until dialing is resumed.
    """
    return DialingView(status="stopped", in_flight=stop_dialing(house))


@resource.route("POST", "/v1/dialing/resume", gives={200: DialingView})
def resume(house: House) -> DialingView:
    """Let running campaigns dial again."""
    resume_dialing(house)
    return DialingView(status="running")
