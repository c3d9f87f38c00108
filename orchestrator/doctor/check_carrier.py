"""Checks of the carrier's side: key, clock, public key, application, outbound profile, numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from orchestrator.doctor.carrier_choice import is_telnyx
from orchestrator.doctor.check_application import check_application
from orchestrator.doctor.check_caller_id import check_answered_number, check_caller_id
from orchestrator.doctor.check_profile import check_profile
from orchestrator.doctor.findings import Finding, bad, good, unseen
from orchestrator.doctor.planned_dialing import Plans
from orchestrator.errors import CarrierRefused, OrchestratorError
from orchestrator.settings import Settings
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.public_keys import listed_keys

_MOST_SKEW_S = 60
_NO_PLANS = Plans()


def check_carrier(
    settings: Settings, client: TelnyxClient, caller_ids: Sequence[str], *, plans: Plans = _NO_PLANS
) -> Iterator[Finding]:
    """Yield findings as they are known; checks that depend on a failed one are left out."""
    key = _check_key(client, settings)
    yield key
    yield _check_clock(client)
    if key.remedy:
        return
    yield _check_public_key(client, settings)
    yield from _check_connection(settings, client, plans)
    yield from _check_numbers(settings, client, caller_ids, plans)


def _check_key(client: TelnyxClient, settings: Settings) -> Finding:
    try:
        client.application(settings.connection_id())
    except CarrierRefused as err:
        return bad("API key", str(err), "set TELNYX_API_KEY to a live key: portal, API Keys")
    except OrchestratorError as err:
        first = "may this machine reach it" if is_telnyx(settings) else "is `orchestrator up` running"
        return bad("carrier", str(err), f"{first}, and is {client.base_url} (TELNYX_BASE_URL) right?")
    return good("API key", f"{client.base_url} accepts it")


def _check_clock(client: TelnyxClient) -> Finding:
    if client.skew_s is None:
        return unseen("clock", "the carrier told no time", "mend the findings above")
    if abs(client.skew_s) > _MOST_SKEW_S:
        detail = f"ours is {-client.skew_s:+.0f} s off the carrier's; beyond {_MOST_SKEW_S} s nothing is dialed"
        return bad("clock", detail, "switch time synchronization on: timedatectl set-ntp true")
    return good("clock", f"within {abs(client.skew_s):.0f} s of the carrier's")


def _check_public_key(client: TelnyxClient, settings: Settings) -> Finding:
    subject, remedy = "public key", "set TELNYX_PUBLIC_KEY to the one of the portal, Keys & Credentials"
    if not settings.telnyx_public_key:
        return bad(subject, "TELNYX_PUBLIC_KEY is not set: no webhook would be believed", remedy)
    try:
        theirs = client.public_key()
    except OrchestratorError as err:
        return unseen(subject, str(err), remedy)
    if theirs and theirs not in listed_keys(settings.telnyx_public_key):
        return bad(subject, "TELNYX_PUBLIC_KEY is not this account's: no webhook would be believed", remedy)
    return good(subject, "it is this account's" if theirs else "set; the account does not tell its own")


def _check_connection(settings: Settings, client: TelnyxClient, plans: Plans) -> Iterator[Finding]:
    ident = settings.connection_id()
    application = client.application(ident)
    if application is None:
        detail = f"the account has no Voice API application {ident}"
        yield bad("connection", detail, "set TELNYX_CONNECTION_ID to an id of the portal, Voice › Programmable Voice")  # noqa: RUF001 as the portal writes it
        return
    yield from check_application(application, settings, plans)
    yield from check_profile(client, application, plans)


def _check_numbers(
    settings: Settings, client: TelnyxClient, caller_ids: Sequence[str], plans: Plans
) -> Iterator[Finding]:
    ident = settings.connection_id()
    if not caller_ids:
        yield unseen("caller ids", "none to look at", "set ORCHESTRATOR_CALLER_ID, or name one with --caller-id")
    for number in caller_ids:
        yield from check_caller_id(client, number, connection_id=ident, plans=plans)
    for number in plans.answered:
        if number not in caller_ids:
            yield check_answered_number(client, number, connection_id=ident)
