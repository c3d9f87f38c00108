"""Shows whom the demo did not call, or not again today, and why: one person for each reason, as `explain` says it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from rich.console import Console

from orchestrator.policy.zones.zone_names import zone_info

if TYPE_CHECKING:
    from orchestrator.cli.api_client import ApiClient

_NOT_CALLED: tuple[Literal["held", "suppressed"], ...] = ("held", "suppressed")
_MOST = 200


def show_reasons(api: ApiClient, campaign_id: str, *, console: Console) -> None:
    """Print for each reason how many people, the sentence, and one of them with the time where that person lives."""
    contacts = [
        contact
        for status in _NOT_CALLED
        for contact in api.contacts.list(campaign_id=campaign_id, status=status, limit=_MOST).first()["data"]
    ]
    console.print(f"not called, or not again today: {len(contacts)} people", style="bold")
    for reason, people in _by_reason(contacts).items():
        explained = api.contacts.explain(people[0]["id"])
        who = f"{people[0]['external_id']}, where it is {_local_time(explained)}"
        console.print(f"  {len(people)} {reason}: {people[0]['reason_detail']}", markup=False)
        console.print(f"      such as {who}: {_until(people[0]['until'], explained)}", markup=False, style="dim")
    console.print("`orchestrator campaign explain` says it of anybody, check by check")


def _by_reason(contacts: Iterable[Mapping[str, Any]]) -> dict[str, list[Mapping[str, Any]]]:
    people: dict[str, list[Mapping[str, Any]]] = {}
    for contact in contacts:
        people.setdefault(contact["reason"], []).append(contact)
    return people


def _local_time(explained: Mapping[str, Any]) -> str:
    return " and ".join(f"{zone['local'][11:16]} ({zone['name']})" for zone in explained["zones"])


def _until(until: str | None, explained: Mapping[str, Any]) -> str:
    """Return when the person may be called again, by the clock of the first of its zones."""
    if until is None:
        return "never"
    zone = zone_info(explained["zones"][0]["name"])
    return f"not before {datetime.fromisoformat(until).astimezone(zone):%A %H:%M} there"
