"""Checks of the Voice API application: it is active, and its webhooks come here in API version 2."""

from __future__ import annotations

from collections.abc import Iterator

from orchestrator.doctor.findings import Finding, bad, doubtful, good, unseen
from orchestrator.doctor.planned_dialing import Plans
from orchestrator.doctor.public_address import is_same_place
from orchestrator.settings import Settings
from orchestrator.telnyx.account_setup import Application

_PLACE = "portal, Voice › Programmable Voice, the application"  # noqa: RUF001 as the portal writes it


def check_application(application: Application, settings: Settings, plans: Plans) -> Iterator[Finding]:
    """Yield findings; fields that the carrier does not return are not reported as wrong."""
    yield _check_active(application, settings.connection_id())
    yield _check_version(application)
    yield _check_webhook_url(application, settings.webhook_url)
    yield from _check_failover_url(application, settings.webhook_url)
    yield from _check_channels(application, plans)


def _check_active(application: Application, ident: str) -> Finding:
    if application.active is False:
        detail = f"application {ident} is switched off: it makes and takes no calls"
        return bad("connection", detail, f"switch it on: {_PLACE}")
    return good("connection", application.application_name or ident)


def _check_version(application: Application) -> Finding:
    subject, version = "webhook version", application.webhook_api_version
    remedy = f"set the webhook API version to 2: {_PLACE}"
    if version is None:
        return unseen(subject, "the carrier does not tell it", remedy)
    if version != "2":
        return bad(subject, f"the application sends version {version}; only version 2 is understood", remedy)
    return good(subject, "2")


def _check_webhook_url(application: Application, configured: str | None) -> Finding:
    subject, registered = "webhook URL", application.webhook_event_url
    remedy = f"set the webhook URL to {configured or 'ORCHESTRATOR_PUBLIC_URL followed by /webhooks/telnyx'}: {_PLACE}"
    if not application.tells("webhook_event_url"):
        return unseen(subject, "the carrier does not tell it", remedy)
    if not registered:
        return bad(subject, "the application has none: dials may be refused, and no incoming call is told", remedy)
    if configured is None:
        return unseen(subject, f"{registered}; ours is not known without ORCHESTRATOR_PUBLIC_URL", remedy)
    if not is_same_place(registered, configured):
        detail = f"incoming calls and every call.initiated go to {registered}, not to us"
        return bad(subject, detail, remedy)
    return good(subject, registered)


def _check_failover_url(application: Application, configured: str | None) -> Iterator[Finding]:
    subject, registered = "failover URL", application.webhook_event_failover_url
    if not registered or configured is None:
        return
    if is_same_place(registered, configured):
        yield good(subject, registered)
        return
    detail = f"what does not reach us at once goes to {registered}, and may never come to us"
    yield doubtful(subject, detail, f"empty the failover URL, or set it to {configured}: {_PLACE}")


def _check_channels(application: Application, plans: Plans) -> Iterator[Finding]:
    most = application.outbound.channel_limit if application.outbound else None
    if most is None:
        return
    if most <= 0:
        yield bad("channels", "the application allows no outbound call at all", f"raise its channel limit: {_PLACE}")
    elif plans.max_live_calls is not None and plans.max_live_calls > most:
        detail = f"the application allows {most} outbound calls at once, we would make {plans.max_live_calls}"
        yield doubtful("channels", detail, lower_ours(most))
    else:
        yield good("channels", f"{most} outbound calls at once")


def lower_ours(most: int) -> str:
    """Return the remedy for a limit of live calls above that of the carrier."""
    return f"raise the limit in the portal, or take ours down to {most}: PATCH /v1/connections/{{id}}, max_live_calls"
