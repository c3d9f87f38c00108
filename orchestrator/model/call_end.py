"""How a call ended, and whether the carrier failed; docs/dispositions.md has the table.

The disposition of an unanswered call depends on the carrier's hangup cause and on the SIP status of the line. A cause
that names the callee's part decides; otherwise the status does.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias

from orchestrator.model.disposition import Disposition, Fault
from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.answers import Busy, Refused, Rejected, sort_hangup_error
from orchestrator.telnyx.outcomes import HangupCause


@dataclass(frozen=True, slots=True)
class CallEnd:
    """How the call ended; `fault` if the carrier failed, rather than the callee or we."""

    disposition: Disposition
    fault: Fault | None = None


class SipStatus(StrEnum):
    """What a SIP status says of a call, as far as the next attempt depends on it."""

    ANSWERED = "answered"
    NO_SUCH_NUMBER = "no such number"
    BUSY = "busy"
    RANG = "rang"
    DECLINED = "declined"
    ROUTE_FAILED = "route failed"
    SILENT = "says nothing"

    @classmethod
    def read(cls, cause: str | None) -> SipStatus:
        """Return what a `sip_hangup_cause` means; `unspecified`, a Q.850 code (16) and other words mean nothing."""
        found = _SIP.search(cause or "")
        if found is None:
            return cls.SILENT
        return _STATUSES.get(int(found[1]), _CLASSES.get(found[1][0], cls.SILENT))


_SIP: Final = re.compile(r"(?:^|\s)([2-6]\d\d)(?:\s|$)", re.ASCII)
_CLASSES: Final = {"2": SipStatus.ANSWERED, "5": SipStatus.ROUTE_FAILED}
# RFC 3261 §21; 607 and 608: RFC 8197 and 8688.
_STATUSES: Final = {
    **dict.fromkeys((404, 410, 484, 604), SipStatus.NO_SUCH_NUMBER),
    **dict.fromkeys((486, 600), SipStatus.BUSY),
    **dict.fromkeys((408, 480, 487), SipStatus.RANG),
    **dict.fromkeys((403, 603, 607, 608), SipStatus.DECLINED),
}

_BUSY: Final = CallEnd(Disposition.BUSY)
_NO_ANSWER: Final = CallEnd(Disposition.NO_ANSWER)
_NOT_FOUND: Final = CallEnd(Disposition.NOT_FOUND)
_REJECTED: Final = CallEnd(Disposition.REJECTED)
_FAILED: Final = CallEnd(Disposition.FAILED)
_UNKNOWN: Final = CallEnd(Disposition.UNKNOWN)
_ANSWERED: Final = CallEnd(Disposition.ANSWERED)
_ROUTE_FAILED: Final = CallEnd(Disposition.FAILED, Fault.ROUTE)

_Row: TypeAlias = Mapping[SipStatus, CallEnd]


def _always(end: CallEnd) -> _Row:
    """Return the row of a cause that decides alone, unless the SIP status says that the call was answered."""
    return {**dict.fromkeys(SipStatus, end), SipStatus.ANSWERED: _ANSWERED}


_BY_STATUS: Final[_Row] = {
    SipStatus.ANSWERED: _ANSWERED,
    SipStatus.NO_SUCH_NUMBER: _NOT_FOUND,
    SipStatus.BUSY: _BUSY,
    SipStatus.RANG: _NO_ANSWER,
    SipStatus.DECLINED: _REJECTED,
    SipStatus.ROUTE_FAILED: _ROUTE_FAILED,
    SipStatus.SILENT: _ROUTE_FAILED,
}
# A number that does not exist, or that was not reached, has neither declined nor rung unanswered.
_NEVER_RANG: Final[_Row] = {SipStatus.NO_SUCH_NUMBER: _NOT_FOUND, SipStatus.ROUTE_FAILED: _ROUTE_FAILED}
_UNANSWERED: Final[Mapping[HangupCause, _Row]] = {
    HangupCause.USER_BUSY: _always(_BUSY),
    HangupCause.NOT_FOUND: _always(_NOT_FOUND),
    HangupCause.ORIGINATOR_CANCEL: _always(CallEnd(Disposition.CANCELED)),
    HangupCause.CALL_REJECTED: {**_always(_REJECTED), **_NEVER_RANG},
    HangupCause.TIMEOUT: {**_always(_NO_ANSWER), **_NEVER_RANG},
    HangupCause.NO_ANSWER: {**_always(_NO_ANSWER), **_NEVER_RANG},
    # The limit runs from the answer (protocol facts §10): only an answered call can meet it.
    HangupCause.TIME_LIMIT: _always(_ANSWERED),
    HangupCause.NORMAL_CLEARING: {**_BY_STATUS, SipStatus.SILENT: _NO_ANSWER},
    HangupCause.UNSPECIFIED: _BY_STATUS,
}

# The carrier's advice is to treat not_sure as a person; so is silence, which flows greet.
_BY_RESULT: Final = {
    "human": Disposition.HUMAN,
    "human_residence": Disposition.HUMAN,
    "human_business": Disposition.HUMAN,
    "not_sure": Disposition.HUMAN,
    "silence": Disposition.HUMAN,
    "machine": Disposition.MACHINE,
    "fax": Disposition.FAX,
    "fax_detected": Disposition.FAX,
}


def end_of(call: LiveCall) -> CallEnd:
    """Return how the call ended; `unknown` while it lives and where only its end could be inferred."""
    if call.amd_result is not None:
        return CallEnd(_BY_RESULT.get(call.amd_result, Disposition.ANSWERED))
    if call.answered_at is not None:
        return _ANSWERED
    if call.phase != "ended" or call.hangup_assumed:
        return _UNKNOWN
    if call.error is not None:
        return _FAILED  # the dial was answered with it: there was no call
    end = _end_by_error(call) or _UNANSWERED[HangupCause.read(call.hangup_cause)][SipStatus.read(call.sip_hangup_cause)]
    return end if call.direction == "outgoing" else CallEnd(end.disposition)


def _end_by_error(call: LiveCall) -> CallEnd | None:
    """Return what the hangup's `telnyx_error` says: no call, because of the account, the capacity or the number."""
    match sort_hangup_error(call.telnyx_error):
        case Refused():
            return CallEnd(Disposition.FAILED, Fault.ACCOUNT)
        case Busy():
            return CallEnd(Disposition.FAILED, Fault.CAPACITY)
        case Rejected():
            return _FAILED
        case _:
            return None
