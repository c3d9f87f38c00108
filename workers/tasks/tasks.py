"""The two tasks. Each carries a call id, is safe to run 0, 1 or n times, and leaves all else to its operation."""

from __future__ import annotations

from functools import cache

from orchestrator.ids import new_id
from orchestrator.operations.calls.send_commands import Performer
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.services import House, open_house
from orchestrator.store.sql.flow_cache import FlowShelf
from workers.tasks.app import app
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM


@app.task(name=CALLS_DIAL)  # type: ignore[untyped-decorator]  # Celery ships no types
def dial(call_id: str) -> None:
    """Dial one attempt, if the ledger permits it."""
    _dialer().dial_call(call_id)


@app.task(name=CALLS_PERFORM)  # type: ignore[untyped-decorator]
def perform(call_id: str) -> None:
    """Send what waits in one call's outbox."""
    _performer().perform_commands(call_id, token=new_id("req"))


@cache
def _house() -> House:
    return open_house()


@cache
def _dialer() -> Dialer:
    house = _house()
    return Dialer(sql=house.sql, client=house.redis, carrier=house.carrier, flows=FlowShelf(house.sql), caps=house.caps)


@cache
def _performer() -> Performer:
    house = _house()
    return Performer(client=house.redis, carrier=house.carrier, web=house.web, streams=house.streams)
