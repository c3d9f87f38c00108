"""Live call state in Redis: a version, a JSON state, the events seen, a timeline, an outbox."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import redis
from pydantic import ValidationError

from orchestrator.clock import unix_ms
from orchestrator.errors import NewerLiveState
from orchestrator.ids import new_version
from orchestrator.model.decision import Decision
from orchestrator.model.live_call import LiveCall
from orchestrator.store.redis.keys import GROUP, Keys
from orchestrator.store.redis.live_state import read_state, write_state
from orchestrator.store.redis.pipeline import round_trip
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script, run_scripts

log = logging.getLogger(__name__)

KEEP_AFTER_RECORD_S = 900
KEEP_LEG_S = 15_000  # the longest call the carrier allows, and its late facts
WAKE_AFTER_MS = 2_000
DONE, SEEN, STALE, MISSING = 1, 2, 0, -1


@dataclass(frozen=True)
class Loaded:
    """A live call as it was read or committed.

    Its version names this very state and guards the commit.
    """

    version: int
    call: LiveCall


@dataclass(frozen=True)
class UnreadableLiveState:
    """A damaged live state, by its version: it counts as lost, and is replaced when the call is restored (R20)."""

    version: str


Found = Loaded | NewerLiveState | UnreadableLiveState | None


def create_live(
    client: redis.Redis, keys: Keys, call: LiveCall, *, keep_s: int = 0, instead_of: UnreadableLiveState | None = None
) -> bool:
    """Create the live state unless there is one, False then; with `keep_s` it goes after so many seconds.

    One that cannot be read is replaced if it is the one given as `instead_of`.
    """
    replaced = instead_of.version if instead_of else ""
    args: list[Arg] = [call.model_dump_json(), new_version(), call.call_control_id or "", keep_s, replaced]
    return bool(run_script(client, ScriptCall("create_live", [keys.call(call.call_id)], args)))


def load_many(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> list[Found]:
    """Load these calls in one round trip: None where there is no live state, an error where it is too new to read.

    One that is damaged is told as such, and logged each time.
    """
    answers = round_trip(client, [("HMGET", keys.call(call_id), "v", "s") for call_id in call_ids])
    raise_errors(answers)
    return [_loaded(call_id, *row) for call_id, row in zip(call_ids, answers, strict=True)]


def load_live(client: redis.Redis, keys: Keys, call_id: str) -> Loaded | None:
    """Load one live call, or None; a damaged one counts as lost. Raises NewerLiveState."""
    [found] = load_many(client, keys, [call_id])
    if isinstance(found, NewerLiveState):
        raise found
    return found if isinstance(found, Loaded) else None


def carrier_knows(client: redis.Redis, keys: Keys, call_id: str) -> bool:
    """Return whether the carrier has reported this call, so far as its live state tells.

    It may have reported one whose state is damaged: who took it for unknown would dial twice (R3).
    """
    [found] = load_many(client, keys, [call_id])
    if isinstance(found, NewerLiveState):
        raise found
    return found is not None and (isinstance(found, UnreadableLiveState) or found.call.is_known_to_carrier)


def read_live(client: redis.Redis, keys: Keys, call_id: str) -> tuple[LiveCall | None, list[dict[str, Any]]]:
    """Return a live call and its timeline so far; (None, []) when Redis no longer holds it.

    The call is None as well where a newer version wrote its state.
    """
    [found] = load_many(client, keys, [call_id])
    return (found.call if isinstance(found, Loaded) else None), read_log(client, keys, call_id)


def read_log(client: redis.Redis, keys: Keys, call_id: str) -> list[dict[str, Any]]:
    """Return the timeline in the order the call took notice.

    Each line: {id, kind: event|command, type, leg, at, recorded_at, payload, note?}; a command stands behind its cause.
    """
    return read_logs(client, keys, [call_id])[0]


def read_logs(client: redis.Redis, keys: Keys, call_ids: Sequence[str]) -> list[list[dict[str, Any]]]:
    """Return the timeline of each call, in one round trip."""
    answers = round_trip(client, [("LRANGE", keys.log(call_id), 0, -1) for call_id in call_ids])
    raise_errors(answers)
    return [[line for raw in lines for line in _unfold(orjson.loads(raw))] for lines in answers]


def _unfold(entry: dict[str, Any]) -> Iterator[dict[str, Any]]:
    commands = entry.pop("commands")
    recorded = datetime.fromtimestamp(entry.pop("recorded_ms") / 1000, UTC)
    entry["at"] = datetime.fromisoformat(entry["at"])
    if entry["note"] is None:
        del entry["note"]
    yield {**entry, "kind": "event", "recorded_at": recorded}
    for command in commands:
        yield {
            "id": command["id"],
            "kind": "command",
            "type": command["action"],
            "leg": command.get("leg", "A"),
            "at": recorded,
            "recorded_at": recorded,
            "payload": command["body"],
        }


def find_call_of_leg(client: redis.Redis, keys: Keys, legs: Sequence[str | None]) -> str | None:
    """Return the call id that was remembered for any of `legs` (control ids or leg ids)."""
    names = [keys.leg(leg) for leg in legs if leg]
    found = next((value for value in client.mget(names) if value), None) if names else None
    return found.decode() if isinstance(found, bytes) else found


def find_calls_over(
    client: redis.Redis, keys: Keys, call_ids: Sequence[str], *, now: datetime, grace_s: float
) -> set[str]:
    """Return those of these calls that ended more than `grace_s` ago, or have no live state.

    None while Redis has no epoch: it is being rebuilt (R20), and knows less than there is.
    """
    states = [("HGET", keys.call(call_id), "s") for call_id in call_ids]
    answers = round_trip(client, [("EXISTS", keys.epoch), *states])
    raise_errors(answers)
    if not answers[0]:
        return set()
    pairs = zip(call_ids, answers[1:], strict=True)
    return {
        call_id for call_id, state in pairs if state is None or _ended_before(state, now - timedelta(seconds=grace_s))
    }


def commit_call(
    keys: Keys,
    decision: Decision,
    *,
    stream: str,
    loaded: Loaded,
    version: int,
    event_id: str,
    entry_id: str,
    stamped_ms: int,
    log: bytes,
    read_ms: float | None = None,
    tells_answer: bool = False,
) -> ScriptCall:
    """Return the script call that commits what was decided on `loaded`; it answers DONE, SEEN, STALE or MISSING.

    `version` is new and names the state that the commit makes. It takes the entry that caused the decision out of
    `stream`, and lets webhooks that lost their client_state be found by the legs of a call that is bound by it.
    Commands carry when the entry was stamped and read, for the hops of their way to be measured. With `tells_answer` an
    answer is handed to the finalizer before the call ends.
    """
    call = decision.call
    commands = [_outbox_line(decision, n, version, stamped_ms, read_ms) for n in range(len(decision.commands))]
    newly_bound = "" if loaded.call.call_control_id else call.call_control_id or ""
    legs = [] if loaded.call.call_control_id else _legs(keys, call)
    timers: list[str] = []
    for name, due in decision.timers.items():
        timers += [name, "" if due is None else str(int(due.timestamp() * 1000))]
    return ScriptCall(
        "commit",
        [
            keys.call(call.call_id),
            keys.log(call.call_id),
            keys.outbox(call.call_id),
            keys.wakes,
            keys.timers,
            stream,
            keys.ended,
            keys.failures,
            *legs,
        ],
        [
            call.call_id,
            loaded.version,
            event_id,
            entry_id,
            GROUP,
            write_state(call),
            log,
            newly_bound,
            decision.drop,
            call.visit,
            _record_word(decision, loaded.call, tells_answer=tells_answer),
            stamped_ms + WAKE_AFTER_MS,
            " ".join(decision.proven),
            version,
            KEEP_AFTER_RECORD_S if call.settled else KEEP_LEG_S,
            len(commands),
            *commands,
            *timers,
        ],
    )


def forget_later(client: redis.Redis, keys: Keys, calls: Sequence[LiveCall]) -> None:
    """Let recorded calls go after 15 minutes, in which late facts still find them (R17)."""
    names: list[str] = []
    for call in calls:
        names += [keys.call(call.call_id), keys.log(call.call_id), keys.outbox(call.call_id), *_legs(keys, call)]
    raise_errors(round_trip(client, [("EXPIRE", name, KEEP_AFTER_RECORD_S) for name in names]))


def expire_live_state(client: redis.Redis, keys: Keys, call_ids: Sequence[str], *, after_s: int) -> None:
    """Let the live state of attempts that are over go after so many seconds, 0 for at once; safe to repeat.

    That of a call which the carrier reported, and which is not recorded yet, stays as long as a call may last.
    """
    names = [[keys.call(call_id), keys.log(call_id), keys.outbox(call_id)] for call_id in call_ids]
    raise_errors(run_scripts(client, [ScriptCall("let_go", each, [after_s, KEEP_LEG_S]) for each in names]))


def _record_word(decision: Decision, before: LiveCall, *, tells_answer: bool) -> str | int:
    """Return 1 if the record is to be written, the time of an answer that is news and to be told, 0 for neither."""
    answered_at = decision.call.answered_at
    is_news = answered_at is not None and before.answered_at is None and decision.call.phase != "ended"
    if decision.settle or not (tells_answer and is_news and answered_at):
        return int(decision.settle)
    return answered_at.isoformat()


def _legs(keys: Keys, call: LiveCall) -> list[str]:
    return [keys.leg(leg) for leg in (call.call_control_id, call.call_leg_id) if leg]


def _outbox_line(decision: Decision, number: int, version: int, stamped_ms: int, read_ms: float | None) -> bytes:
    command = decision.commands[number].model_dump(exclude_none=True)
    cause: dict[str, int | float | str | None] = {"caused_at": stamped_ms, "campaign_id": decision.call.campaign_id}
    if read_ms is not None:
        cause |= {"read_at": read_ms, "committed_at": unix_ms()}  # the commit leaves with these very bytes
    return orjson.dumps({**command, "batch": str(version), **cause})


def _ended_before(state: bytes, moment: datetime) -> bool:
    if b'"ended"' not in state:
        return False  # most calls live, and their whole state is long
    try:
        call = read_state(state)
    except (NewerLiveState, ValueError):
        return False  # it may live: who restores it, or a newer engine, will see
    return call.phase == "ended" and (call.ended_at is None or call.ended_at < moment)


def _loaded(call_id: str, version: bytes | None, state: bytes | None) -> Found:
    if version is None:
        return None
    try:
        return Loaded(int(version), read_state(state or b""))
    except NewerLiveState as err:
        return err
    except ValueError as err:  # bad JSON, or fields that are not those of a live call
        log.error("a live state cannot be read and counts as lost: %s", _problems(err), extra={"call_id": call_id})  # noqa: TRY400 the error quotes the person
        return UnreadableLiveState(version.decode(errors="replace"))


def _problems(err: ValueError) -> str:
    """Return what is wrong, and nothing of the values."""
    if not isinstance(err, ValidationError):
        return "no version"
    return ", ".join(f"{'.'.join(map(str, each['loc']))} {each['type']}".strip() for each in err.errors())
