"""Processes the events of calls in batches: match, load, decide, commit, hand on; a crash anywhere replays them."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any, NamedTuple

import redis
from redis.exceptions import ResponseError
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.errors import NewerLiveState
from orchestrator.flow import advance
from orchestrator.ids import new_version
from orchestrator.model.decision import Decision
from orchestrator.model.live_call import LiveCall
from orchestrator.operations.events.accept_inbound_calls import InboundCalls
from orchestrator.operations.events.match_events import EventMatcher, MatchedEvent, RawEntry
from orchestrator.operations.events.notify_bridged_calls import Advanced, notify_bridged_calls
from orchestrator.store.doubt import DOUBTS, is_really_away
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.call_cache import CallCache
from orchestrator.store.redis.event_streams import blank_log_entry, count_failure, log_entry
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import DONE, MISSING, STALE, Found, Loaded, commit_call
from orchestrator.store.redis.rate_limiter import note_webhook
from orchestrator.store.redis.ready_calls import WakeUps
from orchestrator.store.redis.scripts import ScriptCall, raise_errors, run_scripts_in_parts
from orchestrator.store.sql.flow_cache import FlowCache
from orchestrator.store.sql.own_connections import OwnConnections
from orchestrator.traces import add_span

log = logging.getLogger(__name__)

GIVE_UP_AFTER = 3  # an entry's own failures (R19)
_NOTE_EVERY_MS = 100
_PART = 16  # events that are decided while Redis carries out the commits of those before them
_ROUNDS_OF_ONE_EVENT = 20  # losing the race this often in a row is a fault, not a race


@dataclass(frozen=True)
class Decided:
    """What an event made of a call, under the version that the state will have."""

    matched: MatchedEvent
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


class _Part(NamedTuple):
    """Some decisions, the calls to wake for them, and the scripts that say so: notices, commits, wake-ups."""

    decided: Sequence[Decided]
    notices: int
    due: Sequence[str]
    scripts: Sequence[ScriptCall]


@dataclass
class _Parts:
    """The parts made so far, and why there are no more of them if that is a failure."""

    made: list[_Part] = field(default_factory=list)
    failure: Exception | None = None


class EventProcessor:
    """Takes entries of a stream to committed decisions; any number of them may run.

    Without `inbound` it reads `events`, with it the stream of unmatched events; see EventMatcher. While `tells_answers`
    says so answers go to the ledger at once, otherwise with the call's end.
    """

    def __init__(
        self,
        *,
        client: redis.Redis,
        flows: FlowCache,
        connection_id: str,
        keys: Keys,
        wake_ups: WakeUps | None = None,
        inbound: InboundCalls | None = None,
        connections: OwnConnections | None = None,
        wait_ms: int = 0,
        tells_answers: Callable[[], bool] = lambda: False,
    ) -> None:
        self._redis = client
        self._tells_answers = tells_answers
        self._flows = flows
        self._connection_id = connection_id
        self._keys = keys
        self._cache = CallCache(client, self._keys)
        self._wake_ups = wake_ups
        self._matcher = EventMatcher(
            client=client,
            keys=self._keys,
            connections=connections or OwnConnections(connection_id, sql=flows.sql),
            inbound=inbound,
            wait_ms=wait_ms,
        )
        self._matches_again = inbound is None
        self._webhook_ms = 0

    def process_events(self, entries: Sequence[RawEntry]) -> list[str]:
        """Act on each entry once; return the calls whose outbox was filled.

        Raises when a store that it cannot do without is away; then the entries stay, and count no failure.
        With `wake_ups` these are woken by it: those on shift in the round trip of the commits, others behind it.
        """
        try:
            return self._process(entries)
        except Exception as err:
            if is_really_away(err, self._flows.sql):
                raise
            log.exception("a batch failed: one by one")
            return [call_id for entry in entries for call_id in self._process_alone(entry)]

    def _process_alone(self, entry: RawEntry) -> list[str]:
        """Process one entry; one that fails three times by its own fault goes to the dead letters (R19).

        One that meets an outage of a database which answers is left to be taken again, a bounded number of times.
        """
        why = ""
        for _ in range(GIVE_UP_AFTER):
            try:
                return self._process([entry])
            except Exception as err:  # whatever else it is, it is this entry's own failure
                if is_really_away(err, self._flows.sql):
                    raise
                log.exception("event failed")
                why = repr(err)
                if is_outage(err) and count_failure(self._redis, self._keys, entry[0].decode()) < DOUBTS:
                    return []
        self._matcher.bury(entry, why)
        return []

    def _process(self, entries: Sequence[RawEntry]) -> list[str]:
        matched, unmatched = self._matcher.match_events(entries)
        woken = self._process_matched(matched)
        if unmatched and self._matches_again:
            # What came together with the event that names its leg is known only now.
            matched, unmatched = self._matcher.match_events(unmatched)
            woken += self._process_matched(matched)
        for entry in unmatched:
            self._matcher.dismiss(entry)
        return list(dict.fromkeys(woken))

    def _process_matched(self, events: Sequence[MatchedEvent]) -> list[str]:
        """Process the events of each call in their order, those of different calls side by side."""
        queues: dict[str, deque[MatchedEvent]] = {}
        for each in events:
            queues.setdefault(each.event.call_id, deque()).append(each)
        woken: list[str] = []
        while queues:
            # Two events of one call never share a round: the second would be decided on a state that is gone.
            woken += self._process_round([queue.popleft() for queue in queues.values()])
            queues = {call_id: queue for call_id, queue in queues.items() if queue}
        return woken

    def _process_round(self, events: Sequence[MatchedEvent]) -> list[str]:
        """Process at most one event of each call, again where another engine was faster; return the calls to wake."""
        woken: list[str] = []
        for _ in range(_ROUNDS_OF_ONE_EVENT):
            if not events:
                return woken
            events = self._decide_and_commit(events, woken)
        if events:
            log.warning("%s events lost every race for their calls; they are taken up again", len(events))
        return woken

    def _decide_and_commit(self, events: Sequence[MatchedEvent], woken: list[str]) -> list[MatchedEvent]:
        """Decide and commit events in parts; add the calls to wake to `woken`, return the events that lost their race.

        An event that cannot be decided is raised behind those before it, which stay committed.
        """
        noted, parts = self._note_webhooks(events), _Parts()
        loaded = self._load(events)
        answers = run_scripts_in_parts(self._redis, chain([noted], self._make_parts(events, loaded, parts)))
        raise_errors(answers[: len(noted)])
        left = iter(answers[len(noted) :])
        answered = [(part, list(islice(left, len(part.scripts)))) for part in parts.made]
        for part, of_part in answered:
            self._wake(part, of_part)
        lost = [each for part, of_part in answered for each in self._hand_on(part, of_part, woken)]
        if parts.failure:
            raise parts.failure
        return lost

    def _make_parts(
        self, events: Sequence[MatchedEvent], loaded: Sequence[Loaded | None], parts: _Parts
    ) -> Iterator[Sequence[ScriptCall]]:
        """Yield the scripts of one part after the other; Redis carries out each while the next is decided."""
        for n in range(0, len(events), _PART):
            try:
                part = self._make_part(self._decide(events[n : n + _PART], loaded[n : n + _PART]))
            except Exception as err:  # noqa: BLE001 raised when the answers to those before it are read
                parts.failure = err
                return
            parts.made.append(part)
            yield part.scripts

    def _load(self, events: Sequence[MatchedEvent]) -> list[Loaded | None]:
        call_ids = [each.event.call_id for each in events]
        found = self._cache.load(call_ids)
        lost = [each for each, call in zip(events, found, strict=True) if not isinstance(call, Loaded | NewerLiveState)]
        if lost:
            self._matcher.restore_calls(lost)
            found = self._cache.load(call_ids)
        return [self._readable(each, call) for each, call in zip(events, found, strict=True)]

    def _readable(self, matched: MatchedEvent, found: Found) -> Loaded | None:
        if isinstance(found, NewerLiveState):
            self._matcher.set_aside_for_newer(matched.entry, found)
        return found if isinstance(found, Loaded) else None

    def _decide(self, events: Sequence[MatchedEvent], loaded: Sequence[Loaded | None]) -> list[Decided]:
        """Return the decisions on those events whose call and flow could be loaded."""
        decided = []
        for each, call in zip(events, loaded, strict=True):
            if call and (decision := self._decide_one(each, call)):
                decided.append(Decided(each, call, decision, new_version()))
        return decided

    def _decide_one(self, matched: MatchedEvent, loaded: Loaded) -> Decision | None:
        now = datetime.fromtimestamp(matched.entry.stamped_ms / 1000, UTC)
        try:
            flow = self._flows.find(loaded.call.flow_id)
        except SQLAlchemyError as err:
            if not is_really_away(err, self._flows.sql):
                raise
            log.warning("an event waits for the database: %s", _first_line(err))
            # It stays pending and counts no failure; that it holds up all timers is why flows are loaded beforehand.
            return None
        decision = advance(flow, loaded.call, matched.event, now)
        # An event of an erased person still counts, and leaves nothing of the person behind.
        return replace(decision, call=decision.call.erased()) if loaded.call.is_erased else decision

    def _make_part(self, decided: Sequence[Decided]) -> _Part:
        """Return the scripts that commit these decisions, behind the notices to bridged calls."""
        notices = notify_bridged_calls(
            self._keys, (Advanced(each.matched.event, each.before.call, each.call) for each in decided)
        )
        commits = [self._commit_of(each) for each in decided]
        # In the trip of the commits: a wake-up for a lost race finds nothing to do, a late one costs a silence.
        due = [each.call.call_id for each in decided if each.is_due] if self._wake_ups else []
        offers = [self._wake_ups.offer(due)] if self._wake_ups and due else []
        return _Part(decided, len(notices), due, [*notices, *commits, *offers])

    def _wake(self, part: _Part, answers: Sequence[Any]) -> None:
        """Send messages for a part's calls if nobody was on shift to take them."""
        raise_errors(answers[: part.notices])
        if self._wake_ups and part.due and answers[-1] != 1:
            self._wake_ups.send_messages(part.due)

    def _hand_on(self, part: _Part, answers: Sequence[Any], woken: list[str]) -> list[MatchedEvent]:
        """Keep what was committed and add the calls to wake to `woken`; return the events that lost their race."""
        lost: list[MatchedEvent] = []
        commits = answers[part.notices : part.notices + len(part.decided)]
        for each, answer in zip(part.decided, commits, strict=True):
            if isinstance(answer, ResponseError):
                raise answer
            if answer in (STALE, MISSING):
                self._cache.forget(each.call.call_id)
                lost.append(each.matched)
            elif answer == DONE:
                self._cache.keep(each.version, each.call)
                event, arrived_ms = each.matched.event, float(each.matched.entry.entry_id.partition("-")[0])
                add_span(event.call_id, "event", began_ms=arrived_ms, type=event.type)
                woken += [each.call.call_id] if each.is_due else []
        return lost

    def _commit_of(self, decided: Decided) -> ScriptCall:
        entry, event, decision = decided.matched.entry, decided.matched.event, decided.decision
        line = log_entry(event, recorded_ms=entry.stamped_ms, commands=decision.commands, note=decision.note)
        return commit_call(
            self._keys,
            decision,
            stream=self._matcher.stream,
            loaded=decided.before,
            version=decided.version,
            event_id=event.id,
            entry_id=entry.entry_id,
            stamped_ms=entry.stamped_ms,
            read_ms=entry.read_ms,
            tells_answer=self._tells_answers(),
            log=blank_log_entry(line) if decision.call.is_erased else line,
        )

    def _note_webhooks(self, events: Sequence[MatchedEvent]) -> list[ScriptCall]:
        """Return the script call that notes when the newest of the carrier's webhooks came: one in 100 ms at most."""
        webhooks = [each.entry for each in events if each.entry.raw]
        if not webhooks:
            return []
        at_ms = int(webhooks[-1].entry_id.partition("-")[0])
        if abs(at_ms - self._webhook_ms) < _NOTE_EVERY_MS:
            return []
        self._webhook_ms = at_ms
        return [note_webhook(self._keys, self._connection_id, at_ms=at_ms)]


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]
