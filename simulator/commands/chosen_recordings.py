"""Which recordings of a leg a command means: the one it names, or all that still run."""

from __future__ import annotations

from simulator.call.recording import Recording
from simulator.commands.base import Body, Shape
from simulator.commands.shared_fields import IDENTITY
from simulator.schema.addresses import Uuid
from simulator.schema.errors import bad_request, not_now
from simulator.state.leg import Leg

CHOSEN = Shape(fields={**IDENTITY, "recording_id": Uuid()})


def running(leg: Leg, body: Body) -> list[Recording]:
    """Return them; raises CarrierError when the named one does not run, or none does."""
    wanted = body.get("recording_id")
    chosen = [r for r in leg.recordings if r.ended_at is None and wanted in (None, r.id)]
    if wanted and not chosen:
        raise bad_request("The recording_id is none that runs on this call.", at="/recording_id")
    if not chosen:
        raise not_now("The call is not being recorded.")
    return chosen
