"""Campaigns over REST, by the Python client, and our account of them held against the carrier's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from time import monotonic
from typing import Any, TypeVar

import requests

from orchestrator.published_secrets import PUBLISHED
from orchestrator_client import Client, Unavailable
from tests.compose.claims import claim, eventually, say
from tests.compose.containers import PORTS, ROOT

T = TypeVar("T")

CONTACTS = 100
API = f"http://127.0.0.1:{PORTS['API_PORT']}"
KEY = PUBLISHED["ORCHESTRATOR_API_KEY"]  # with the simulator no secret need be set
_LEDGER = f"http://127.0.0.1:{PORTS['SIMULATOR_PORT']}/ledger"
_FLOW = ROOT / "orchestrator" / "flow" / "samples" / "appointment.yaml"
_LIVING = ("waiting", "held", "calling")
_BECAUSE = "a test: nobody is called but the simulator"


def run_campaign(client: Client, *, area: int, meanwhile: Callable[[], None] = lambda: None) -> None:
    """Call everybody of an area to the end, do something once half of them have been dialed, compare the accounts."""
    started = monotonic()
    campaign = _start_campaign(client, area=area)
    eventually(lambda: _dialed(area).total(), lambda dialed: dialed >= CONTACTS // 2, seconds=300)
    meanwhile()
    stats = _until_over(client, campaign)
    _hold_against_the_ledger(client, campaign, area=area)
    contacts = {name: count for name, count in stats["contacts"].items() if count}
    say(f"campaign over: {monotonic() - started:.0f} s, contacts {contacts}, calls {stats['calls']['by_disposition']}")


def _start_campaign(client: Client, *, area: int) -> str:
    unguarded: Any = {"pause": None, "because": _BECAUSE}
    campaign = client.campaigns.create(
        name=f"compose {area}",
        flow=client.flows.create(_FLOW)["id"],
        caller_ids=["+13125550100"],
        pacing={"calls_per_second": 20, "max_live_calls": 100},
        calling_hours={"always": True, "because": _BECAUSE},
        law={"mode": "off", "because": _BECAUSE},
        guards={"abandon": unguarded, "opt_outs": unguarded},
        retry={"max_attempts": 2, "on": {"busy": {"after": "3s"}, "no_answer": {"after": "3s"}}},
        number_gap="1s",
    )["id"]
    variables = {"first_name": "Ada", "appointment": "Monday at 9"}
    people: Any = [{"phone": f"+1{area}55501{line:02d}", "variables": variables} for line in range(CONTACTS)]
    added = client.campaigns.add_contacts(campaign, contacts=people)
    claim(added["accepted"] == CONTACTS, f"contacts accepted: {added}")
    _once_available(lambda: client.campaigns.start(campaign))
    return campaign


def capture_sound(client: Client) -> None:
    """Stream one call to the media container, and read from the API what was captured."""
    started = monotonic()
    person = next(iter(client.calls.list(outcome="confirmed")))["to"]
    whom: Any = {"to": person, "from": "+13125550100", "ignore_hours": True, "because": _BECAUSE}
    call = client.calls.create(**whom)["id"]
    eventually(lambda: client.calls.get(call), lambda told: bool(told["answered_at"]), seconds=60)
    client.calls.streaming_start(call, stream_url=client.calls.media(call)["stream_url"], stream_track="both_tracks")
    eventually(lambda: client.calls.media(call)["data"], lambda found: len(found) == 2, seconds=60)
    client.calls.hangup(call)
    both = eventually(
        lambda: client.calls.media(call)["data"], lambda found: all(each["is_complete"] for each in found), seconds=60
    )
    sizes = [len(client.calls.media_file(call, capture["file"]).read()) for capture in both]
    claim(all(size > 8_000 for size in sizes), f"hardly any sound: {sizes} bytes")
    say(f"a call's sound captured: {monotonic() - started:.0f} s, {sizes} bytes")


def _until_over(client: Client, campaign: str) -> dict[str, Any]:
    stats = eventually(
        lambda: _once_available(lambda: client.campaigns.stats(campaign)),
        lambda stats: stats["status"] == "completed",
        seconds=300,
    )
    contacts: Any = stats["contacts"]
    claim(not any(contacts[state] for state in _LIVING), f"contacts without a final state: {contacts}")
    claim(contacts["unknown"] == 0, f"contacts whose call nobody knows: {contacts}")
    return dict(stats)


def _hold_against_the_ledger(client: Client, campaign: str, *, area: int) -> None:
    calls = client.calls.list(campaign_id=campaign)
    ours, theirs = Counter(call["to"] for call in calls if call["status"] != "withdrawn"), _dialed(area)
    claim(len(ours) == CONTACTS, f"{len(ours)} numbers were dialed")
    claim(ours == theirs, f"accounts differ: ours more {ours - theirs}, the carrier's more {theirs - ours}")
    say(f"accounts agree: {ours.total()} dials of {len(ours)} numbers, none more than {max(ours.values())} times")


def _dialed(area: int) -> Counter[str]:
    ledger = requests.get(_LEDGER, timeout=30).json()
    return Counter({to: n for to, n in ledger["calls_by_number"].items() if to.startswith(f"+1{area}")})


def _once_available(ask: Callable[[], T]) -> T:
    """Ask what may be asked again, until the stores answer: on a machine that is busy they may take long."""
    deadline = monotonic() + 120
    while True:
        try:
            return ask()
        except Unavailable:
            claim(monotonic() < deadline, "the API has no store for two minutes")
