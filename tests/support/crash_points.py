"""The points at which a process of the engine can die, by name, and the stories of calls that lead past all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tests.support.schedule import Schedule
from tests.support.watched_stores import Fault

_ANSWERED = ("claim", "dial", "it rings", "advance", "the callee answers", "advance")
_SPOKEN_TO = (*_ANSWERED, "time passes", "fire timers", "advance", "perform", "it is told", "advance", "perform")
_OVER = ("it is told", "advance", "time passes", "fire timers", "advance", "settle")
STORIES: Mapping[str, Sequence[str]] = {
    "a call that is answered": (*_SPOKEN_TO, *_OVER, "settle again"),
    "a message that is lost": ("claim", "time passes", "publish again", "dial"),
    "a carrier that is busy": ("claim", "the carrier is busy", "dial"),
    "a number that is rejected": ("claim", "the carrier rejects", "dial", "advance", "settle"),
    "a dial without an answer": ("claim", "the carrier cuts", "dial", "time passes", "resolve dials", "dial"),
    "a dial that is never answered": (
        *("claim", "the carrier cuts", "dial", "time passes", "time passes", "time passes"),
        *("resolve dials", "reconcile"),
    ),
    "a repeat that is refused": (
        *("claim", "the carrier cuts behind", "dial", "time passes", "resolve dials"),
        *("the carrier is busy", "dial"),
    ),
    "a repeat that is taken too late": (
        *("claim", "the carrier cuts behind", "dial", "time passes", "resolve dials"),
        *("time passes", "time passes", "time passes", "dial"),
    ),
    "a command that is never answered": (
        *(*_ANSWERED, "time passes", "fire timers", "advance", "the carrier cuts behind", "perform"),
        *("time passes", "time passes", "time passes", "time passes", "perform", "advance"),
    ),
    "an answer that comes too late": ("claim", "dial", "time passes", "resolve dials", "advance"),
    "an opt-out while it rings": ("claim", "dial", "it rings", "advance", "opt out", "advance", "perform"),
    "an opt-out before the dial": ("claim", "opt out", "dial"),
    "a hangup that is never told": (*_ANSWERED, "everything is forgotten", "a day passes", "poll", "advance"),
}


_READS = "nothing is done yet: the step has only read"
_BEGINS = "nothing is done yet"
CRASH_POINTS: Mapping[str, str] = {
    "claim: begin": _BEGINS,
    "claim: valkey reserve": "the contact is locked and its attempt decided; no channel is taken for it",
    "claim: commit calls contacts": "the channel is taken; the ledger knows of no attempt",
    "publish again: begin": "an attempt is reserved, and nobody has its message",
    "publish again: commit calls": "it has been chosen, and is not stamped",
    "dial: begin": "the message has been taken, and the attempt is as it was",
    "dial: commit calls": "the gate said yes, or the carrier no; the ledger does not know of it",
    "dial: valkey permit_send": "the attempt is `dialing`; the law has not been asked, and there is no live state",
    "dial: post dial": "everything permits the send; it has not left",
    "dial: answer dial": "the carrier rings the phone, or refused; this process has not heard it",
    "dial: write calls": "the answer is known here, and written nowhere",
    "dial: commit": "a send that went unanswered is not yet written down as over",
    "dial: valkey report_answer": "the ledger has the answer; the call and the pace have not",
    "dial: valkey hmget": "the carrier said no; whether webhooks came for the call has not been asked",
    "dial: commit calls contacts": "the carrier or the gate said no; the attempt is not given back",
    "dial: valkey let_go": "the attempt is given back; its live state is still there",
    "dial: valkey give_back": "the attempt is given back; its channel is still taken",
    "resolve dials: valkey time": _READS,
    "resolve dials: valkey xrange": _READS,
    "resolve dials: begin": _READS,
    "resolve dials: valkey hmget": "the overdue attempts are locked; what the webhooks say is not read",
    "resolve dials: commit calls": "it is decided: repeated, accepted or unknown; it is not written",
    "resolve dials: commit": "no attempt was overdue",
    "reconcile: valkey time": _READS,
    "reconcile: valkey xrange": _READS,
    "reconcile: begin": _READS,
    "reconcile: valkey hmget": "the carrier told which calls are live; our own webhooks have not been looked at",
    "reconcile: commit calls": "the attempt was found or missed; the ledger does not know it",
    "advance: valkey xreadgroup": "the events wait, and this process has taken none",
    "advance: valkey hmget": "the events are this process's own; their calls have not been read",
    "advance: valkey commit": "the decision is made, and committed nowhere",
    "advance: valkey tell_hearers commit": "a decision that others hear of is made, and committed nowhere",
    "fire timers: valkey fire_timers": "the timers are due, and are no events yet",
    "perform: valkey begin_command": "the command waits in the outbox; nobody has its lease",
    "perform: valkey hmget": "the command is leased; whether the callee answered meanwhile is not read",
    "perform: post command": "the command is stamped and leased; it has not left",
    "perform: answer command": "the carrier has carried it out; this process has not heard it",
    "perform: valkey defer_commands": "the command went unanswered; its next turn is not set",
    "perform: valkey complete_command": "the answer is known here; the command still stands in the outbox",
    "settle: valkey xreadgroup": "the call is over, and this process has not taken its end",
    "settle: begin": "the end is this process's own; nothing is written",
    "settle: valkey hmget": "the row of the call is locked; its live state is not read",
    "settle: valkey lrange": "the live state is read; the timeline is not",
    "settle: commit calls contacts call_events": "the record is written and not committed",
    "settle: valkey give_back": "the record is committed; the channel is still taken",
    "settle: valkey expire": "the channel is free; the live state stays for ever",
    "settle: valkey xack": "everything is done; the entry still stands in the stream",
    "settle again: valkey xautoclaim": "what a dead process had taken stays its own",
    "opt out: begin": _BEGINS,
    "opt out: commit suppressions lifted_suppressions suppression_requests contacts": "written, and not committed",
    "opt out: valkey hmget": "the opt-out holds; whose phone rings is not read",
    "opt out: valkey xadd": "the opt-out holds; the ringing call has not heard of it",
    "opt out: commit contacts": "the opt-out holds; those who wait are not ended",
    "opt out: commit calls contacts": "the opt-out holds; attempts that were reserved are not withdrawn",
    "opt out: commit": "the opt-out holds; whether sends are under way is not known",
    "opt out: valkey let_go": "an attempt is withdrawn; its live state is still there",
    "opt out: valkey give_back": "an attempt is withdrawn; its channel is still taken",
    "poll: valkey time": _READS,
    "poll: valkey xrange": _READS,
    "poll: begin": _READS,
    "poll: commit calls": "the overdue calls are chosen; that they are asked about is not written",
    "poll: valkey xadd": "the carrier has the call no more; its hangup is not in the stream",
}
"""By `step: point`, the way out before which the step stands, what has been done by then."""


def tell(schedule: Schedule, story: str, *, crash_point: str = "", fault: Fault = Fault.NONE) -> set[str]:
    """Tell a story to its end, or to the crash point; return the points it came to.

    There the fault befalls its process; without one it stands there still.
    """
    passed: set[str] = set()
    for part in STORIES[story]:
        if _happens_outside(schedule, part):
            continue
        schedule.begin(0, part)
        while (point := schedule.processes[0].at) is not None:
            passed.add(f"{part}: {point}")
            if f"{part}: {point}" == crash_point:
                if fault is not Fault.NONE:
                    schedule.go_on(0, fault)
                return passed
            schedule.go_on(0)
    return passed


def _happens_outside(schedule: Schedule, part: str) -> bool:
    match part:
        case "the carrier is busy" | "the carrier rejects" | "the carrier cuts" | "the carrier cuts behind":
            schedule.the_carrier_says(part.removeprefix("the carrier "))
        case "it rings" | "it is told":
            _tell_everything(schedule)
        case "the callee answers":
            schedule.the_callee(0, "answers")
            _tell_everything(schedule)
        case "everything is forgotten":
            schedule.carrier.forget()
        case "time passes":
            schedule.time_passes()
        case "a day passes":
            schedule.time_passes(86_400)
        case _:
            return False
    return True


def _tell_everything(schedule: Schedule) -> None:
    while schedule.carrier.to_tell:
        schedule.the_carrier_tells(0)
