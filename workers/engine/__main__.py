"""The engine: dispatch, advance, settle, sweep, fetch, notify, each a loop; any number may run, all active."""

from __future__ import annotations

import argparse
import logging
import signal
import threading
from collections.abc import Callable, Sequence
from functools import partial

from orchestrator.logs import log_to_stderr
from orchestrator.operations.calls.finalize_calls import CallFinalizer
from orchestrator.operations.calls.warm_flow_cache import warm_flow_cache
from orchestrator.operations.dialing.claim_contacts import Claimer
from orchestrator.operations.dialing.dispatch_calls import Dispatcher
from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.operations.events.answer_interest import AnswerInterest
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.operations.system.refuse_old_schema import refuse_old_schema
from orchestrator.services import Services, open_services
from orchestrator.settings import load_settings
from orchestrator.store.redis.event_streams import ensure_groups
from orchestrator.store.redis.put_off_calls import take_put_off
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_scripts
from orchestrator.store.redis.told_counts import TELL_EVERY_S, CountTeller
from orchestrator.store.sql.connections import ensure_connection
from orchestrator.traces import begin_tracing
from workers.engine.notifiers import notify_loops
from workers.engine.recording_fetchers import fetch_loops
from workers.engine.stream_consumer import Consumer
from workers.engine.sweepers import sweep_loops
from workers.heartbeat import with_heartbeat
from workers.loops import IDLE, Loop, run_all, run_until_done
from workers.presence import Presence
from workers.priority import yield_to_live_calls
from workers.tasks.names import CALLS_DIAL, CALLS_PERFORM
from workers.tasks.publish import publish, queued, wake_ups

log = logging.getLogger(__name__)

TICK_S = 0.1
IDLE_TICK_S = 0.5  # how long a campaign that was just started waits at most
ADVANCE_EVERY_S = 0.0025  # an event may be so late when many come: what comes meanwhile shares its round trips
TIMERS_EVERY_S = 0.05
IDLE_TIMERS_S = 0.2  # how late the first timer may be that is set when there was none
FLOWS_EVERY_S = 2.0
ANSWERS_EVERY_S = 2.0
UNMATCHED_WAIT_MS = 1_000  # for another engine that learns the call of a leg at the same moment
SETTLE_EVERY_S = 0.5
_TIMERS_AT_ONCE, _NO_TIMERS = 500, -1


def dispatch_loops(services: Services) -> list[Loop]:
    """Return the loop that claims contacts and publishes their dials."""
    claimer = Claimer(
        sql=services.sql,
        client=services.redis,
        flows=services.flows,
        webhook_url=services.settings.webhook_url,
        keys=services.keys,
        caps=services.caps,
        call_estimate=services.settings.call_estimate,
    )
    dispatcher = Dispatcher(
        sql=services.sql,
        client=services.redis,
        claimer=claimer,
        connection_id=services.settings.connection_id(),
        in_queue=lambda: queued(CALLS_DIAL),
        keys=services.keys,
    )

    def tick() -> object:
        publish(CALLS_DIAL, dispatcher.dispatch_calls())
        return IDLE if dispatcher.is_idle else None

    return [Loop("dispatch", tick, TICK_S, idle_s=IDLE_TICK_S)]


