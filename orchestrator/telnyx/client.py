"""Client of the carrier's API: commands return a sorted answer, queries return data or raise."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final, Literal, TypeVar
from urllib.parse import quote, urlencode

import orjson
from pydantic import BaseModel, SecretStr, ValidationError

from orchestrator.clock import Clock, boot_seconds, rfc3339, utc_now
from orchestrator.counts import count
from orchestrator.errors import CarrierRefused, CarrierUnavailable
from orchestrator.model.metric import Metric
from orchestrator.telnyx.account_setup import Application, OutboundProfile, OwnNumber
from orchestrator.telnyx.answers import Ambiguous, Answer, NotAccepted, Unavailable, read_problems, sort_answer
from orchestrator.telnyx.commands import COMMANDS
from orchestrator.telnyx.rate_limits import RateLimit
from orchestrator.telnyx.resources import ActiveCall, CallEvent, CallStatus, StoredRecording
from orchestrator.telnyx.wire import NotSent, Reply, Unanswered, Wire
from orchestrator.web.egress import DIRECT, Egress

LIVE_BASE_URL: Final = "https://api.telnyx.com/v2"

_CODE: Final = re.compile(r"[A-Z]?[0-9]{1,5}|not_sent|no_answer", re.ASCII)
_QUESTION_TRIES: Final = 3
_FIRST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2.0
_PAGE_SIZE: Final = 100
_MAX_PAGES: Final = 400

_Item = TypeVar("_Item", bound=BaseModel)


class TelnyxClient:
    """Client of one account: one connection per thread, each request limited to `whole_timeout_s`.

    A connection idle for longer than `max_idle_s` is not used again: a dial lost on it would be ambiguous. Both limits
    are seconds of `age_clock`, which goes on while the machine is suspended.

    Commands never raise because of the network or the carrier: their Answer says what is known. They are never
    retried here, because only the ledger knows whether a retry is allowed. Queries are tried up to three times and
    raise CarrierUnavailable or CarrierRefused.
    """

    def __init__(
        self,
        *,
        api_key: SecretStr,
        base_url: str = LIVE_BASE_URL,
        whole_timeout_s: float = 12.0,
        connect_timeout_s: float = 3.05,
        max_idle_s: float = 50.0,
        clock: Clock = utc_now,
        age_clock: Callable[[], float] = boot_seconds,
        egress: Egress = DIRECT,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._wire = Wire(
            self.base_url,
            api_key=api_key,
            whole_timeout_s=whole_timeout_s,
            connect_timeout_s=connect_timeout_s,
            max_idle_s=max_idle_s,
            clock=clock,
            age_clock=age_clock,
            egress=egress,
        )

    @property
    def skew_s(self) -> float | None:
        """Return how far the carrier's clock is ahead of the local one in seconds, None before its first answer."""
        return self._wire.skew_s

    @property
    def rate_limit(self) -> RateLimit | None:
        """Return the rate limits of the last answer, None if there were none."""
        return self._wire.rate_limit

    def dial(self, body: Mapping[str, Any], *, send_before: float | None = None) -> Answer:
        """Start a call with a Dial command's body; Accepted carries the leg's ids.

        After `send_before`, a moment of `boot_seconds`, it is not sent any more: Unavailable.
        """
        return self._command("POST", "/calls", body, dialing=True, send_before=send_before)

    def act(
        self, call_control_id: str, action: str, body: Mapping[str, Any], *, send_before: float | None = None
    ) -> Answer:
        """Send a command to a leg; `action` is a name of COMMANDS, `body` that command's fields."""
        command = COMMANDS[action]
        path = command.path.format(call_control_id=_in_path(call_control_id))
        return self._command(command.method, path, body, dialing=False, send_before=send_before)

    def call_status(self, call_control_id: str) -> CallStatus | None:
        """Return the status of a leg, None if the carrier has none (it ended more than 10 minutes ago)."""
        return _read(CallStatus, self._ask(f"/calls/{_in_path(call_control_id)}"))

    def active_calls(self, connection_id: str) -> list[ActiveCall]:
        """Return every live leg of a connection, also those that other programs started."""
        return self._list(ActiveCall, f"/connections/{_in_path(connection_id)}/active_calls", {})

    def call_events(
        self,
        *,
        connection_id: str | None = None,
        to: str | None = None,
        leg_id: str | None = None,
        session_id: str | None = None,
        kind: Literal["command", "webhook"] | None = None,
        since: datetime | None = None,
    ) -> list[CallEvent]:
        """Return the carrier's event log of the last 24 hours, filtered by the arguments."""
        filters = {
            "filter[connection_id]": connection_id,
            "filter[to]": to,
            "filter[leg_id]": leg_id,
            "filter[application_session_id]": session_id,
            "filter[type]": kind,
            "filter[occurred_at][gte]": rfc3339(since) if since else None,
        }
        return self._list(CallEvent, "/call_events", {name: value for name, value in filters.items() if value})

    def application(self, connection_id: str) -> Application | None:
        """Return the call control application behind a connection id, None when the account has none."""
        return _read(Application, self._ask(f"/call_control_applications/{_in_path(connection_id)}"))

    def outbound_profile(self, profile_id: str) -> OutboundProfile | None:
        """Return an outbound voice profile, None when the account has none of this id."""
        return _read(OutboundProfile, self._ask(f"/outbound_voice_profiles/{_in_path(profile_id)}"))

    def own_number(self, number: str) -> OwnNumber | None:
        """Return one of the account's own numbers (E.164), None when this is none of them."""
        # The filter matches parts of numbers too, and nothing for characters other than digits.
        found = self._list(OwnNumber, "/phone_numbers", {"filter[phone_number]": number.lstrip("+")})
        return next((own for own in found if own.phone_number == number), None)

    def is_verified(self, number: str) -> bool:
        """Return whether a number (E.164) outside the account is verified as a caller id."""
        return self._ask(f"/verified_numbers/{_in_path(number)}") is not None

    def recording_links(self, recording_id: str) -> dict[str, str] | None:
        """Return new links to a recording by format, None when the carrier has no such recording."""
        found = _read(StoredRecording, self._ask(f"/recordings/{_in_path(recording_id)}"))
        return None if found is None else found.links

    def public_key(self) -> str | None:
        """Return the account's webhook public key in base64, None where the carrier shows none."""
        document = self._ask("/public_key")
        data = document.get("data") if document else None
        public = data.get("public") if isinstance(data, dict) else None
        return public if isinstance(public, str) else None

    def ping(self) -> float:
        """Send one cheap query and return its duration in seconds; raises like every query."""
        started = boot_seconds()
        self._ask("/public_key")
        return boot_seconds() - started

    def close(self) -> None:
        """Close this thread's connection."""
        self._wire.close()

    def _command(
        self, method: str, path: str, body: Mapping[str, Any], *, dialing: bool, send_before: float | None
    ) -> Answer:
        answer = self._answer_to(method, path, body, dialing=dialing, send_before=send_before)
        meaning = type(answer).__name__.lower()
        count(Metric.DIALS if dialing else Metric.COMMANDS, meaning)
        if isinstance(answer, NotAccepted):
            count(Metric.CARRIER_ERRORS, "dial" if dialing else "command", _bounded_code(answer))
        return answer

    def _answer_to(
        self, method: str, path: str, body: Mapping[str, Any], *, dialing: bool, send_before: float | None
    ) -> Answer:
        try:
            reply = self._wire.exchange(method, path, body=orjson.dumps(body), send_before=send_before)
        except NotSent as err:
            return Unavailable(code="not_sent", title="The carrier is not reachable", detail=str(err))
        except Unanswered as err:
            return Ambiguous(code="no_answer", title="The carrier did not answer", detail=str(err))
        return sort_answer(
            reply.status, reply.body, dialing=dialing, retry_after_s=reply.retry_after_s, sent=body.keys()
        )

    def _ask(self, path: str) -> dict[str, Any] | None:
        """Return the JSON object at `path`, None for 404."""
        reply = self._question(path)
        if reply.status == 404:
            return None
        if not 200 <= reply.status < 300:
            raise _refusal(reply)
        try:
            document = orjson.loads(reply.body)
        except orjson.JSONDecodeError as err:
            raise CarrierUnavailable("its answer is not JSON") from err
        return document if isinstance(document, dict) else {}

    def _question(self, path: str) -> Reply:
        last = CarrierUnavailable("not asked")
        for turn in range(_QUESTION_TRIES):
            if turn:
                _wait(min(last.retry_after_s or _FIRST_PAUSE_S * turn, _LONGEST_PAUSE_S))
            try:
                reply = self._wire.exchange("GET", path)
            except (NotSent, Unanswered) as err:
                last = CarrierUnavailable(str(err))
                continue
            if 200 <= reply.status < 300 or (400 <= reply.status < 500 and reply.status not in {408, 429}):
                return reply
            last = CarrierUnavailable(f"HTTP {reply.status}", retry_after_s=reply.retry_after_s)
        raise last

    def _list(self, model: type[_Item], path: str, filters: Mapping[str, str]) -> list[_Item]:
        items: dict[bytes, _Item] = {}
        place: dict[str, str] = {}
        for page in range(1, _MAX_PAGES + 1):
            document = self._ask(f"{path}?{urlencode({**filters, 'page[size]': _PAGE_SIZE, **place})}") or {}
            known = len(items)
            for entry in document.get("data") or ():
                items.setdefault(orjson.dumps(entry, option=orjson.OPT_SORT_KEYS), _item(model, entry))
            place = _next_place(document.get("meta"), page)
            if not place or len(items) == known:
                break
        return list(items.values())


