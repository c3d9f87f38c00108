"""One campaign under a monkey, then everything that was promised held against the carrier's ledger."""

from __future__ import annotations

import math
import random
import re
import signal
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import requests
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from tests.fault.monkey import Monkey, Strike, Temper, monkey
from tests.support.account import account_equals_ledger
from tests.support.campaign_run import CampaignRun, first_numbers
from tests.support.leftovers import leftovers, wrong_recordings
from tests.support.networked_stack import NetworkedStack, networked_stack
from tests.support.poll import eventually
from tests.support.simulator import SimulatorProcess
from tests.support.stack_run import StackRun

FLOW = Path(__file__).with_name("chaos_flow.yaml")
FAULTS = {
    "webhook_repeat": 0.10,
    "webhook_delay": 0.15,
    "webhook_delay_ms": 3_000,
    "webhook_reorder": 0.05,
    "webhook_lose": 0.01,
    "never_tell_hangup": 0.01,
    "refuse_429": 0.02,
    "error_before": 0.02,
    "error_after": 0.02,
    "reset_before": 0.02,
    "reset_after": 0.02,
    "hang": 0.01,
    "hang_s": 14.0,
}
_RESUMED = 5  # dials and commands that reach the carrier again: one alone may have been under way
_MOST_OF_THEM = 0.95
_SHOWN = 5  # of what is broken: with the timelines of the calls it names
_OPT_OUTS = """
SELECT k.id, k.to_number, k.last_sent_at, pg_xact_commit_timestamp(s.xmin) AS since FROM calls k
JOIN suppressions s ON s.phone = k.to_number AND s.scope IN ('global', k.campaign_id)
WHERE k.state <> 'withdrawn'
"""
_SENT_AT_MOST_BEHIND_S = 3.0  # its transaction: who is later is not sent (R1)
_ON_THE_WAY_S = 1.0  # to a carrier that nothing keeps it from
_WAY_OUT = "carrier"  # the network that may hold what has left us
# An attempt is counted when it ends: of some that are never told to end that is after minutes.
_TRIED = (
    "SELECT count(*) AS n FROM contacts WHERE campaign_id = :id AND (attempts > 0 OR status NOT IN ('waiting', 'held'))"
)
# A lease is 150 s long: these were taken half a minute ago, and a fetch takes a moment here.
_LET_LEASES_END = """
UPDATE recordings SET due_at = now()
WHERE state = 'pending' AND due_at BETWEEN now() AND now() + interval '120 s'
"""

Row = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChaosRun:
    """What one run came to; `broken` has every promise that was not kept, each with the timeline of its call.

    `began` is in Unix seconds, as strikes are.
    """

    seed: int
    contacts: int
    calls: int
    per_second: float
    began: float
    took_s: float
    strikes: Sequence[Strike]
    recovered_s: Mapping[Strike, float]
    opted_out: int
    recordings: int
    standing: Mapping[str, int]
    broken: Sequence[str]


def run_chaos(folder: Path, *, seed: int, contacts: int, temper: Temper | None, **changes: Any) -> ChaosRun:
    """Run one campaign, with these fields, under the monkey of this seed, without a temper under none; and judge it."""
    with networked_stack(folder, seed=seed) as (stack, simulator):
        _keep_commit_times(stack)
        campaign = CampaignRun(stack, contacts, flow=FLOW, numbers=first_numbers(contacts), **changes)
        began = time.time()
        campaign.act("start")
        strikes, stuck = _call_everybody(campaign, simulator, seed=seed, temper=temper)
        broken = stuck or _broken(campaign, simulator, strikes)
        ledger = simulator.ledger()
        return ChaosRun(
            seed=seed,
            contacts=contacts,
            calls=len(ledger["dials"]),
            per_second=_rate(ledger["dials"], contacts, since=began),
            began=began,
            took_s=time.time() - began,
            strikes=strikes,
            recovered_s=recoveries(strikes, ledger["dials"]),
            opted_out=len(list(stack.rest.pages("/v1/suppressions"))),
            recordings=len(list(stack.rest.pages("/v1/recordings"))),
            standing={name: n for name, n in campaign.stats()["contacts"].items() if n},
            broken=[*broken, *(line for each in broken[:_SHOWN] for line in _timelines(campaign, simulator, each))],
        )


