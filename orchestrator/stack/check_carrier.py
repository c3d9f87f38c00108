"""Checks of the carrier's side: key, connection, webhook version, caller ids, clocks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import requests

from orchestrator.errors import CarrierRefused, OrchestratorError
from orchestrator.settings import Settings
from orchestrator.stack.findings import Finding, bad, good, unseen
from orchestrator.telnyx.client import TelnyxClient
from orchestrator.telnyx.public_keys import listed_keys
from orchestrator.telnyx.resources import Application

_MOST_SKEW_S = 60


def check_carrier(settings: Settings, client: TelnyxClient, caller_ids: Sequence[str]) -> Iterator[Finding]:
    """Yield what is found, each as soon as it is known; what hangs on a failed check is left out."""
    key = _check_key(client, settings)
    yield key
    yield _check_clock(client)
    if key.remedy:
        return
    yield _check_public_key(client, settings)
    yield from _check_connection(client, settings)
    if not caller_ids:
        yield unseen("caller ids", "none to look at", "set ORCHESTRATOR_CALLER_ID, or name one with --caller-id")
    for number in caller_ids:
        yield _check_caller_id(settings, number)


def _check_key(client: TelnyxClient, settings: Settings) -> Finding:
    try:
        client.application(settings.connection_id())
    except CarrierRefused as err:
        return bad("API key", str(err), "set TELNYX_API_KEY to a live key: portal, API Keys")
    except OrchestratorError as err:
        return bad("carrier", str(err), f"is {client.base_url} (TELNYX_BASE_URL) right, and may this machine reach it?")
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


def _check_connection(client: TelnyxClient, settings: Settings) -> Iterator[Finding]:
    ident = settings.connection_id()
    application = client.application(ident)
    if application is None:
        detail = f"the account has no Voice API application {ident}"
        yield bad("connection", detail, "set TELNYX_CONNECTION_ID to an id of the portal, Voice › Programmable Voice")  # noqa: RUF001 as the portal writes it
        return
    yield _check_active(application, ident)
    yield _check_version(application)


def _check_active(application: Application, ident: str) -> Finding:
    if application.active is False:
        return bad("connection", f"application {ident} is switched off", "switch it on in the portal")
    return good("connection", f"{application.application_name or ident}")


def _check_version(application: Application) -> Finding:
    version = application.webhook_api_version
    if version != "2":
        detail = f"the application sends webhooks of version {version}; only version 2 is understood"
        return bad("webhook version", detail, "set the application's webhook API version to 2 in the portal")
    return good("webhook version", "2")


def _check_caller_id(settings: Settings, number: str) -> Finding:
    """Look the number up among the account's own and among those it has verified."""
    subject, key = f"caller id {number}", settings.telnyx_key().get_secret_value()
    base, headers = settings.telnyx_base_url.rstrip("/"), {"Authorization": f"Bearer {key}"}
    try:
        owned = requests.get(
            f"{base}/phone_numbers", params={"filter[phone_number]": number}, headers=headers, timeout=(3.05, 12)
        )
        if owned.ok and owned.json().get("data"):
            return good(subject, "belongs to the account")
        verified = requests.get(f"{base}/verified_numbers/{number}", headers=headers, timeout=(3.05, 12))
    except requests.RequestException as err:
        return unseen(subject, f"the carrier does not answer: {type(err).__name__}", "ask again later")
    if verified.ok:
        return good(subject, "verified by the account")
    remedy = "buy or verify the number in the portal, or show another one"
    return bad(subject, "the account neither owns nor has verified it: calls that show it are refused", remedy)
