"""One schedule: which process takes which step, where it stops, what befalls it there, and what the carrier does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from orchestrator.clock import utc_now
from orchestrator.operations.calls.command_leases import LEASE_MS
from orchestrator.operations.recovery.poll_call_status import poll_call_status
from orchestrator.operations.recovery.rebuild_redis import Rebuilder
from orchestrator.operations.recovery.reconcile_channels import reconcile_channels
from orchestrator.operations.recovery.resolve_unanswered_dials import resolve_unanswered_dials
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.retry_rules import RetryRules
from orchestrator.store.redis.keys import GROUP
from orchestrator.store.sql.dial_ledger import PUBLISH_AGAIN_AFTER_S, republish
from orchestrator.store.sql.installation import read_epoch
from orchestrator.store.timeouts import USUAL
from tests.support.forbidden import LISTS, PHONES, WAYS, make_lists
from tests.support.imported import IMPORTS, TWICE, is_imported
from tests.support.model_carrier import ModelCarrier, Told
from tests.support.stepwise import Process, look_at_all
from tests.support.watched_stores import Fault
from tests.support.world import CONNECTION, World

ONCE = RetryRules.model_validate({"max_attempts": 1})
NOT_ON_ALLOW_LIST = Reason.NOT_ON_ALLOW_LIST.value
FINAL = ("completed", "exhausted", "suppressed", "canceled", "expired", "unknown")
WHOLE_STEP = 25  # points: more has only who waits for another's send
_HARMLESS_S = 16  # a send is unanswered after 15 s; a lease has ended long before
_IMPORTS = 3
_AGES = """
UPDATE calls SET first_sent_at = first_sent_at - a.age, last_sent_at = last_sent_at - a.age,
    published_at = published_at - a.age, absent_at = absent_at - a.age, unknown_at = unknown_at - a.age,
    deadline_at = deadline_at - a.age, accepted_at = accepted_at - a.age
