"""The carrier's answers to a command, sorted by what the caller does next."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Final, TypeAlias

import orjson

from orchestrator.telnyx.d_codes import Scope, find_d_code, scope_of

_MAX_DETAIL_CHARS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The carrier accepted the command; a dial has the ids of the new leg, a recording its own id."""

    call_control_id: str | None = None
    call_leg_id: str | None = None
    call_session_id: str | None = None
    recording_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAccepted:
    """An error of the carrier, or of the network on the way to it.

    `code` is that of the carrier, or one of this module; `d_code` the reason of its telephony (D13),
    `pointer` the field it complained about, `status` None where there was no HTTP answer. `retry_after_s` is the
    carrier's own wish in seconds, where it said one.
    """

    code: str
    title: str
    detail: str = ""
    status: int | None = None
    d_code: str | None = None
    pointer: str | None = None
    retry_after_s: float | None = None

    def as_error(self) -> dict[str, Any]:
        """Return the fields that events and records keep."""
        return {"code": self.d_code or self.code, "title": self.title, "detail": self.detail}


class Rejected(NotAccepted):
    """Not possible for the number or the command: the attempt ends, the command has failed."""

    __slots__ = ()


class Refused(NotAccepted):
    """The account, key, connection or caller id is wrong: no attempt was used, pause what it concerns."""

    __slots__ = ()


class Gone(NotAccepted):
    """The leg is over; its hangup follows or is assumed."""

    __slots__ = ()


class Unavailable(NotAccepted):
    """Nothing was sent: retry later."""

    __slots__ = ()


class Ambiguous(NotAccepted):
    """The command may have arrived: only a repeat with the same `command_id`, or a status query, resolves it."""

    __slots__ = ()


class Busy(NotAccepted):
    """The carrier is at its limit: nothing was done, slow down and retry later."""

    __slots__ = ()


Answer: TypeAlias = Accepted | Rejected | Refused | Busy | Unavailable | Ambiguous | Gone

# Channel limits of user, profile and connection; dials per second.
CAPACITY_CODES: Final = frozenset({"90041", "90042", "90043", "90103"})
# Authentication failed; not allowed.
ACCOUNT_CODES: Final = frozenset({"10009", "10010"})
# Not a live call's id; the call has ended.
GONE_CODES: Final = frozenset({"90015", "90018"})
# An invalid number; not +E.164.
NUMBER_CODES: Final = frozenset({"10002", "10016"})
# Timed out at the carrier, in conflict with another, too early: it may have been acted upon.
UNCERTAIN_STATUSES: Final = frozenset({408, 409, 425})

_Sorted: TypeAlias = type[Gone | Refused | Busy | Rejected]

_HANGUP_CODES: Final[Mapping[str, type[Refused | Busy | Rejected]]] = {
    **dict.fromkeys(ACCOUNT_CODES, Refused),
    **dict.fromkeys(CAPACITY_CODES, Busy),
    **dict.fromkeys(NUMBER_CODES, Rejected),
}
_URGENCY: Final[tuple[_Sorted, ...]] = (Gone, Refused, Busy, Rejected)
_SCOPES: Final[Mapping[Scope, type[Refused | Busy | Rejected]]] = {
    Scope.ACCOUNT: Refused,
    Scope.ROOM: Busy,
    Scope.NUMBER: Rejected,
}


def sort_answer(
    status: int, body: bytes, *, dialing: bool, retry_after_s: float | None = None, sent: Collection[str] = ()
) -> Answer:
    """Return what an HTTP answer means; `dialing` is True for POST /calls, False for a command on a live leg.

    The status decides first, the code second, for one code can mean two things (protocol facts §2). Several errors in
    one body: Gone before Refused before Busy before Rejected. When dialing, an unknown 4xx is Refused: pausing loudly
    burns no contact. `sent` are the fields of a command's body: a complaint about one of them (the call to bridge with)
    says nothing about the leg itself, though it may carry the same code.
    """
    if 200 <= status < 300:
        return _sort_success(status, body, dialing=dialing)
    problems = [replace(problem, retry_after_s=retry_after_s) for problem in read_problems(status, body)]
    if status == 401:
        return _say(Refused, problems[0])
    if status == 429:
        return _say(Busy, problems[0])
    if not 400 <= status < 500 or status in UNCERTAIN_STATUSES:
        return _say(Ambiguous, problems[0])
    kinds = {_kind(problem, dialing=dialing, sent=sent): problem for problem in reversed(_explained(problems))}
    most_urgent = next(kind for kind in _URGENCY if kind in kinds)
    return _say(most_urgent, kinds[most_urgent])


