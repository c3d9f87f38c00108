"""Holds our account of a campaign against the carrier's own ledger, and tells every difference."""

from __future__ import annotations

import base64
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.support.campaign_run import FINAL, CampaignRun
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import CALLS_PER_SECOND

LAW_WINDOW_S, LAW = 5.0, 5 * CALLS_PER_SECOND
# Held at the permit, counted by the carrier at arrival: in between a busy machine may lose a quarter of a second.
LAW_AT_THE_CARRIER = LAW + 8
OVER = frozenset({"90018"})  # what a command is told whose leg has just ended
NO_CHANNEL = "10010"  # what a transfer is told whose target finds no channel free at the carrier

_DISPOSITIONS = {
    "user_busy": "busy",
    "timeout": "no_answer",
    "no_answer": "no_answer",
    "call_rejected": "rejected",
    "not_found": "not_found",
    "originator_cancel": "canceled",
    "unspecified": "failed",
}
_RESULTS = {
    "human_residence": "human",
    "human_business": "human",
    "not_sure": "human",
    "silence": "human",
    "fax_detected": "fax",
}
_OUTCOMES = {"1": "confirmed", "9": "opted_out"}

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Account:
    """Both accounts of one campaign: ours over REST (and the ids REST does not tell), the carrier's from its ledger."""

    contacts: Sequence[Row]
    calls: Mapping[str, Row]
    attempts: Mapping[str, Row]
    dials: Sequence[Row]
    refused: Sequence[Row]
    rang: Mapping[str, int]
    stats: Row
    known_commands: Mapping[str, frozenset[str]]
    suppressed: frozenset[str]


def account_equals_ledger(
    campaign: CampaignRun,
    simulator: SimulatorProcess,
    *,
    unknown_at_most: int = 0,
    excuses_talk: bool = False,
    within: float = 20.0,
) -> Account:
    """Return both accounts once they are equal; fail with every difference that stays.

    `excuses_talk` leaves out what was said in the calls, where Redis was lost or calls were cut short; never whom we
    called, and how often.

    The carrier may still be repeating webhooks and we writing what they tell, so a difference is given a while to go.
    """
    problems: list[str] = []

    def is_equal() -> Account | None:
        account = read_account(campaign, simulator)
        problems[:] = [*differences(account, excuses_talk), *_unknown(account, unknown_at_most, excuses_talk)]
        return None if problems else account

    try:
        account = eventually(is_equal, within=within, every=0.5)
    except AssertionError as err:
        told = "\n".join(problems[:60])
        raise AssertionError(f"{len(problems)} differences between our account and the ledger:\n{told}") from err
    assert account is not None
    return account


def read_account(campaign: CampaignRun, simulator: SimulatorProcess) -> Account:
    """Read both accounts as they stand."""
    ledger, numbers = simulator.ledger(), set(campaign.numbers)
    attempts = campaign.stack.query(
        "SELECT id, command_id, to_number, contact_id, state, send_no FROM calls WHERE campaign_id = :id",
        id=campaign.id,
    )
    commands = campaign.stack.query(
        "SELECT e.call_id, array_agg(e.event_id) AS ids FROM call_events e JOIN calls k ON k.id = e.call_id "
        "WHERE k.campaign_id = :id AND e.kind = 'command' GROUP BY e.call_id",
        id=campaign.id,
    )
    return Account(
        contacts=campaign.contacts(),
        calls={call["id"]: call for call in campaign.calls()},
        attempts={row["id"]: row for row in attempts},
        dials=[dial for dial in ledger["dials"] if dial["to"] in numbers],
        refused=[refused for refused in ledger["refused"] if refused["to"] in numbers],
        rang={number: rang for number, rang in ledger["calls_by_number"].items() if number in numbers},
        stats=campaign.stats(),
        known_commands={row["call_id"]: frozenset(row["ids"]) for row in commands},
        suppressed=frozenset(row["phone"] for row in campaign.stack.rest.pages("/v1/suppressions")),
    )


def differences(account: Account, excuses_talk: bool = False) -> list[str]:
    """Return everything in which the two accounts differ, a sentence each."""
    legs: dict[str, list[Row]] = defaultdict(list)
    for dial in account.dials:
        legs[_call_of(dial)].append(dial)
    return [
        *_contacts_not_final(account),
        *_legs_without_a_call(account, legs),
        *_calls_without_a_leg(account, legs),
        *_numbers_rung_too_often(account, legs),
        *(line for dial in account.dials for line in _commands(dial)),
        *_totals(account),
        *([] if excuses_talk else _what_was_said(account, legs)),
    ]