def _keep_commit_times(stack: NetworkedStack) -> None:
    """Let PostgreSQL remember when each transaction was committed: an opt-out holds from then on."""
    with stack.autocommit() as tx:
        tx.execute(text("ALTER SYSTEM SET track_commit_timestamp = on"))
    stack.signal(signal.SIGINT, "postgres")


def _call_everybody(
    campaign: CampaignRun, simulator: SimulatorProcess, *, seed: int, temper: Temper | None
) -> tuple[Sequence[Strike], list[str]]:
    """Return the strikes of the monkey, who stops when everybody was tried, and why the campaign did not end if so."""
    stack = campaign.stack
    assert isinstance(stack, NetworkedStack)
    simulator.set_faults(**(FAULTS if temper else {}))
    raging = monkey(stack, simulator, seed=seed, temper=temper) if temper else nullcontext(None)
    with raging as striking, _people_opting_out(campaign, seed=seed), suppress(AssertionError):
        eventually(lambda: _tried(campaign) >= len(campaign.numbers), within=60 + len(campaign.numbers) / 4, every=0.2)
    simulator.set_faults()
    strikes = striking.strikes if isinstance(striking, Monkey) else ()
    try:
        eventually(stack.is_ready, within=60)
        campaign.wait_until_completed(within=240, hurried_by=simulator)
    except AssertionError as err:
        return strikes, str(err).splitlines()
    return strikes, []


def _tried(campaign: CampaignRun) -> int:
    try:
        return int(campaign.stack.query(_TRIED, id=campaign.id)[0]["n"])
    except OperationalError:
        return 0


@contextmanager
def _people_opting_out(campaign: CampaignRun, *, seed: int) -> Iterator[None]:
    """Let somebody of the campaign opt out over REST every second or two, called or not."""
    over, chance = threading.Event(), random.Random(seed)

    def opt_out() -> None:
        while not over.wait(chance.uniform(1.0, 3.0)):
            asked = {"phone": chance.choice(campaign.numbers), "reason": "asked by mail"}
            with suppress(requests.RequestException):
                campaign.stack.rest.ask("POST", "/v1/suppressions", json=asked, timeout_s=5)

    thread = threading.Thread(target=opt_out)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


# -- what was promised -------------------------------------------------------------------------------------------------


