"""The loops that tell the outside: events are put in order, then delivered."""

from __future__ import annotations

from orchestrator.operations.notify.order_events import EventOrder
from orchestrator.services import Services
from workers.loops import IDLE, Loop

_ORDER_EVERY_S = 0.25
_IDLE_S = 0.5  # how late the first event may be read after a while without one


def notify_loops(services: Services) -> list[Loop]:
    """Return the loop that puts events in order."""
    order = EventOrder(services.sql)

    def put_in_order() -> object:
        return order.order_events() or IDLE

    return [Loop("order", put_in_order, _ORDER_EVERY_S, idle_s=_IDLE_S)]