def _what_was_said(account: Account, legs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    for call_id, ours in legs.items():
        yield from _ends(account.calls.get(call_id), ours[0])
        yield from _commands_nobody_sent(account, call_id, ours[0])
    for dial in account.dials:
        if _is_unheard(account, dial):
            yield f"{dial['to']} pressed 9 and is not suppressed"


def late_commands(account: Account, *, after_s: float) -> list[str]:
    """Return the commands that reached the carrier so long after their leg's hangup was told (R12)."""
    late = []
    for dial in account.dials:
        told = min(
            (n["delivered_at"] for n in dial["webhooks"] if n["type"] == "call.hangup" and n["delivered_at"]),
            default=None,
        )
        late += [
            f"{dial['to']}: {command['action']} {command['at'] - told:.3f} s after its hangup was told"
            for command in dial["commands"]
            if told is not None and command["at"] > told + after_s
        ]
    return late


def most_in_window(moments: Iterable[float], *, window_s: float = LAW_WINDOW_S) -> int:
    """Return the most of these moments (Unix seconds) that lie in any trailing window."""
    times, first, most = sorted(moments), 0, 0
    for last, at in enumerate(times):
        while times[first] <= at - window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def _call_of(dial: Row) -> str:
    try:
        state = json.loads(base64.b64decode(dial["client_state"], validate=True))
    except (TypeError, ValueError):
        return "?"
    return str(state.get("call")) if state.get("role") == "A" else "?"


def _contacts_not_final(account: Account) -> Iterator[str]:
    for contact in account.contacts:
        if contact["status"] not in FINAL:
            yield f"{contact['phone']} is not final: {contact['status']} {contact['reason']} until {contact['until']}"


def _legs_without_a_call(account: Account, legs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    for call_id, ours in legs.items():
        attempt, call = account.attempts.get(call_id), account.calls.get(call_id)
        if attempt is None or call is None:
            yield f"the carrier called {ours[0]['to']} for {call_id}: we say {attempt and attempt['state']}"
            continue
        if len(ours) > 1:
            yield f"{call_id} was called {len(ours)} times: {[leg['call_control_id'] for leg in ours]}"
        leg = ours[0]
        for what, theirs, our in (
            ("command_id", leg["command_id"], attempt["command_id"]),
            ("number", leg["to"], call["to"]),
            ("call_control_id", leg["call_control_id"], call["call_control_id"]),
        ):
            if theirs != our:
                yield f"{call_id}: {what} is {our} to us, {theirs} to the carrier"


def _calls_without_a_leg(account: Account, legs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    refused = {dial["command_id"] for dial in account.refused}
    for call_id, call in account.calls.items():
        if call["status"] not in ("ended", "unknown"):
            yield f"{call_id} to {call['to']} is still {call['status']}"
        if call_id in legs or call["status"] == "unknown":
            continue
        if call["call_control_id"] or account.attempts[call_id]["command_id"] not in refused:
            yield f"{call_id} to {call['to']} is {call['status']} ({call['disposition']}); the carrier never called it"
    for call_id, attempt in account.attempts.items():
        if attempt["state"] == "withdrawn" and call_id in legs:
            yield f"{call_id} to {attempt['to_number']} is withdrawn, but the carrier called it"


def _numbers_rung_too_often(account: Account, legs: Mapping[str, Sequence[Row]]) -> Iterator[str]:
    tried = Counter(call["to"] for call in account.calls.values())
    carried_out = Counter(call["to"] for call_id, call in account.calls.items() if call_id in legs)
    for number, rang in account.rang.items():
        if rang > tried[number] or rang != carried_out[number]:
            yield f"{number} rang {rang} times; we count {tried[number]} attempts, {carried_out[number]} carried out"
    for contact in account.contacts:
        if contact["attempts"] != tried[contact["phone"]] and contact["status"] != "unknown":
            yield f"{contact['phone']}: {contact['attempts']} attempts are counted, {tried[contact['phone']]} were made"


def _ends(call: Row | None, leg: Row) -> Iterator[str]:
    if call is None:
        return
    if leg["state"] != "ended" or call["status"] != "ended":
        yield f"{call['id']}: {call['status']} to us, {leg['state']} to the carrier"
        return
    who = f"{call['id']} to {call['to']}"
    if _was_told(leg, "call.hangup") and call["hangup_cause"] != leg["hangup_cause"]:
        yield f"{who}: hangup cause {call['hangup_cause']} to us, {leg['hangup_cause']} to the carrier"
    is_answered = bool(leg["answered_at"])
    if bool(call["answered_at"]) != is_answered and (not is_answered or _was_told(leg, "call.answered")):
        yield f"{who}: answered at {call['answered_at']} to us, {leg['answered_at']} to the carrier"
    expected = _disposition(leg)
    if _was_told_all(leg) and call["disposition"] != expected:
        yield f"{who}: {call['disposition']} to us; to the carrier {expected} ({leg['hangup_cause']}, {leg['amd']})"
    wanted = _OUTCOMES.get(leg["digits"])
    if wanted and _was_told(leg, "call.gather.ended") and call["outcome"] != wanted:
        yield f"{who}: pressed {leg['digits']}, outcome {call['outcome']}"


def _was_told(leg: Row, event: str) -> bool:
    return any(notice["type"] == event and notice["delivered_at"] for notice in leg["webhooks"])


def _was_told_all(leg: Row) -> bool:
    return all(notice["delivered_at"] for notice in leg["webhooks"])


def _disposition(leg: Row) -> str:
    if leg["answered_at"] is None:
        return _DISPOSITIONS.get(leg["hangup_cause"], "failed")
    if leg["amd"] is not None:
        return _RESULTS.get(leg["amd"], str(leg["amd"]))
    # Premium says only that the greeting is over when the beep comes first: a machine all the same.
    return "machine" if any(n["type"].endswith("greeting.ended") for n in leg["webhooks"]) else "answered"


def _commands(leg: Row) -> Iterator[str]:
    carried_out = Counter(c["command_id"] for c in leg["commands"] if c["status"] == 200 and not c["duplicate"])
    for command_id, times in carried_out.items():
        if times > 1:
            yield f"{leg['to']}: command {command_id} was carried out {times} times"
    for command in leg["commands"]:
        if command["action"] == "transfer" and command["code"] == NO_CHANNEL:
            continue  # the flow goes on from there
        what = f"{leg['to']}: {command['action']} at {command['at']:.3f}"
        if command["status"] != 200 and command["code"] not in OVER:
            yield f"{what} was refused: {command['status']} {command['code']}"
        if command["status"] != 200 and leg["ended_at"] is None:
            yield f"{what} was refused on a live leg: {command['code']}"


def _commands_nobody_sent(account: Account, call_id: str, leg: Row) -> Iterator[str]:
    ours = account.known_commands.get(call_id, frozenset())
    for command in leg["commands"]:
        if command["action"] != "dial" and command["command_id"] not in ours:
            yield f"{leg['to']}: {command['action']} {command['command_id']} is not in our timeline of {call_id}"


def _is_unheard(account: Account, leg: Row) -> bool:
    return leg["digits"] == "9" and _was_told(leg, "call.gather.ended") and leg["to"] not in account.suppressed


def _totals(account: Account) -> Iterator[str]:
    contacts, calls = account.stats["contacts"], account.stats["calls"]
    if contacts["total"] != len(account.contacts):
        yield f"stats count {contacts['total']} contacts, there are {len(account.contacts)}"
    if sum(n for name, n in contacts.items() if name != "total") != contacts["total"]:
        yield f"the states of contacts do not sum to their total: {contacts}"
    ended = sum(call["status"] == "ended" for call in account.calls.values())
    if calls["ended"] != ended:
        yield f"stats count {calls['ended']} ended calls, there are {ended}"


def _unknown(account: Account, at_most: int, excuses_talk: bool) -> Iterator[str]:
    unknown = {
        contact["last_call_id"]: contact["phone"] for contact in account.contacts if contact["status"] == "unknown"
    }
    if len(unknown) > at_most:
        yield f"{len(unknown)} contacts are unknown: {list(unknown.values())[:10]}"
    for dial in account.dials:
        if _call_of(dial) in unknown and _was_told(dial, "call.hangup") and not excuses_talk:
            yield f"{dial['to']} is unknown, but the carrier called it and told the end"
