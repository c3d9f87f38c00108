"""The two tasks. Each carries a call id, is safe to run 0, 1 or n times, and leaves all else to its operation."""

from __future__ import annotations

from functools import cache

from orchestrator.ids import new_id
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.calls.send_http_step import open_http_step_client
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.services import Services, open_services
from workers.tasks.app import app
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM


@app.task(name=CALLS_DIAL)  # type: ignore[untyped-decorator]  # Celery ships no types
def dial(call_id: str) -> None:
    """Dial one attempt, if the ledger permits it."""
    _dialer().dial_call(call_id)


@app.task(name=CALLS_PERFORM)  # type: ignore[untyped-decorator]
def perform(call_id: str) -> None:
    """Send what waits in one call's outbox."""
    _sender().send_commands(call_id, token=new_id("req"))


@cache
def _services() -> Services:
    return open_services()


@cache
def _dialer() -> Dialer:
    services = _services()
    return Dialer(
        sql=services.sql,
        client=services.redis,
        carrier=services.carrier,
        flows=services.flows,
        keys=services.keys,
        caps=services.caps,
    )


@cache
def _sender() -> CommandSender:
    services = _services()
    return CommandSender(
        client=services.redis,
        carrier=services.carrier,
        web=open_http_step_client(services.settings),
        streams=services.streams,
        keys=services.keys,
    )