FROM (SELECT make_interval(secs => :s) AS age) a
"""
# Whoever stands still within a transaction for longer than its bound is ended by the server.
_END_TRANSACTIONS = """
SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
WHERE datname = current_database() AND application_name LIKE 'process %' AND state LIKE 'idle in transaction%'
"""
_LOCKED = """
WITH free AS (SELECT id FROM calls FOR UPDATE SKIP LOCKED), idle AS (SELECT id FROM contacts FOR UPDATE SKIP LOCKED)
SELECT id FROM calls WHERE id NOT IN (SELECT id FROM free)
UNION ALL SELECT id FROM contacts WHERE id NOT IN (SELECT id FROM idle)
"""


class Schedule:
    """One or two people are to be called once each, by some processes; the ledger of the carrier is the judge."""

    def __init__(self, world: World, carrier: ModelCarrier, processes: Sequence[Process], *, people: int = 2) -> None:
        self.world, self.carrier, self.processes = world, carrier, processes
        for process in processes:
            process.die()
        self.messages: list[str] = []  # dials that were published; each may be taken any number of times
        self.log: list[str] = []  # the schedule so far, in words
        self._has_lost_valkey = False
        self.way = "opt out"  # the step by which the first of them comes not to be called any more
        self._sends_allowed: Mapping[str, int] | None = None  # by attempt, of whom must not be called: those before
        self._imports_left = _IMPORTS
        self._has_imported = False
        make_lists(world)
        self.campaign_id = world.campaign(retry=ONCE.model_dump(mode="json"), lists=LISTS)
        self.contact_ids = [world.contact(self.campaign_id, phone=phone) for phone in PHONES[:people]]

    # -- what may happen -----------------------------------------------------------------------------------------

    def steps(self) -> list[str]:
        """Return the steps that have something to do now."""
        client, keys, states = self.world.redis, self.world.keys, self._states()
        is_whole = self._is_whole()
        calls, waiting = self._calls(), "SELECT 1 FROM contacts WHERE status IN ('waiting', 'held')"
        has_work = {
            "rebuild": not is_whole,
            "claim": is_whole and bool(self.world.query(waiting)),  # the dispatcher asks first
            "dial": bool(self.messages),
            "advance": bool(client.xlen(keys.events) + client.xlen(keys.unmatched)),
            "take over": bool(client.xlen(keys.events) + client.xlen(keys.unmatched)),
            "perform": any(client.exists(keys.outbox(call_id)) for call_id in calls),
            "settle": bool(client.xlen(keys.ended)),
            "settle again": bool(client.xlen(keys.ended)),
            "fire timers": bool(client.exists(keys.timers)),
            "resolve dials": "dialing" in states,
            "publish again": "reserved" in states,
            "reconcile": "unknown" in states,
            "poll": "accepted" in states,
            self.way: self._sends_allowed is None,
            **dict.fromkeys(IMPORTS, self._imports_left > 0),
        }
        return [step for step, has in has_work.items() if has] or ["claim"]

    def begin(self, who: int, step: str) -> None:
        """Let a process that rests begin a step, up to its first point."""
        process = self.processes[who]
        if process.is_resting:
            self.log.append(f"{who} begins to {step}")
            self._imports_left -= step in IMPORTS
            process.begin(step, self._act(step))
            self._look(process)

    def go_on(self, who: int, fault: Fault = Fault.NONE, *, points: int = 1) -> None:
        """Let a process pass so many points; the fault befalls it at the last of them."""
        process = self.processes[who]
        for left in reversed(range(points)):
            if process.at is not None:
                befalls = Fault.NONE if left else fault
                self.log.append(f"{who} passes `{process.at}`" + (f": {befalls.value}" if befalls.value else ""))
                process.go_on(befalls)
                self._look(process)
        look_at_all(self.processes)
        self.holds()

    def run(self, who: int, step: str) -> None:
        """Let a process that rests take a whole step."""
        self.begin(who, step)
        self.go_on(who, points=WHOLE_STEP)

    def the_carrier_says(self, what: str) -> None:
        """Let the carrier give its next answer so."""
        self.log.append(f"the carrier {what} next")
        self.carrier.says = what

    def the_callee(self, which: int, does: str) -> None:
        """Let somebody who is being called answer, or hang up."""
        if alive := sorted(self.carrier.alive):
            call_id = alive[which % len(alive)]
            self.log.append(f"the callee {does}")
            self.carrier.end(call_id) if does == "hangs up" else self.carrier.answered(call_id)

    def the_carrier_tells(self, which: int, *, again: bool = False) -> None:
        """Let a webhook come: any of those to be told, or one that was told before."""
        if again and self.carrier.told:
            self._hear(self.carrier.told[which % len(self.carrier.told)])
        elif self.carrier.to_tell and not again:
            told = self.carrier.to_tell.pop(which % len(self.carrier.to_tell))
            self.carrier.told.append(told)
            self._hear(told)

    def valkey_comes_back_empty(self) -> None:
        """Let Valkey lose all it has: streams, live calls, outboxes, channels, and the queue of dials."""
        if self._is_whole():
            self.log.append("Valkey comes back empty")
            self.world.redis.flushdb()
            self.messages.clear()
            self._has_lost_valkey = True

    def time_passes(self, seconds: int = _HARMLESS_S) -> None:
        """Let time pass: for who stands at a point too, on the way to the carrier or within a transaction."""
        while seconds >= USUAL.idle_s and (self.world.query(_END_TRANSACTIONS) or self.world.query(_LOCKED)):
            look_at_all(self.processes)  # who waited for a lock has it now, and stands still with it
        if self.world.query(_LOCKED):
            return
        self.log.append(f"{seconds} s pass")
        for process in self._at_work():
            process.stands_still(seconds)
        self.carrier.pass_time(seconds)
        self.world.execute(_AGES, s=seconds)
        self.world.execute("UPDATE contacts SET due_at = due_at - make_interval(secs => :s)", s=seconds)
        self._age_valkey(seconds * 1000)

    # -- what must hold ------------------------------------------------------------------------------------------

    def holds(self) -> None:
        """Hold the carrier's ledger against the promises."""
        carrier, broken = self.carrier, list[str]()
        broken += [f"{phone} was dialed twice" for phone, times in carrier.dialed.items() if times > 1]
        broken += [f"{call_id} was sent again at once" for call_id in carrier.sent_again_at_once]
        broken += [f"{call_id} was sent three times" for call_id, times in carrier.posted.items() if times > 2]
        broken += [f"command {ident} was carried out twice" for ident, times in carrier.commanded.items() if times > 1]
        if (allowed := self._sends_allowed) is not None:
            sent = {call_id: n for call_id, n in carrier.posted.items() if carrier.phone_of[call_id] == PHONES[0]}
            broken += [
                f"{call_id} was sent behind: {self.way}" for call_id, n in sent.items() if n > allowed.get(call_id, 0)
            ]
        broken += [f"{external_id} was imported twice" for (external_id,) in self.world.query(TWICE)]
        self._hold(not broken, "; ".join(broken))

    def comes_to_rest(self) -> None:
        """Let everything go well from now on, until nothing is left to do; then nobody is lost and nothing is left."""
        self.carrier.says = "accepts"
        self._finish_steps()
        if not self._is_whole():
            self._act("rebuild")(self.world)
        for _ in range(20):
            if self._is_at_rest():
                self._hold(is_imported(self.world) or not self._has_imported, "who was imported is lost")
                return
            self._work()
            self.holds()
        self._hold(False, f"not at rest: {self._account()}")

    def _hold(self, claim: bool, otherwise: str) -> None:
        if not claim:
            raise AssertionError("\n  ".join([otherwise, *self.log]))

    def _finish_steps(self) -> None:
        while self._at_work():
            for who in range(len(self.processes)):
                self.go_on(who, points=WHOLE_STEP)
            self.time_passes()  # who waits for a send that died waits no longer

    def _work(self) -> None:
        """Take every step once, in a process that nothing befalls."""
        for step in ("claim", "publish again", "resolve dials"):
            self.messages += self._act(step)(self.world)
        for call_id in dict.fromkeys(self.messages):
            self.world.dialer.dial_call(call_id)
        self._act("take over")(self.world)
        self._hear_everything()
        self._act("perform")(self.world)
        for call_id in sorted(self.carrier.alive):
            self.carrier.end(call_id)
        self._hear_everything()
        self.time_passes(30_000 if "unknown" in self._states() else 40)
        for step in ("fire timers", "advance", "settle again", "settle", "reconcile"):
            self._act(step)(self.world)
        if self._has_lost_valkey and "accepted" in self._states():  # its end was told, and lost with Valkey
            self.time_passes(30_000)
            for step in ("poll", "advance", "settle"):
                self._act(step)(self.world)
        stores = {"sql": self.world.sql, "client": self.world.redis, "keys": self.world.keys}
        reconcile_channels(**stores, connection_id=CONNECTION, clock=_in_a_minute)  # type: ignore[arg-type]  # names match

    def _hear_everything(self) -> None:
        while self.carrier.to_tell:
            self.the_carrier_tells(0)
        self.world.advance()

    def _is_at_rest(self) -> bool:
        account = self._account()
        is_final = all(status in FINAL or why == NOT_ON_ALLOW_LIST for status, why in account["contacts"])
        return is_final and not any(account["left"].values())

    def _account(self) -> Mapping[str, Any]:
        world, keys = self.world, self.world.keys
        left = {
            "channels": world.redis.zcard(keys.slots(CONNECTION)) + world.redis.zcard(keys.slots(self.campaign_id)),
            "outbox": sum(int(world.redis.llen(keys.outbox(call_id))) for call_id in self._calls()),
            "wakes": world.redis.zcard(keys.wakes),
            "timers": world.redis.zcard(keys.timers),
            "entries": sum(int(world.redis.xlen(name)) for name in (keys.events, keys.ended, keys.unmatched)),
            "dead letters": world.redis.xlen(keys.dead),
            "attempts": sum(state not in ("ended", "withdrawn", "unknown") for state in self._states()),
        }
        statuses = [(status, why) for status, why in world.query("SELECT status, reason FROM contacts")]
        return {"contacts": statuses, "left": left, "states": self._states()}

    # -- how -----------------------------------------------------------------------------------------------------

    def _act(self, step: str) -> Callable[[World], Any]:
        acts: Mapping[str, Callable[[World], Any]] = {
            "claim": lambda world: world.claim(self.campaign_id, most=2),
            "dial": lambda world: [world.dialer.dial_call(call_id) for call_id in self.messages[-1:]],
            "advance": lambda world: world.advance(),
            "take over": _take_over_events,
            "perform": lambda world: [world.perform(call_id) for call_id in self._calls()],
            "settle": lambda world: world.settle(),
            "settle again": lambda world: _take_over(world, world.keys.ended, world.finalizer.finalize_calls),
            "fire timers": lambda world: world.let_due_timers_fire(),
            "resolve dials": lambda world: resolve_unanswered_dials(world.sql, world.redis, world.keys),
            "publish again": _publish_again,
            "reconcile": lambda world: world.reconciler.reconcile_unknown_calls(CONNECTION),
            "rebuild": lambda world: _rebuilder(world).watch(),
            "poll": lambda world: poll_call_status(world.sql, world.redis, world.keys, world.carrier),
        }
        if step in WAYS:
            return WAYS[step].take
        if step in IMPORTS:
            return lambda world: IMPORTS[step](world, self.campaign_id)
        return acts[step]

    def _look(self, process: Process) -> None:
        """Take what a step hands on, once it is over, and note that somebody must not be called any more."""
        if process.step in WAYS and self._sends_allowed is None and self.world.query(WAYS[process.step].shows):
            self._sends_allowed = self._sends_permitted()
        if not process.is_resting or process.failure or process.result is None:
            return
        if process.step in ("claim", "resolve dials", "publish again"):
            self.messages += process.result
        self._has_imported |= process.step in IMPORTS
        process.result = None

    def _sends_permitted(self) -> dict[str, int]:
        """Return, by attempt, the sends that are permitted by now: whoever forbids them waits for these (R9)."""
        permitted = {row.id: row.send_no for row in self.world.query("SELECT id, send_no FROM calls")}
        if any(process.at == "commit calls" for process in self._at_work() if process.step == "dial"):
            for (ident,) in self.world.query(_LOCKED):  # judged before, and not committed yet
                permitted[ident] = permitted.get(ident, 0) + 1
        return permitted

    def _is_whole(self) -> bool:
        with self.world.sql.connect() as tx:
            epoch = read_epoch(tx)
        return epoch is not None and self.world.redis.get(self.world.keys.epoch) == epoch.encode()

    def _at_work(self) -> list[Process]:
        return [process for process in self.processes if not process.is_resting]

    def _calls(self) -> list[str]:
        return [call_id for (call_id,) in self.world.query("SELECT id FROM calls ORDER BY id")]

    def _states(self) -> list[str]:
        return [state for (state,) in self.world.query("SELECT state FROM calls ORDER BY id")]

    def _hear(self, told: Told) -> None:
        self.log.append(f"the carrier tells {told.event_type}")
        self.world.hear(told.call_id, told.event_type, ident=told.ident, **told.payload)

    def _age_valkey(self, ms: int) -> None:
        client, keys = self.world.redis, self.world.keys
        for name in (keys.wakes, keys.timers):
            for member, score in client.zrange(name, 0, -1, withscores=True):
                client.zadd(name, {member: score - ms})
        for call_id in self._calls():
            if ms > LEASE_MS:
                client.delete(keys.lease(call_id))
            for stamp, at in client.hgetall(keys.call(call_id)).items():
                if stamp.startswith(b"c:"):
                    client.hset(keys.call(call_id), stamp, int(at) - ms)


def _in_a_minute() -> datetime:
    return utc_now() + timedelta(minutes=1)


def _rebuilder(world: World) -> Rebuilder:
    """Return one for which dispatch has been shut for long enough when it looks."""
    stores = {"sql": world.sql, "client": world.redis, "carrier": world.carrier, "keys": world.keys}
    always_later = count(step=60).__next__
    return Rebuilder(**stores, connection_id=CONNECTION, monotonic=always_later)  # type: ignore[arg-type]  # names match


def _publish_again(world: World) -> list[str]:
    with world.sql.begin() as tx:
        return republish(tx, older_than_s=PUBLISH_AGAIN_AFTER_S, limit=50, in_queue=0)


def _take_over_events(world: World) -> None:
    _take_over(world, world.keys.events, world.processor.process_events)
    _take_over(world, world.keys.unmatched, world.unmatched_processor.process_events)


def _take_over(world: World, stream: str, handle: Callable[[Sequence[Any]], object]) -> None:
    """Handle what other consumers have read and not acknowledged, one by one, as the consumers of streams do."""
    _, entries, _ = world.redis.xautoclaim(stream, GROUP, "another", 0, count=100)  # type: ignore[misc]  # its stub is wrong
    for entry in entries:
        handle([entry])
