"""Sends a call's commands, oldest first, one sender at a time; each may be sent again, none twice for the callee."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from http import HTTPStatus
from typing import Any, assert_never

import orjson
import redis
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from orchestrator.clock import boot_seconds, unix_ms
from orchestrator.errors import OrchestratorError
from orchestrator.media.stream_urls import StreamUrls, targets_own_receiver
from orchestrator.model.event import COMMAND_ACCEPTED, COMMAND_FAILED, COMMAND_GONE, COMMAND_UNKNOWN, HTTP_FAILED, Event
from orchestrator.model.hop import hops_of
from orchestrator.model.own_streams import STREAM_CLEAR, STREAM_PLAY
from orchestrator.operations.calls.bridge_calls import (
    BRIDGE,
    NoSuchCall,
    bridge_paired,
    find_other_call,
    is_of_another_leg,
    with_leg_of,
)
from orchestrator.operations.calls.check_target import why_target_refused
from orchestrator.operations.calls.command_leases import LEASE_MS, CommandLeases
from orchestrator.operations.calls.send_http_step import HttpStepClient
from orchestrator.policy.hold_reasons import Reason
from orchestrator.store.outage import is_outage
from orchestrator.store.redis.audio_queue import Queued, clear_sounds, queue_sound
from orchestrator.store.redis.hop_counts import HopCounts
from orchestrator.store.redis.keys import Keys
from orchestrator.store.redis.live_calls import Loaded, load_many
from orchestrator.store.redis.put_off_calls import put_off
from orchestrator.store.redis.scripts import Arg, ScriptCall, raise_errors, run_script, run_scripts
from orchestrator.telnyx.answers import Accepted, Ambiguous, Answer, Busy, Gone, Refused, Rejected, Unavailable
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.commands import COMMANDS
from orchestrator.telnyx.commands.called_number import CALL_OTHERS
from orchestrator.traces import add_span

log = logging.getLogger(__name__)

AGAIN_WITHIN_MS = 40_000  # the carrier ignores a repeated command_id for 60 s (R13)
AGAIN_AFTER_MS = 1_000
SEND_WITHIN_S = 3.0
WEB_AGAIN_AFTER_MS = 250  # too many web addresses are being asked
STREAM_OPENS_MS, STREAM_AGAIN_AFTER_MS = 5_000, 200  # a receiver reports a stream half a second after it began
HTTP = "http"
_FAILURES = frozenset({COMMAND_FAILED, COMMAND_GONE, COMMAND_UNKNOWN})
_LATENCIES_KEPT, _LATENCIES_KEPT_S = 1_000, 7 * 24 * 3_600  # of one campaign
_NOTHING_LEFT = 2  # what complete_command.lua answers
_AT_MOST = 50  # commands in one turn; it is woken at once for the rest


@dataclass(frozen=True)
class Turn:
    """The oldest command of a call, stamped and ready to be sent.

    `age_ms` counts from its first send, which came `late_ms` after the event that caused it, if that is known.
    """

    call_id: str
    command: Mapping[str, Any]
    age_ms: int
    call_control_id: str
    send_before: float
    late_ms: int | None = None
    started_ms: int = 0


class CommandSender:
    """Empties outboxes; any number of them may run."""

    def __init__(
        self,
        *,
        sql: Engine,
        client: redis.Redis,
        carrier: TelnyxClient,
        web: HttpStepClient | None = None,
        streams: StreamUrls | None = None,
        keys: Keys,
        age_clock: Callable[[], float] = boot_seconds,
    ) -> None:
        self._sql = sql
        self._redis = client
        self._carrier = carrier
        self._web = web or HttpStepClient()
        self._streams = streams
        self._keys = keys
        self._age_clock = age_clock
        self._leases = CommandLeases(client, keys)
        self._hops = HopCounts(keys)

    def send_commands(self, call_id: str, *, token: str) -> int:
        """Send what waits for this call; return how many commands were answered. Safe to run 0, 1 or n times.

        `token` names this sender's turn. A command without an answer is left for a later turn, with its command_id.
        """
        for done in range(_AT_MOST):
            turn = self._begin(call_id, token)
            if turn is None:
                return done
            with self._leases.kept(call_id, token):
                event = self._answered(turn, token)
            if event is None:
                return done
            if self._complete(turn, token, event) == _NOTHING_LEFT:
                return done + 1
        self._put_off(call_id, token, 0)
        return _AT_MOST

    def _answered(self, turn: Turn, token: str) -> Event | None:
        """Send the command and return the event for its call; None when it has to wait for a later turn."""
        if turn.command["action"] == HTTP:
            return self._asked(turn, token)
        if turn.command["action"] in (STREAM_PLAY, STREAM_CLEAR):
            return self._streamed(turn, token)
        if targets_own_receiver(turn.command.get("body", {})) and self._streams is None:
            return _event(turn, COMMAND_FAILED, code="no_receiver", title="ORCHESTRATOR_MEDIA_URL is not set")
        if turn.age_ms > AGAIN_WITHIN_MS:
            return _event(turn, COMMAND_UNKNOWN, code="unknown", title="never answered")
        if turn.command["action"] == BRIDGE:
            return self._bridged(turn, token)
        if turn.command["action"] in CALL_OTHERS:
            return self._transferred(turn, token)
        if turn.command.get("unless_answered") and self._is_answered(turn.call_id):
            return _event(turn, COMMAND_FAILED, code="answered", title="somebody answered first: the call goes on")
        return self._carried_out(turn, token)

    def _transferred(self, turn: Turn, token: str) -> Event | None:
        """Ring somebody else's phone, unless that person must not be called; nobody is called unasked."""
        campaign_id = turn.command.get("campaign_id")
        try:
            why = why_target_refused(turn.command, campaign_id=campaign_id, sql=self._sql)
        except SQLAlchemyError as err:
            if not is_outage(err):
                raise
            log.warning("a transfer waits for PostgreSQL", extra={"call_id": turn.call_id})
            self._put_off(turn.call_id, token, AGAIN_AFTER_MS)
            return None
        return _event(turn, COMMAND_FAILED, **_refused_by(why)) if why else self._carried_out(turn, token)

    def _bridged(self, turn: Turn, token: str) -> Event | None:
        """Bridge with another leg; if that is a call of this installation, each call is notified of the other."""
        try:
            other = find_other_call(self._redis, self._keys, turn.command)
        except NoSuchCall as err:
            return _event(turn, COMMAND_FAILED, code="call_not_live", title=str(err))
        if other is None:
            return self._carried_out(turn, token)
        named = replace(turn, command=with_leg_of(other, turn.command))
        if other.call_id == turn.call_id:
            return self._carried_out(named, token)
        letter, both = str(turn.command.get("target_role") or "B"), (turn.call_id, other.call_id)
        send = partial(self._carried_out, named, token)
        return bridge_paired(self._redis, self._keys, both, letter=letter, send=send)

    def _carried_out(self, turn: Turn, token: str) -> Event | None:
        posted_ms, answer, answered_ms = unix_ms(), self._send(turn), unix_ms()
        facts = {"action": str(turn.command["action"]), "answer": type(answer).__name__}
        add_span(turn.call_id, "command", began_ms=posted_ms, ended_ms=answered_ms, **facts)
        event = _event_for(turn, answer, lives=partial(self._lives, turn))
        if event and turn.age_ms == 0:  # a repeat would count the pause before it
            times = {"started_ms": turn.started_ms, "posted_ms": posted_ms, "answered_ms": answered_ms}
            self._hops.add(hops_of(turn.command, **times))
        if event is None:
            log.info("command unanswered: %s", type(answer).__name__, extra={"call_id": turn.call_id})
            self._put_off(turn.call_id, token, _pause_ms(answer))
        return event

    def _is_answered(self, call_id: str) -> bool:
        [found] = load_many(self._redis, self._keys, [call_id])
        return isinstance(found, Loaded) and found.call.phase == "answered"

    def _lives(self, turn: Turn) -> bool:
        """Ask whether a leg lives on although a command to it found nothing: some servers lack some commands."""
        try:
            status = self._carrier.call_status(turn.call_control_id)
        except OrchestratorError:
            return False  # taken for over, it is hung up: nobody is left on a line that the record calls ended
        return status is not None and status.is_alive

    def _asked(self, turn: Turn, token: str) -> Event | None:
        """Send the request of an `http` step; its result is always an event, for a person waits on the line."""
        command_id = str(turn.command["command_id"])
        if turn.age_ms > AGAIN_WITHIN_MS:
            return _event(turn, HTTP_FAILED, status=None, body=None, reason="unknown", detail="never answered")
        began_ms = unix_ms()
        result = self._web.ask(turn.command["body"], command_id=command_id, send_before=turn.send_before)
        if result is None:
            self._put_off(turn.call_id, token, WEB_AGAIN_AFTER_MS)
            return None
        add_span(turn.call_id, "http", began_ms=began_ms, result=result[0])
        return _event(turn, result[0], **result[1])

    def _streamed(self, turn: Turn, token: str) -> Event | None:
        """Hand a sound, or the wish for silence, to the receiver that holds the call's stream."""
        if turn.command["action"] == STREAM_CLEAR:
            clear_sounds(self._redis, self._keys, turn.call_id)
            return _event(turn, COMMAND_ACCEPTED)
        payload, sound_id = str(turn.command["body"]["payload"]), str(turn.command["command_id"])
        match queue_sound(self._redis, self._keys, turn.call_id, payload, sound_id=sound_id):
            case Queued.TAKEN:
                return _event(turn, COMMAND_ACCEPTED)
            case Queued.FULL:
                return _event(turn, COMMAND_FAILED, code="sounds_waiting", title="too many sounds wait already")
        if turn.age_ms > STREAM_OPENS_MS:
            return _event(turn, COMMAND_FAILED, code="no_stream", title="no stream of the call is open at our receiver")
        self._put_off(turn.call_id, token, STREAM_AGAIN_AFTER_MS)
        return None

    def _begin(self, call_id: str, token: str) -> Turn | None:
        keys, began = self._keys, self._age_clock()
        names = [keys.lease(call_id), keys.outbox(call_id), keys.call(call_id), keys.wakes, keys.latency, keys.put_off]
        answer = run_script(self._redis, ScriptCall("begin_command", names, [token, LEASE_MS, call_id]))
        if answer[0] != b"send":
            return None
        command = orjson.loads(answer[1])
        control_id = command.get("call_control_id") or answer[4].decode()
        # A process that froze after this must not thaw and send: the lease may be another's by then.
        first_ms, now_ms = int(answer[2]), int(answer[3])
        late_ms = first_ms - int(command["caused_at"]) if command.get("caused_at") is not None else None
        return Turn(call_id, command, _age_ms(first_ms, now_ms), control_id, began + SEND_WITHIN_S, late_ms, now_ms)

    def _send(self, turn: Turn) -> Answer:
        action = str(turn.command["action"])
        body = body_of(turn)
        if self._streams and targets_own_receiver(body):
            body["stream_url"] = self._streams.url_of(turn.call_id)
        return self._carrier.act(turn.call_control_id, action, body, send_before=turn.send_before)

    def _put_off(self, call_id: str, token: str, pause_ms: int) -> None:
        put_off(self._redis, self._keys, call_id, token=token, pause_ms=pause_ms)

    def _complete(self, turn: Turn, token: str, event: Event) -> int:
        # Stopping what is over already fails, and nothing behind it depends on that.
        failed = event.type in _FAILURES and not turn.command.get("optional")
        keys, batch = self._keys, str(turn.command["batch"]) if failed else ""
        campaign_id = turn.command.get("campaign_id")
        late_ms = turn.late_ms if campaign_id and turn.late_ms is not None else ""
        names = [keys.lease(turn.call_id), keys.outbox(turn.call_id), keys.events, keys.wakes]
        names += [keys.latency_of(campaign_id or "none"), keys.put_off]
        args: list[Arg] = [token, str(turn.command["command_id"]), event.model_dump_json(), batch, turn.call_id]
        args += [late_ms, _LATENCIES_KEPT, _LATENCIES_KEPT_S]
        complete = ScriptCall("complete_command", names, args)
        answers = run_scripts(self._redis, [complete, *self._hops.due()])
        raise_errors(answers[:1])  # whether hops could be counted concerns no command
        return int(answers[0])


