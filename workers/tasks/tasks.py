"""The two tasks. Each carries a call id, is safe to run 0, 1 or n times, and leaves all else to its operation.

A task serves the call it came for, and then every call that is ready while its shift lasts.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, partial

from celery.signals import worker_shutting_down

from orchestrator.ids import new_id
from orchestrator.logs import request_id
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.calls.send_http_step import open_http_step_client
from orchestrator.operations.dialing.dial_call import SENDS_AT_ONCE, Dialer
from orchestrator.services import Services, open_services
from workers.tasks.app import app
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM
from workers.tasks.publish import ready_calls, send_messages
from workers.tasks.shift import Serve, ShiftBounds, Shifts

_DIALING = ShiftBounds(threads=8, calls_at_once=SENDS_AT_ONCE // 8)  # nothing permitted waits for a thread to send it
_SENDING = ShiftBounds(threads=64, calls_at_once=1)


@app.task(name=CALLS_DIAL)  # type: ignore[untyped-decorator]  # Celery ships no types
def dial(call_id: str) -> dict[str, int]:
    """Dial one attempt, if the ledger permits it, and what else is to be dialed while the shift lasts."""
    with request_id(dial.request.id):
        return _dial_shifts().begin(call_id)


@app.task(name=CALLS_PERFORM)  # type: ignore[untyped-decorator]
def perform(call_id: str) -> dict[str, int]:
    """Send what waits in one call's outbox, and in those of the calls that are ready while the shift lasts."""
    with request_id(perform.request.id):
        return _command_shifts().begin(call_id)


def served() -> tuple[int, bool]:
    """Return how many calls this process has served, and whether a shift of it takes calls."""
    begun = [shifts() for shifts in (_dial_shifts, _command_shifts) if shifts.cache_info().currsize]
    return sum(each.calls for each in begun), any(each.is_on for each in begun)


@worker_shutting_down.connect  # type: ignore[untyped-decorator]
def _close_shifts(**_: object) -> None:
    for shifts in (_dial_shifts, _command_shifts):
        if shifts.cache_info().currsize:
            shifts().close()


@cache
def _dial_shifts() -> Shifts:
    return _shifts(CALLS_DIAL, _dialer().dial_calls, _DIALING)


@cache
def _command_shifts() -> Shifts:
    return _shifts(CALLS_PERFORM, _send_commands, _SENDING)


def _send_commands(call_ids: Sequence[str]) -> None:
    for call_id in call_ids:
        _sender().send_commands(call_id, token=new_id("req"))


def _shifts(task: str, serve: Serve, bounds: ShiftBounds) -> Shifts:
    return Shifts(ready_calls(task), serve, bounds=bounds, send_messages=partial(send_messages, task))


@cache
def _services() -> Services:
    return open_services(by_index=True)


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
        sql=services.sql,
        client=services.redis,
        carrier=services.carrier,
        web=open_http_step_client(services.settings),
        streams=services.streams,
        keys=services.keys,
    )
