"""The loops that tell the outside: one puts events in order, many deliver them, waiting for somebody's network."""

from __future__ import annotations

from orchestrator.operations.notify.deliver_events import EventDeliverer
from orchestrator.operations.notify.endpoint_slots import EndpointSlots
from orchestrator.operations.notify.order_events import EventOrder
from orchestrator.operations.notify.want_answers import want_answers_for_endpoints
from orchestrator.operations.recordings.lookout import Lookout
from orchestrator.services import Services
from workers.loops import IDLE, Loop

DELIVERERS = 8
PER_ENDPOINT = 4
_ORDER_EVERY_S = 1.0  # each time costs a transaction, however few events there are
_IDLE_S = 1.0  # how late the first event may be read after a while without one
_DELIVER_EVERY_S = 0.25
_IDLE_DELIVERER_S = 2.0  # of eight that take turns the first is there much sooner
_WANT_EVERY_S = 15.0  # four times within the minute for which a wish holds
_LOOK_EVERY_S = 2.0  # for what is to be tried again; what is new is told by the loop that has put it in order


def notify_loops(services: Services) -> list[Loop]:
    """Return the loops."""
    order, lookout, slots = EventOrder(services.sql), Lookout(_LOOK_EVERY_S), EndpointSlots(PER_ENDPOINT)

    def put_in_order() -> object:
        offered_before = order.offered
        ordered = order.order_events()
        if order.offered > offered_before:
            lookout.found()
        return ordered or IDLE

    def want_answers() -> None:
        want_answers_for_endpoints(services.sql, services.redis, services.keys)

    deliverers = [_deliverer(services, slots, lookout) for _ in range(DELIVERERS)]
    return [
        Loop("answers wanted", want_answers, _WANT_EVERY_S),
        Loop("order", put_in_order, _ORDER_EVERY_S, idle_s=_IDLE_S),
        *(_deliver_loop(f"notify-{n}", each) for n, each in enumerate(deliverers, 1)),
    ]


def _deliver_loop(name: str, deliverer: EventDeliverer) -> Loop:
    def deliver() -> object:
        return deliverer.deliver_events() or IDLE

    return Loop(name, deliver, _DELIVER_EVERY_S, interrupt=deliverer.interrupt, idle_s=_IDLE_DELIVERER_S)


def _deliverer(services: Services, slots: EndpointSlots, lookout: Lookout) -> EventDeliverer:
    return EventDeliverer(
        sql=services.sql,
        slots=slots,
        trusted=services.settings.trusted_by_name,
        egress=services.settings.egress,
        lookout=lookout,
    )
