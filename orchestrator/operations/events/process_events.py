"""Advances calls by what happened to them: load, decide, commit, in batches; a crash anywhere replays."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import redis
from redis.exceptions import ResponseError
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.errors import NewerLiveState
from orchestrator.flow import advance
from orchestrator.ids import new_version
from orchestrator.model.decision import Decision
from orchestrator.model.event import Event, Leg
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.events.accept_inbound_calls import Intake
from orchestrator.operations.events.notify_bridged_calls import Advanced, notify_bridged_calls
from orchestrator.store.doubt import DOUBTS, is_really_away
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.call_cache import KnownCalls
from orchestrator.store.redis.event_streams import (
    Entry,
    acknowledge,
    blank_log_entry,
    bury,
    count_failure,
    log_entry,
    read_entry,
    set_aside,
)
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import (
    DONE,
    MISSING,
    STALE,
    Found,
    Loaded,
    commit_call,
    find_call_of_leg,
    remember_legs,
)
from orchestrator.store.redis.pipeline import Command
from orchestrator.store.redis.rate_limiter import heard_from_carrier
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_scripts
from orchestrator.store.redis.unmatched_webhooks import orphan
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.own_connections import OurConnections
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.events import Webhook, parse_webhook

log = logging.getLogger(__name__)

GIVE_UP_AFTER = 3  # an entry's own failures (R19)
_NOTE_EVERY_MS = 100
_ROUNDS_OF_ONE_EVENT = 20  # losing the race this often in a row is a fault, not a race

RawEntry = tuple[bytes, Mapping[bytes, bytes]]


@dataclass(frozen=True)
class Arrival:
    """One entry with the event it carries."""

    entry: Entry
    event: Event


@dataclass(frozen=True)
class Decided:
    """What an arrival made of a call, under the version that the state will have."""

    arrival: Arrival
    before: Loaded
    decision: Decision
    version: int

    @property
    def call(self) -> LiveCall:
        """The call as it will be."""
        return self.decision.call

    @property
    def is_due(self) -> bool:
        """Whether something is to be sent: new commands, or a hangup that was asked for before the leg was known."""
        may_send_at_last = self.before.call.call_control_id is None and self.call.closing
        return bool(self.decision.commands) or may_send_at_last


class EventProcessor:
    """Takes entries of a stream to committed decisions; any number of them may run.

    Without an intake it takes `events`, asks nobody about a call that Redis does not know, and sets its events aside.
    With one it takes these strays, and whatever is no call of ours for the database either becomes an orphan; within
    `patience_ms` of its coming it stays pending instead, to be taken again. So does what names a connection that is not
    of this installation, whatever else it names: it moves no call.
    """

    def __init__(
        self,
        *,
        client: redis.Redis,
        flows: FlowCache,
        connection_id: str,
        keys: Keys | None = None,
        wake: Callable[[str], Command] | None = None,
        intake: Intake | None = None,
        connections: OurConnections | None = None,
        patience_ms: int = 0,
    ) -> None:
        self._redis = client
        self._flows = flows
        self._connection_id = connection_id
        self._connections = connections or OurConnections(connection_id, sql=flows.sql)
        self._keys = keys or Keys()
        self._known = KnownCalls(client, self._keys)
        self._wake = wake
        self._intake = intake
        self._patience_ms = patience_ms
        self._stream = self._keys.strays if intake else self._keys.events
        self._heard_ms = 0

    def advance_calls(self, entries: Sequence[RawEntry]) -> list[str]:
        """Act on each entry once; return the calls whose outbox was filled.

        Raises when a store that it cannot do without is away; then the entries stay, and count no failure.
        With `wake`, the command it gives for a call wakes who empties the outbox, in the same trip as the commit.
        """
        try:
            return self._advance(entries)
        except Exception as err:
            if is_really_away(err, self._flows.sql):
                raise
            log.exception("a batch failed: one by one")
            return [call_id for entry in entries for call_id in self._advance_alone(entry)]

    def _advance_alone(self, entry: RawEntry) -> list[str]:
        """Take one entry; one that fails thrice by its own fault goes to the dead letters (R19).

        One that meets an outage of a database which answers is left to be taken again, so often and no oftener.
        """
        why = ""
        for _ in range(GIVE_UP_AFTER):
            try:
                return self._advance([entry])
            except Exception as err:  # whatever else it is, it is this entry's own failure
                if is_really_away(err, self._flows.sql):
                    raise
                log.exception("event failed")
                why = repr(err)
                if is_outage(err) and count_failure(self._redis, self._keys, entry[0].decode()) < DOUBTS:
                    return []
        self._bury(entry, why)
        return []

    def _advance(self, entries: Sequence[RawEntry]) -> list[str]:
        arrivals, strangers = self._sort(entries)
        woken = self._walk(arrivals)
        if strangers and self._intake is None:
            # What came together with the event that names its leg is known only now.
            arrivals, strangers = self._sort(strangers)
            woken += self._walk(arrivals)
        for entry_id, fields in strangers:
            self._turn_away(read_entry(entry_id, fields))
        return list(dict.fromkeys(woken))

    def _walk(self, arrivals: Sequence[Arrival]) -> list[str]:
        queues: dict[str, deque[Arrival]] = {}
        for arrival in arrivals:
            queues.setdefault(arrival.event.call_id, deque()).append(arrival)
        heard = [arrival.entry for arrival in arrivals if arrival.entry.raw]
        if heard:
            self._note_the_carrier_was_heard(heard[-1].entry_id)
        woken: list[str] = []
        while queues:
            # Two events of one call never share a round: the second would be decided on a state that is gone.
            self._round([queue.popleft() for queue in queues.values()], woken)
            queues = {call_id: queue for call_id, queue in queues.items() if queue}
        return woken

    def _round(self, arrivals: list[Arrival], woken: list[str]) -> None:
        for _ in range(_ROUNDS_OF_ONE_EVENT):
            if not arrivals:
                return
            loaded = self._load(arrivals)
            pairs = [(a, found) for a, found in zip(arrivals, loaded, strict=True) if found]
            decided = [Decided(a, found, d, new_version()) for a, found in pairs if (d := self._decide(a, found))]
            told = notify_bridged_calls(self._keys, (Advanced(d.arrival.event, d.before.call, d.call) for d in decided))
            commits = [self._commit_of(each) for each in decided]
            arrivals, bound = [], []
            # In the trip of the commits: a wake-up for a lost race finds nothing to do, a late one costs a silence.
            wakes = [self._wake(each.call.call_id) for each in decided if each.is_due] if self._wake else []
            answers = run_scripts(self._redis, [*told, *commits], behind=wakes)
            raise_errors(answers[: len(told)])
            for each, answer in zip(decided, answers[len(told) :], strict=True):
                if isinstance(answer, ResponseError):
                    raise answer
                if answer in (STALE, MISSING):
                    self._known.forget(each.call.call_id)
                    arrivals.append(each.arrival)
                elif answer == DONE:
                    self._known.keep(each.version, each.call)
                    woken += [each.call.call_id] if each.is_due else []
                    bound += [] if each.before.call.call_control_id else [each.call]
            remember_legs(self._redis, self._keys, bound)
        if arrivals:
            log.warning("%s events lost every race for their calls; they are taken up again", len(arrivals))

    def _load(self, arrivals: Sequence[Arrival]) -> list[Loaded | None]:
        wanted = [a.event.call_id for a in arrivals]
        found = self._known.load(wanted)
        strays = [a for a, one in zip(arrivals, found, strict=True) if one is None]
        if strays:
            adopted = self._intake.adopt([a.event.call_id for a in strays]) if self._intake else set()
            for arrival in strays:
                if arrival.event.call_id not in adopted:
                    self._leave(arrival.entry, f"there is no call {arrival.event.call_id} that could have been dialed")
            found = self._known.load(wanted)
        return [self._ours(a.entry, one) for a, one in zip(arrivals, found, strict=True)]

    def _ours(self, entry: Entry, found: Found) -> Loaded | None:
        """Return what may be decided on; an event of a call that a newer version advanced waits for its engines."""
        if not isinstance(found, NewerLiveState):
            return found
        if self._intake is None:
            log.warning("an event waits among the strays: %s", found)
            # No timer waits there, and an engine of that version takes it up within a second.
            set_aside(self._redis, self._keys, entry)
        return None

    def _decide(self, arrival: Arrival, loaded: Loaded) -> Decision | None:
        now = datetime.fromtimestamp(arrival.entry.stamped_ms / 1000, UTC)
        try:
            flow = self._flows.find(loaded.call.flow_id)
        except SQLAlchemyError as err:
            if not is_really_away(err, self._flows.sql):
                raise
            log.warning("an event waits for the database: %s", _first_line(err))
            # It stays pending and counts no failure; that it holds up all timers is why flows are loaded beforehand.
            return None
        decision = advance(flow, loaded.call, arrival.event, now)
        # What is told of an erased person still counts, and leaves nothing of the person behind.
        return decision.model_copy(update={"call": decision.call.erased()}) if loaded.call.is_erased else decision

    def _commit_of(self, decided: Decided) -> ScriptCall:
        entry, event, decision = decided.arrival.entry, decided.arrival.event, decided.decision
        line = log_entry(event, recorded_ms=entry.stamped_ms, commands=decision.commands, note=decision.note)
        return commit_call(
            self._keys,
            decision,
            stream=self._stream,
            loaded=decided.before,
            version=decided.version,
            event_id=event.id,
            entry_id=entry.entry_id,
            stamped_ms=entry.stamped_ms,
            log=blank_log_entry(line) if decision.call.is_erased else line,
        )

    def _sort(self, entries: Sequence[RawEntry]) -> tuple[list[Arrival], list[RawEntry]]:
        """Return what belongs to a call, and what belongs to none that is known; bury what cannot be read."""
        arrivals: list[Arrival] = []
        strangers: list[RawEntry] = []
        for entry_id, fields in entries:
            try:
                entry = read_entry(entry_id, fields)
                event = entry.own or self._recognize(entry)
            except ValueError as err:
                self._bury((entry_id, fields), repr(err))
                continue
            if event is None:
                strangers.append((entry_id, fields))
            else:
                arrivals.append(Arrival(entry, event))
        return arrivals, strangers

    def _turn_away(self, entry: Entry) -> None:
        """Leave what belongs to no call, unless another engine may be about to learn whose it is: then it stays."""
        named = parse_webhook(entry.raw or b"").connection_id
        if self._intake and not self._connections.include(named):
            self._leave(entry, f"it is of connection {named}, which is not of this installation")
            return
        if self._intake and self._is_young(entry):
            return
        self._leave(entry, "it carries no client_state of ours, and is of no number that takes calls")
        if self._intake:
            self._intake.look_again(entry.raw or b"")

    def _is_young(self, entry: Entry) -> bool:
        if not self._patience_ms:
            return False
        seconds, micros = self._redis.time()
        return seconds * 1000 + micros // 1000 - entry.stamped_ms < self._patience_ms

    def _recognize(self, entry: Entry) -> Event | None:
        webhook = parse_webhook(entry.raw or b"")
        if not self._is_of_ours(webhook):
            return None
        state = ClientState.decode(webhook.client_state)
        if state:
            return _event_of(webhook, entry, state.call, state.role, user_state=state.user)
        call_id = find_call_of_leg(self._redis, self._keys, [webhook.call_control_id, webhook.call_leg_id])
        if call_id is None and self._intake:
            call_id = self._intake.call_of(webhook, stamped_ms=entry.stamped_ms)
        return _event_of(webhook, entry, call_id, "A") if call_id else None

    def _is_of_ours(self, webhook: Webhook) -> bool:
        """Whether a webhook is of a connection of ours; one not met before is left to who may ask the database."""
        known = self._connections
        return known.ask(webhook.connection_id) if self._intake else known.include(webhook.connection_id)

    def _leave(self, entry: Entry, why: str) -> None:
        if self._intake is None:
            set_aside(self._redis, self._keys, entry)
        elif entry.raw is None or self._intake.is_of_erased(entry.raw):
            # A timer or an answer of a call long recorded, or news of somebody who was erased: nobody keeps it.
            acknowledge(self._redis, self._keys, self._stream, [entry.entry_id])
        else:
            log.warning("orphan webhook: %s", why)
            orphan(self._redis, self._keys, entry.entry_id, why=why)

    def _bury(self, entry: RawEntry, why: str) -> None:
        entry_id, fields = entry
        bury(self._redis, self._stream, entry_id=entry_id.decode(), fields=fields, keys=self._keys, why=why)

    def _note_the_carrier_was_heard(self, entry_id: str) -> None:
        at_ms = int(entry_id.partition("-")[0])
        if abs(at_ms - self._heard_ms) < _NOTE_EVERY_MS:
            return
        heard_from_carrier(self._redis, self._keys, self._connection_id, at_ms=at_ms)
        self._heard_ms = at_ms


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]


def _event_of(webhook: Webhook, entry: Entry, call_id: str, leg: Leg, *, user_state: str | None = None) -> Event:
    """Return the event with the state that is the user's own where the carrier echoed ours around it."""
    payload = webhook.payload
    if "client_state" in payload:
        payload = {**payload, "client_state": user_state}
    return Event(
        id=webhook.id,
        type=webhook.event_type,
        occurred_at=webhook.occurred_at or datetime.fromtimestamp(entry.stamped_ms / 1000, UTC),
        call_id=call_id,
        leg=leg,
        call_control_id=webhook.call_control_id,
        payload=payload,
    )