def _broken(campaign: CampaignRun, simulator: SimulatorProcess, strikes: Sequence[Strike]) -> list[str]:
    broken: list[str] = []
    try:
        account_equals_ledger(campaign, simulator, unknown_at_most=len(campaign.numbers) // 10)
    except AssertionError as err:
        broken += str(err).splitlines()[1:]
    broken += _what_stays(lambda: [*leftovers(campaign.stack), *_unfetched(campaign, simulator)], within=180)
    broken += _what_stays(lambda: _hurried_recordings(campaign.stack), within=90)
    return [*broken, *dialed_too_late(campaign.stack.query(_OPT_OUTS), simulator.ledger()["dials"], strikes)]


def dialed_too_late(opt_outs: Sequence[Row], dials: Sequence[Row], strikes: Sequence[Strike]) -> Iterator[str]:
    """Yield the calls that were sent, or came to the carrier, behind the commit of an opt-out."""
    since = {row["to_number"]: row["since"].timestamp() for row in opt_outs}
    for row in opt_outs:
        if row["last_sent_at"] and row["last_sent_at"] > row["since"]:
            yield f"{row['id']} was sent at {row['last_sent_at']}, opted out {row['since']}"
    for dial in dials:
        opted_out, accepted = since.get(dial["to"], math.inf), dial["accepted_at"]
        if accepted > opted_out + _SENT_AT_MOST_BEHIND_S + _ON_THE_WAY_S and not _was_held_back(
            opted_out, accepted, strikes
        ):
            yield f"the carrier was asked to dial {dial['to']} {accepted - opted_out:.1f} s behind its opt-out"


def _was_held_back(sent: float, accepted: float, strikes: Sequence[Strike]) -> bool:
    """Say whether the network may have held a send until it was accepted; a frozen process has no excuse (R1)."""
    return any(each.whom == _WAY_OUT and each.began <= accepted and each.ended >= sent for each in strikes)


def _hurried_recordings(stack: StackRun) -> list[str]:
    """Return the recordings that are not here; what somebody took who died is taken again at once, not in minutes."""
    stack.execute(_LET_LEASES_END)
    return wrong_recordings(stack)


def _what_stays(ask: Any, *, within: float) -> list[str]:
    """Return what is still said after so many seconds; what only takes its time is no fault."""
    said: list[str] = []

    def is_silent() -> bool:
        said[:] = ask()
        return not said

    with suppress(AssertionError):
        eventually(is_silent, within=within, every=1.0)
    return said


def _unfetched(campaign: CampaignRun, simulator: SimulatorProcess) -> Iterator[str]:
    here = {each["call_id"] for each in campaign.stack.rest.pages("/v1/recordings")}
    ours = {call["call_control_id"]: call["id"] for call in campaign.calls()}
    for leg in simulator.ledger()["dials"]:
        told = any(n["type"] == "call.recording.saved" and n["delivered_at"] for n in leg["webhooks"])
        if told and ours.get(leg["call_control_id"]) not in here:
            yield f"the recording of {ours.get(leg['call_control_id'])} to {leg['to']} was told and is not listed"


# -- what it came to ---------------------------------------------------------------------------------------------------


def _rate(dials: Sequence[Row], contacts: int, *, since: float) -> float:
    """Return how many contacts a second were called for the first time, until all but a few had been."""
    firsts: dict[str, float] = {}
    for dial in dials:
        firsts[dial["to"]] = min(dial["accepted_at"], firsts.get(dial["to"], dial["accepted_at"]))
    enough = min(int(contacts * _MOST_OF_THEM), len(firsts))
    return enough / (sorted(firsts.values())[enough - 1] - since)


def recoveries(strikes: Sequence[Strike], dials: Sequence[Row]) -> dict[Strike, float]:
    """Return how long after the end of each strike dials and commands reached the carrier again."""
    sent = [(command["action"] == "dial", command["at"]) for dial in dials for command in dial["commands"]]
    recovered = {}
    for strike in strikes:
        later = [sorted(at for is_dial, at in sent if is_dial is kind and at > strike.ended) for kind in (True, False)]
        if all(len(each) >= _RESUMED for each in later):
            recovered[strike] = max(each[_RESUMED - 1] for each in later) - strike.ended
    return recovered


def _timelines(campaign: CampaignRun, simulator: SimulatorProcess, line: str) -> Iterator[str]:
    """Yield what we and the carrier know of the calls that a line names."""
    yield f"  {line}:"
    named = {"ids": re.findall(r"call_\w{26}", line), "numbers": re.findall(r"\+1\d{10}", line)}
    calls = campaign.stack.query(
        "SELECT id, to_number, state, send_no, withdrawn_reason, reserved_at, last_sent_at FROM calls "
        "WHERE id = ANY(:ids) OR to_number = ANY(:numbers) ORDER BY id",
        **named,
    )
    for call in calls:
        yield f"    {dict(call)}"
        shown = campaign.stack.rest.ask("GET", f"/v1/calls/{call['id']}")
        for entry in shown.json().get("timeline", []) if shown.ok else []:
            yield f"      us {str(entry)[:240]}"
    numbers = {call["to_number"] for call in calls} | set(named["numbers"])
    for leg in (leg for leg in simulator.ledger()["dials"] if leg["to"] in numbers):
        told = [(n["sent_at"] or n["occurred_at"], n["type"], n["delivered_at"]) for n in leg["webhooks"]]
        done = [(c["at"], f"{c['action']} {c['command_id']}", c["status"]) for c in leg["commands"]]
        yield f"      carrier: {leg['call_control_id']} {leg['state']} {leg['hangup_cause']}"
        for at, what, answer in sorted(told + done, key=lambda each: float(each[0])):
            yield f"      carrier {datetime.fromtimestamp(at).astimezone()} {what}: {answer}"
