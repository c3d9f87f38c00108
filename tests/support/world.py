"""The engine's operations on real stores, without its processes: a test takes each step itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from itertools import count
from typing import Any, TypeVar

import orjson
import redis
from pydantic import SecretStr
from sqlalchemy import Engine, insert, select, text, update

from orchestrator.clock import rfc3339, utc_now
from orchestrator.ids import new_id
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.calls.finalize_calls import CallFinalizer
from orchestrator.operations.calls.find_calls import CallStory, find_call
from orchestrator.operations.calls.request_command import request_command
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.campaigns.find_campaigns import find_in_force
from orchestrator.operations.campaigns.read_stats import CampaignStats, read_stats
from orchestrator.operations.dialing.claim_contacts import Claimer, RateLimits
from orchestrator.operations.dialing.dial_call import Dialer
from orchestrator.operations.dialing.dispatch_calls import Dispatcher
from orchestrator.operations.dialing.stop_dialing import NO_REASON, stop_dialing
from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.operations.events.process_events import EventProcessor
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.rebuild_redis import Rebuilder
from orchestrator.operations.recovery.reconcile_unknown_calls import Reconciler
from orchestrator.policy.caps import DEFAULT_CAPS, Caps
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.event_streams import add_webhook
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.live_calls import load_live
from orchestrator.store.redis.rate_limiter import RateLimit
from orchestrator.store.redis.scripts import ScriptCall, run_script
from orchestrator.store.sql import tables
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.commands import Command
from tests.support.run_operation import run_operation

T = TypeVar("T")

BECAUSE = "a test at any hour"
CONNECTION = "conn-1"
API_KEY = "test-key"
ZONE = "America/New_York"

GREETING = """
name: greeting
outcomes: [heard, hung_up]
outcome: hung_up
start: greet
steps:
  greet: {speak: {payload: "Hello", voice: female}, outcome: heard, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""

_numbers = count()  # of 555-1000 and up: the tests name numbers of 555-01xx themselves
_events = count(1)

_STANDS_STILL = 1e12  # seconds since boot: no dial is too old here, however slow the machine that runs the test


@dataclass
class World:
    """One installation in a test's hands."""

    sql: Engine
    redis: redis.Redis
    carrier_url: str
    database_url: str
    redis_url: str
    keys: Keys = field(default_factory=Keys)
    in_queue: int = 0  # dials that stand in the queue
    caps: Caps = DEFAULT_CAPS

    @cached_property
    def settings(self) -> Settings:
        here = {"telnyx_base_url": self.carrier_url, "redis_url": self.redis_url, "database_url": self.database_url}
        caps = {f"cap_{name}": getattr(self.caps, name) for name in Caps.model_fields}
        return _of_every_world().model_copy(update={**here, **caps})

    @cached_property
    def services(self) -> Services:
        services = Services(settings=self.settings, stats_kept_s=0)
        services.__dict__.update(sql=self.sql, redis=self.redis, carrier=self.carrier)
        return services

    def run(self, operation: Callable[..., T], *args: Any, **values: Any) -> T:
        """Run an operation with this installation's collaborators."""
        return run_operation(operation, *args, services=self.services, **values)

    def stats(self, campaign_id: str) -> CampaignStats:
        """Return what is counted of a campaign."""
        return self.run(read_stats, self.run(find_in_force, campaign_id))

    def held_by_reason(self, campaign_id: str) -> dict[str, int]:
        """Return how many contacts of a campaign its stats count as held, by reason."""
        held = self.stats(campaign_id).held_by_reason
        return {reason.value: why.contacts for reason, why in held.items()}

    @cached_property
    def carrier(self) -> TelnyxClient:
        return TelnyxClient(base_url=self.carrier_url, api_key=SecretStr("KEYtest"))

    @cached_property
    def flows(self) -> FlowCache:
        return FlowCache(self.sql)

    def find_call(self, call_id: str) -> CallStory:
        return find_call(call_id, sql=self.sql, client=self.redis, keys=self.keys)

    def request_command(self, call_id: str, command: Command, *, request_id: str) -> str:
        stores = {"sql": self.sql, "client": self.redis, "keys": self.keys}
        return request_command(call_id, command, request_id=request_id, now=utc_now(), **stores)

    def stop_dialing(self, *, reason: str = NO_REASON) -> int:
        return stop_dialing(sql=self.sql, client=self.redis, keys=self.keys, now=utc_now(), reason=reason)

    @cached_property
    def claimer(self) -> Claimer:
        return Claimer(
            sql=self.sql,
            client=self.redis,
            flows=self.flows,
            webhook_url=self.settings.webhook_url,
            caps=self.caps,
            call_estimate=self.settings.call_estimate,
            keys=self.keys,
        )

    @cached_property
    def dialer(self) -> Dialer:
        return Dialer(
            sql=self.sql,
            client=self.redis,
            carrier=self.carrier,
            flows=self.flows,
            caps=self.caps,
            keys=self.keys,
            age_clock=lambda: _STANDS_STILL,
        )

    @cached_property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher(
            sql=self.sql,
            client=self.redis,
            claimer=self.claimer,
            connection_id=CONNECTION,
            in_queue=lambda: self.in_queue,
            keys=self.keys,
        )

    @cached_property
    def sender(self) -> CommandSender:
        return CommandSender(sql=self.sql, client=self.redis, carrier=self.carrier, keys=self.keys)

    @cached_property
    def processor(self) -> EventProcessor:
        return EventProcessor(client=self.redis, flows=self.flows, connection_id=CONNECTION, keys=self.keys)

    @cached_property
    def inbound_calls(self) -> InboundCalls:
        return InboundCalls(
            sql=self.sql,
            client=self.redis,
            flows=self.flows,
            keys=self.keys,
            connection_id=CONNECTION,
            join_days=7,
        )

    @cached_property
    def unmatched_processor(self) -> EventProcessor:
        return EventProcessor(
            client=self.redis, flows=self.flows, connection_id=CONNECTION, inbound=self.inbound_calls, keys=self.keys
        )

    @cached_property
    def finalizer(self) -> CallFinalizer:
        return CallFinalizer(sql=self.sql, client=self.redis, keys=self.keys)

    @cached_property
    def rebuilder(self) -> Rebuilder:
        return Rebuilder(
            sql=self.sql, client=self.redis, carrier=self.carrier, connection_id=CONNECTION, keys=self.keys
        )

    @cached_property
    def reconciler(self) -> Reconciler:
        return Reconciler(sql=self.sql, client=self.redis, carrier=self.carrier, keys=self.keys)

    def use_carrier(self, url: str) -> None:
        """Talk to another carrier from now on."""
        self.carrier_url = url
        for name in ("settings", "carrier", "services", "dialer", "sender", "rebuilder", "reconciler"):
            self.__dict__.pop(name, None)

    def set_caps(self, **caps: Any) -> None:
        """Start anew with these caps for everybody."""
        self.caps = Caps(**caps)
        for name in ("settings", "services", "claimer", "dialer", "dispatcher"):
            self.__dict__.pop(name, None)

    # -- what stands in the stores -------------------------------------------------------------------------------

    def prepare(self, *, calls_per_second: float = 29.0, max_live_calls: int = 500) -> None:
        """Write the connection and make Redis whole."""
        row = {"id": CONNECTION, "calls_per_second": calls_per_second, "max_live_calls": max_live_calls}
        with self.sql.begin() as tx:
            tx.execute(insert(tables.connections).values(row))
        assert self.rebuilder.watch()

    def prepare_again(self) -> None:
        """Rebuild a Redis that came back empty, without the wait."""
        self.execute("UPDATE installation SET epoch = NULL")
        assert self.rebuilder.watch()

    def flow(self, source: str = GREETING) -> str:
        flow_id = new_id("flow")
        values = {
            "id": flow_id,
            "name": flow_id,
            "version": 1,
            "source": source,
            "content_type": "application/yaml",
            "content_hash": flow_id,
        }
        with self.sql.begin() as tx:
            tx.execute(insert(tables.flows).values(values))
        return flow_id

    def campaign(self, *, flow: str = GREETING, **changes: Any) -> str:
        """Write a running campaign that calls at any hour; `changes` are columns."""
        campaign_id = new_id("cmp")
        values = {
            "id": campaign_id,
            "name": "test",
            "flow_id": self.flow(flow),
            "connection_id": CONNECTION,
            "status": "running",
            "caller_ids": ["+13125550100"],
            "calling_hours": {"always": True},
            "always_because": BECAUSE,
            "law": {"mode": "off", "packs": "auto", "because": BECAUSE},
            "pacing": {},
            "retry": RetryRules().model_dump(mode="json"),
            "number_gap_s": 0,
            "heard_webhooks": True,
            "started_at": utc_now() - timedelta(minutes=1),
            "proving_since": utc_now() - timedelta(minutes=1),
            **changes,
        }
        with self.sql.begin() as tx:
            tx.execute(insert(tables.campaigns).values(values))
            tx.execute(insert(tables.campaign_zones).values(campaign_id=campaign_id, zone=ZONE))
        return campaign_id

    def contact(self, campaign_id: str, **changes: Any) -> str:
        contact_id = new_id("con")
        values = {
            "id": contact_id,
            "campaign_id": campaign_id,
            "phone": f"+1312555{1000 + next(_numbers) % 9000}",
            "zone": ZONE,
            "due_at": utc_now() - timedelta(minutes=1),
            **changes,
        }
        with self.sql.begin() as tx:
            tx.execute(insert(tables.contacts).values(values))
        return contact_id

    def contacts(self, campaign_id: str, number: int) -> list[str]:
        return [self.contact(campaign_id) for _ in range(number)]

    # -- steps of the engine -------------------------------------------------------------------------------------

    def claim(self, campaign_id: str, *, most: int = 50, rate: float = 1000.0, channels: int = 500) -> list[str]:
        rate_limits = RateLimits(RateLimit(CONNECTION, rate, 1000.0, channels), RateLimit(campaign_id))
        return list(self.claimer.claim_contacts(campaign_id, rate_limits, zones=[ZONE], most=most).call_ids)

    def claimed_call(self, **campaign: Any) -> str:
        """Return an attempt that has been claimed and not sent."""
        campaign_id = self.campaign(**campaign)
        self.contact(campaign_id)
        [call_id] = self.claim(campaign_id)
        return call_id

    def dialed_call(self, **campaign: Any) -> str:
        """Return an attempt that has been sent."""
        call_id = self.claimed_call(**campaign)
        self.dialer.dial_call(call_id)
        return call_id

    def advance(self) -> list[str]:
        """Handle every event, strays behind the others; return the calls that were woken."""
        woken: list[str] = []
        for _ in range(2):  # what a stray gives back to the events is handled too
            for stream, processor in (
                (self.keys.events, self.processor),
                (self.keys.unmatched, self.unmatched_processor),
            ):
                woken += [call_id for batch in self._batches(stream) for call_id in processor.process_events(batch)]
        return woken

    def perform(self, call_id: str) -> int:
        return self.sender.send_commands(call_id, token=new_id("req"))

    def settle(self) -> int:
        return sum(self.finalizer.finalize_calls(batch) for batch in self._batches(self.keys.ended))

    def work(self, call_id: str) -> None:
        """Advance, perform and advance again until the call is quiet."""
        while self.advance() or self.perform(call_id):
            pass

    def let_timers_fire(self) -> None:
        """Make every timer due now, and hand the due ones in."""
        for member in self.redis.zrange(self.keys.timers, 0, -1):
            self.redis.zadd(self.keys.timers, {member: 1})
        run_script(self.redis, ScriptCall("fire_timers", [self.keys.timers, self.keys.events], [100]))

    def let_time_of_calls_pass(self, seconds: float = 24 * 3600) -> None:
        """Let every call have been accepted so much earlier; more seconds than any limit, unless told otherwise."""
        self.execute(
            "UPDATE calls SET accepted_at = accepted_at - make_interval(secs => :s),"
            " deadline_at = deadline_at - make_interval(secs => :s)",
            s=seconds,
        )

    def end_overdue_calls(self) -> None:
        """Let the deadline of every call pass, the carrier be asked, and what it no longer has be recorded."""
        self.let_time_of_calls_pass()
        poll_call_status(self.sql, self.redis, self.keys, self.carrier)
        self.advance()
        self.let_timers_fire()
        self.advance()
        self.settle()

    def let_due_timers_fire(self) -> int:
        """Hand in the timers that are due, and tell how many there were."""
        fired: int = run_script(self.redis, ScriptCall("fire_timers", [self.keys.timers, self.keys.events], [100]))
        return max(0, fired)

    def _batches(self, stream: str) -> Iterator[list[Any]]:
        while found := self.redis.xreadgroup(GROUP, "test", {stream: ">"}, count=100):
            yield found[0][1]

    def hear(
        self,
        call_id: str,
        event_type: str,
        *,
        leg: str = "A",
        ago_s: float = 0.0,
        at: datetime | None = None,
        ident: str | None = None,
        **payload: Any,
    ) -> str:
        """Put one webhook of the carrier's into the stream, as the door does; return its event id."""
        event_id = ident or f"evt-{next(_events)}"
        state = ClientState(call=call_id, role=leg, user=None).encode()  # type: ignore[arg-type]
        ids = {"call_control_id": f"v3:{call_id}", "call_leg_id": f"leg-{call_id}", "call_session_id": f"ses-{call_id}"}
        occurred = rfc3339(at or utc_now() - timedelta(seconds=ago_s))
        data = {
            "record_type": "event",
            "event_type": event_type,
            "id": event_id,
            "occurred_at": occurred,
            "payload": {**ids, "connection_id": CONNECTION, "client_state": state, **payload},
        }
        add_webhook(self.redis, self.keys, orjson.dumps({"data": data, "meta": {"attempt": 1}}))
        return event_id

    def hang_up(self, call_id: str, *, cause: str = "normal_clearing", **payload: Any) -> None:
        """Let the carrier tell the end of a call, and settle it."""
        self.hear(call_id, "call.hangup", hangup_cause=cause, hangup_source="callee", **payload)
        self.advance()
        self.let_timers_fire()
        self.advance()
        self.settle()

    # -- what a test asks ----------------------------------------------------------------------------------------

    def call_row(self, call_id: str) -> Mapping[str, Any]:
        return self._row(tables.calls, call_id)

    def contact_row(self, contact_id: str) -> Mapping[str, Any]:
        return self._row(tables.contacts, contact_id)

    def campaign_row(self, campaign_id: str) -> Mapping[str, Any]:
        return self._row(tables.campaigns, campaign_id)

    def contact_of(self, call_id: str) -> Mapping[str, Any]:
        return self.contact_row(self.call_row(call_id)["contact_id"])

    def live(self, call_id: str) -> LiveCall | None:
        loaded = load_live(self.redis, self.keys, call_id)
        return loaded.call if loaded else None

    def set_call(self, call_id: str, **changes: Any) -> None:
        with self.sql.begin() as tx:
            tx.execute(update(tables.calls).where(tables.calls.c.id == call_id).values(changes))

    def age_send(self, call_id: str, seconds: float) -> None:
        """Let an attempt's sends have happened so much earlier, by the database's clock."""
        with self.sql.begin() as tx:
            tx.execute(
                text(
                    "UPDATE calls SET first_sent_at = first_sent_at - make_interval(secs => :s), "
                    "last_sent_at = last_sent_at - make_interval(secs => :s), "
                    "published_at = published_at - make_interval(secs => :s) WHERE id = :id"
                ),
                {"s": seconds, "id": call_id},
            )

    def query(self, statement: str, **params: Any) -> list[Any]:
        with self.sql.connect() as tx:
            return list(tx.execute(text(statement), params).all())

    def execute(self, statement: str, **params: Any) -> None:
        with self.sql.begin() as tx:
            tx.execute(text(statement), params)

    def _row(self, table: Any, ident: str) -> Mapping[str, Any]:
        with self.sql.connect() as tx:
            return tx.execute(select(table).where(table.c.id == ident)).mappings().one()


@cache
def _of_every_world() -> Settings:
    """Return the settings of any world: to read the environment takes longer than most steps."""
    return Settings(
        telnyx_api_key=SecretStr("KEYtest"),
        telnyx_connection_id=CONNECTION,
        public_url="http://127.0.0.1:1",
        api_key=SecretStr(API_KEY),
    )


@contextmanager
def world_of(
    *, sql: Engine, client: redis.Redis, carrier_url: str, database_url: str, redis_url: str
) -> Iterator[World]:
    """Hand out a prepared world."""
    world = World(sql=sql, redis=client, carrier_url=carrier_url, database_url=database_url, redis_url=redis_url)
    world.prepare()
    yield world
    world.carrier.close()