def _age_ms(first_ms: int, now_ms: int) -> int:
    """Return how old a first send is; one from the future is older than any that may be repeated: the clock stepped."""
    return now_ms - first_ms if now_ms >= first_ms else AGAIN_WITHIN_MS + 1


def body_of(turn: Turn) -> dict[str, Any]:
    """Return the command's whole JSON body: the flow's fields, and the identity that is always set here (R6)."""
    command = turn.command
    state = ClientState(call=turn.call_id, role=command.get("role", "A"), user=command.get("user_state"))
    body = {**command.get("body", {}), "client_state": state.encode()}
    if COMMANDS[command["action"]].carries_command_id:
        body["command_id"] = command["command_id"]
    if command["action"] == "transfer":
        target = ClientState(call=turn.call_id, role=command.get("target_role", "B"))
        body["target_leg_client_state"] = target.encode()
    return body


def _event_for(turn: Turn, answer: Answer, *, lives: Callable[[], bool]) -> Event | None:
    match answer:
        case Accepted():
            return _event(turn, COMMAND_ACCEPTED)
        case Gone() if is_of_another_leg(turn.command, answer) or (_is_in_doubt(turn, answer) and lives()):
            return _event(turn, COMMAND_FAILED, code=answer.code, title=answer.title, detail=answer.detail)
        case Gone():
            return _event(turn, COMMAND_GONE, code=answer.code, title=answer.title, detail=answer.detail)
        case Rejected() | Refused():
            return _event(turn, COMMAND_FAILED, code=answer.code, title=answer.title, detail=answer.detail)
        case Busy() | Unavailable() | Ambiguous():
            return None
        case _:
            assert_never(answer)


def _refused_by(why: Reason) -> dict[str, str]:
    return {"code": why.value, "title": "the target must not be called", "detail": why.sentence}


def _is_in_doubt(turn: Turn, gone: Gone) -> bool:
    """Whether the leg may live on: what was not found may be the command. Every server hangs up, so that is sure."""
    return gone.status == HTTPStatus.NOT_FOUND and turn.command["action"] != "hangup"


def _pause_ms(answer: Answer) -> int:
    if isinstance(answer, Busy) and answer.retry_after_s:
        return min(int(answer.retry_after_s * 1000), AGAIN_WITHIN_MS)
    return AGAIN_AFTER_MS


def _event(turn: Turn, what: str, **facts: Any) -> Event:
    command_id, action = str(turn.command["command_id"]), str(turn.command["action"])
    return Event(
        # A failure's id is the command's own: written twice, it happens once (R13).
        id=command_id,
        type=what,
        occurred_at=datetime.now(UTC),  # noqa: TID251 replaced by the entry's own stamp when it is read
        call_id=turn.call_id,
        payload={"command_id": command_id, "action": action, **facts},
    )