def advance_loops(services: Services) -> list[Loop]:
    """Return the loops that take events to decisions, unmatched events to their calls, and due timers to events."""
    connection_id = services.settings.connection_id()
    inbound = InboundCalls(
        sql=services.sql,
        client=services.redis,
        flows=services.flows,
        keys=services.keys,
        connection_id=connection_id,
        join_days=services.settings.inbound_join_days,
    )
    interest = AnswerInterest(client=services.redis, keys=services.keys)
    processor = partial(
        EventProcessor,
        client=services.redis,
        flows=services.flows,
        connection_id=connection_id,
        connections=services.connections,
        keys=services.keys,
        wake_ups=wake_ups(CALLS_PERFORM),
        tells_answers=interest,
    )
    events = Consumer(services.redis, services.keys.events, processor().process_events, keys=services.keys)
    # A loop of their own: known calls go on while unmatched events wait for the database.
    unmatched_processor = processor(inbound=inbound, wait_ms=UNMATCHED_WAIT_MS)
    unmatched = Consumer(
        services.redis,
        services.keys.unmatched,
        unmatched_processor.process_events,
        keys=services.keys,
        left_behind_ms=UNMATCHED_WAIT_MS,
    )
    fire = ScriptCall("fire_timers", [services.keys.timers, services.keys.events], [_TIMERS_AT_ONCE])
    take = take_put_off(services.keys)

    def fire_timers() -> object:
        """Turn due timers into events, and wake calls whose command was put off: each call that lives has a timer."""
        answers = run_scripts(services.redis, [fire, take])
        raise_errors(answers)
        fired, over = answers
        publish(CALLS_PERFORM, [call_id.decode() for call_id in over])
        return IDLE if fired == _NO_TIMERS else None

    return [
        Loop("advance", events.consume, ADVANCE_EVERY_S, close=events.retire),
        Loop("strays", unmatched.consume, 0.0, close=unmatched.retire),
        Loop("flows", lambda: warm_flow_cache(services.sql, services.flows), FLOWS_EVERY_S),
        Loop("answers", interest.look, ANSWERS_EVERY_S),
        Loop("timers", fire_timers, TIMERS_EVERY_S, idle_s=IDLE_TIMERS_S),
    ]


def settle_loops(services: Services) -> list[Loop]:
    """Return the loop that writes ended calls to the record."""
    finalizer = CallFinalizer(sql=services.sql, client=services.redis, keys=services.keys)
    consumer = Consumer(services.redis, services.keys.ended, finalizer.finalize_calls, keys=services.keys)
    # A record may be a moment late: a batch of ten costs little more than one call.
    return [Loop("settle", consumer.consume, SETTLE_EVERY_S, close=consumer.retire)]


PARTS: dict[str, Callable[[Services], list[Loop]]] = {
    "dispatch": dispatch_loops,
    "advance": advance_loops,
    "settle": settle_loops,
    "sweep": sweep_loops,
    "fetch": fetch_loops,
    "notify": notify_loops,
}


def run_engine(only: Sequence[str] = ()) -> None:
    """Run the engine's parts (all of them, or those named) until SIGTERM or SIGINT; finishes the steps under way."""
    settings = load_settings()
    log_to_stderr(settings.log_format, settings.log_level)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if set(only) == {"dispatch"}:
        yield_to_live_calls()
    end_tracing = begin_tracing(settings.otlp_endpoint, process="engine")
    services = open_services(settings, by_index=True)
    run_until_done(lambda: refuse_old_schema(services.sql), stop)
    loops = [loop for name in only or PARTS for loop in PARTS[name](services)]
    loops.append(counts_loop(services, only or list(PARTS)))
    run_until_done(lambda: prepare(services), stop)
    log.info("engine runs: %s", ", ".join(loop.name for loop in loops))
    run_all([with_heartbeat(loop, services.settings.heartbeat_dir) for loop in loops], stop)
    services.close()
    end_tracing()


def counts_loop(services: Services, parts: Sequence[str]) -> Loop:
    """Return the loop that tells what this process has counted, and that it lives."""
    teller = CountTeller(services.redis, services.keys)
    presence = Presence(services.redis, services.keys, kind="engine", parts=parts)

    def tell() -> None:
        teller.tell()
        presence.show()

    def close() -> None:
        teller.tell()
        presence.hide()

    return Loop("counts", tell, TELL_EVERY_S, close=close)


def prepare(services: Services) -> None:
    """Make sure of what every part leans on: the groups of the streams and the row of the connection."""
    ensure_groups(services.redis, services.keys)
    with services.sql.begin() as tx:
        ensure_connection(tx, services.settings)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(prog="workers.engine", description=__doc__)
    usage = "run this part alone; may be repeated"
    parser.add_argument("--only", action="append", choices=PARTS, default=[], help=usage)
    run_engine(parser.parse_args().only)


if __name__ == "__main__":
    main()
