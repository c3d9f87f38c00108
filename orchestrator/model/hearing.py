"""What a person who answered got to hear, and how soon.

A call is abandoned where nobody and nothing was to be heard within two seconds of the answer. The law counts them from
the end of the person's greeting (47 CFR 64.1200(a)(7), 16 CFR 310.4(b)(4)); the carrier tells no such moment, and the
answer is the earlier one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from orchestrator.model.disposition import Disposition
from orchestrator.model.live_call import LiveCall
from orchestrator.telnyx.event_types import EventType

ABANDONED_AFTER: Final = timedelta(seconds=2)
SILENT_AFTER: Final = timedelta(seconds=3)

# Without detection nobody can tell a machine from a person: whoever answers counts as one.
_PEOPLE: Final = frozenset({Disposition.HUMAN, Disposition.ANSWERED})


@dataclass(frozen=True, slots=True)
class Hearing:
    """What one person heard: `after_ms` from the answer to the first sound, None for nothing at all.

    `bridged` says whether the person was connected with somebody. It, `silent` and `opted_out` are None where it was
    not measured: no person answered a call of ours, or its events were lost. Nobody was `abandoned` then, as far as is
    known.
    """

    after_ms: int | None = None
    abandoned: bool = False
    silent: bool | None = None
    opted_out: bool | None = None
    bridged: bool | None = None


def hearing_of(call: LiveCall, disposition: Disposition) -> Hearing:
    """Return what the person heard who answered `call`; pure, and the same for the same state."""
    if disposition not in _PEOPLE or call.direction != "outgoing" or not _is_measured(call):
        return Hearing()
    return Hearing(
        after_ms=_after_ms(call),
        abandoned=_waited_in_vain(call, ABANDONED_AFTER),
        silent=_waited_in_vain(call, SILENT_AFTER),
        opted_out=bool(call.suppressions),
        bridged=str(EventType.CALL_BRIDGED) in call.seen,
    )


def _is_measured(call: LiveCall) -> bool:
    # An adopted call has lost its events, and without its hangup's event others may have been lost too.
    return call.answer_noted_at is not None and not call.adopted and not call.hangup_assumed


def _after_ms(call: LiveCall) -> int | None:
    if call.heard_at is None or call.answered_at is None:
        return None
    return max(0, round((call.heard_at - call.answered_at) / timedelta(milliseconds=1)))


def _waited_in_vain(call: LiveCall, limit: timedelta) -> bool:
    """Whether nothing was to be heard within `limit`, and the person stayed as long as that."""
    if call.answered_at is None:
        return False
    if call.heard_at is not None and call.heard_at - call.answered_at <= limit:
        return False
    left_before = call.ended_at is not None and call.ended_at - call.answered_at < limit
    return not (left_before and call.hangup_source == "callee")