def sort_hangup_error(error: Mapping[str, Any] | None) -> Refused | Busy | Rejected | None:
    """Return what a hangup's `telnyx_error` means for the next dial, by the same codes as an answer.

    None where there is none, and where its code says nothing of the account, of room or of the number: then the cause
    and the SIP status decide.
    """
    problem = _read_hangup_error(error or {})
    if problem.d_code is not None:
        kind = _SCOPES[scope_of(problem.d_code)]
    elif problem.code in _HANGUP_CODES:
        kind = _HANGUP_CODES[problem.code]
    else:
        return None
    return kind(**_parts(problem))


def read_problems(status: int, body: bytes) -> list[NotAccepted]:
    """Return every error of an answer, or one made of the bare status where the body lists none."""
    document = _load(body)
    errors = document.get("errors")
    listed = [error for error in errors if isinstance(error, dict)] if isinstance(errors, list) else []
    if listed:
        return [_read_problem(status, error, document) for error in listed]
    text = body[:_MAX_DETAIL_CHARS].decode(errors="replace")
    d_code = find_d_code(document.get("telnyx_error"))
    return [NotAccepted(code=str(status), title=f"HTTP {status}", detail=text, status=status, d_code=d_code)]


def _explained(problems: Sequence[NotAccepted]) -> list[NotAccepted]:
    """Return the problems without a bare "not allowed" that the reason in another one explains."""
    is_any_named = any(problem.d_code for problem in problems)
    return [each for each in problems if each.d_code or each.code != "10010" or not is_any_named]


def _sort_success(status: int, body: bytes, *, dialing: bool) -> Accepted | Ambiguous:
    data = _load(body).get("data")
    if not isinstance(data, dict):
        return Ambiguous(code="unreadable", title="The answer is not readable", status=status)
    if dialing and not _text(data, "call_control_id"):
        return Ambiguous(code="unreadable", title="The answer has no call_control_id", status=status)
    return Accepted(
        call_control_id=_text(data, "call_control_id"),
        call_leg_id=_text(data, "call_leg_id"),
        call_session_id=_text(data, "call_session_id"),
        recording_id=_text(data, "recording_id"),
    )


def _read_hangup_error(error: Mapping[str, Any]) -> NotAccepted:
    title, detail = str(error.get("title") or "The call was refused"), str(error.get("detail") or "")
    code = str(error.get("error_code") or error.get("code") or "")
    return NotAccepted(code=code, title=title, detail=detail, d_code=find_d_code(error, detail, title))


def _kind(problem: NotAccepted, *, dialing: bool, sent: Collection[str]) -> _Sorted:
    if problem.d_code is not None:
        return _SCOPES[scope_of(problem.d_code)]
    if problem.code in CAPACITY_CODES:
        return Busy
    if dialing:
        return _kind_of_dial(problem)
    return Rejected if _field(problem) in sent else _kind_of_action(problem)


def _kind_of_dial(problem: NotAccepted) -> _Sorted:
    field = _field(problem)
    if field == "to" or (problem.code in NUMBER_CODES and not field):
        return Rejected
    return Refused


def _kind_of_action(problem: NotAccepted) -> _Sorted:
    return Gone if problem.status == 404 or problem.code in GONE_CODES else Rejected


def _field(problem: NotAccepted) -> str:
    return (problem.pointer or "").lstrip("#/").split("/")[0]


def _read_problem(status: int, error: Mapping[str, Any], document: Mapping[str, Any]) -> NotAccepted:
    source = error.get("source")
    pointer = (_text(source, "pointer") or _text(source, "parameter")) if isinstance(source, dict) else None
    code, title, detail = (str(error.get(name) or "") for name in ("code", "title", "detail"))
    may_quote = pointer is not None and status != 403
    return NotAccepted(
        code=code or str(status),
        title=title,
        detail=detail[:_MAX_DETAIL_CHARS],
        status=status,
        d_code=find_d_code(document.get("telnyx_error"), code, detail, title, may_quote=may_quote),
        pointer=pointer,
    )


def _say(kind: type[Refused | Rejected | Gone | Busy | Ambiguous], problem: NotAccepted) -> Answer:
    return kind(**_parts(problem))


def _parts(problem: NotAccepted) -> dict[str, Any]:
    return {field.name: getattr(problem, field.name) for field in fields(problem)}


def _load(body: bytes) -> dict[str, Any]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return document if isinstance(document, dict) else {}


def _text(data: Mapping[str, Any], name: str) -> str | None:
    value = data.get(name)
    return value if isinstance(value, str) and value else None