def _bounded_code(answer: NotAccepted) -> str:
    """Return the code of an error for a metric, whose labels must stay few whatever a server writes there."""
    code = answer.d_code or answer.code
    return code if _CODE.fullmatch(code) else "other"


def _next_place(meta: Any, page: int) -> dict[str, str]:
    """Return where the next page is: a cursor (the documents) or a number (the official SDK); {} at the end."""
    if not isinstance(meta, dict):
        return {}
    cursors = meta.get("cursors")
    after = cursors.get("after") if isinstance(cursors, dict) else None
    if after and meta.get("next", after):
        return {"page[after]": str(after)}
    return {"page[number]": str(page + 1)} if page < int(meta.get("total_pages") or 0) else {}


def _read(model: type[_Item], document: Mapping[str, Any] | None) -> _Item | None:
    return None if document is None else _item(model, document.get("data"))


def _item(model: type[_Item], data: Any) -> _Item:
    try:
        return model.model_validate(data)
    except ValidationError as err:
        raise CarrierUnavailable(f"its answer is no {model.__name__}") from err


def _refusal(reply: Reply) -> CarrierRefused:
    problem = read_problems(reply.status, reply.body)[0]
    return CarrierRefused(reply.status, code=problem.code, title=problem.title, detail=problem.detail)


def _in_path(ident: str) -> str:
    return quote(ident, safe=":+")


def _wait(seconds: float) -> None:
    threading.Event().wait(seconds)
