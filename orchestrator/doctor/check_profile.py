"""Checks of the outbound voice profile: destinations, limits and spending; without one no call leaves the account."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal, InvalidOperation

from orchestrator.doctor.check_application import lower_ours
from orchestrator.doctor.findings import Finding, bad, doubtful, good, unseen
from orchestrator.doctor.planned_dialing import MOST_LOOKED_AT, Plans
from orchestrator.errors import OrchestratorError
from orchestrator.telnyx.account_setup import Application, OutboundProfile
from orchestrator.telnyx.client import TelnyxClient

_SUBJECT = "outbound profile"
_PLACE = "portal, Voice › Outbound Voice Profiles"  # noqa: RUF001 as the portal writes it
_ASSIGN = f"give the application an outbound voice profile: {_PLACE}, Add connections/apps to profile"


def check_profile(client: TelnyxClient, application: Application, plans: Plans) -> Iterator[Finding]:
    """Yield findings; fields that the carrier does not return are not reported as wrong."""
    outbound = application.outbound
    if outbound is None or not outbound.tells("outbound_voice_profile_id"):
        yield unseen(_SUBJECT, "the carrier does not tell whether the application has one", _ASSIGN)
    elif not outbound.outbound_voice_profile_id:
        yield bad(_SUBJECT, "the application has none: every dial is refused", _ASSIGN)
    else:
        yield from _check_assigned(client, outbound.outbound_voice_profile_id, plans)


def _check_assigned(client: TelnyxClient, ident: str, plans: Plans) -> Iterator[Finding]:
    try:
        profile = client.outbound_profile(ident)
    except OrchestratorError as err:
        yield unseen(_SUBJECT, f"{ident}; the carrier does not show it: {err}", f"look at it: {_PLACE}")
        return
    if profile is None:
        yield bad(_SUBJECT, f"the application names {ident}, which the account does not have", _ASSIGN)
    elif profile.enabled is False:
        detail = f"{profile.name or ident} is switched off: every dial is refused"
        yield bad(_SUBJECT, detail, f"switch it on: {_PLACE}")
    else:
        yield good(_SUBJECT, f"{profile.name or ident}{_limits_said(profile)}")
        yield from _check_destinations(profile, plans)
        yield from _check_calls_at_once(profile, plans)
        yield from _check_spend(profile)
        yield from _check_window(profile)
        yield from _check_recording(profile, plans)


def _limits_said(profile: OutboundProfile) -> str:
    rate = profile.max_destination_rate
    spend = f", at most {profile.daily_spend_limit} USD a day" if _is_spend_limited(profile) else ""
    return spend + (f", at most {rate:g} USD a minute" if rate else "")


def _check_destinations(profile: OutboundProfile, plans: Plans) -> Iterator[Finding]:
    subject, allowed = "destinations", profile.whitelisted_destinations
    remedy = f"allow them: {_PLACE}, the profile, Allowed Destinations"
    if allowed is None:
        return
    if not allowed:
        yield bad(subject, "the profile allows no country: every dial is refused (D13)", remedy)
        return
    known = {country.upper() for country in allowed}
    refused = {country: count for country, count in plans.countries.items() if country not in known}
    if refused:
        by_country = ", ".join(f"{count} in {country}" for country, count in sorted(refused.items()))
        detail = f"calls to these contacts are refused (D13), of the first {MOST_LOOKED_AT:,} that wait: {by_country}"
        yield doubtful(subject, detail, remedy)
    else:
        yield good(subject, _shortened(sorted(known)))


def _check_calls_at_once(profile: OutboundProfile, plans: Plans) -> Iterator[Finding]:
    subject, most = "calls at once", profile.concurrent_call_limit
    if most is None:
        return
    if most <= 0:
        yield bad(subject, "the profile allows none: every dial is refused (D2)", f"raise its limit: {_PLACE}")
    elif plans.max_live_calls is not None and plans.max_live_calls > most:
        detail = f"the profile allows {most}, we would make {plans.max_live_calls}: those beyond are refused (D2)"
        yield doubtful(subject, detail, lower_ours(most))
    else:
        yield good(subject, f"the profile allows {most}")


def _check_spend(profile: OutboundProfile) -> Iterator[Finding]:
    if _is_spend_limited(profile) and _dollars(profile.daily_spend_limit) <= 0:
        detail = "the profile's daily spend limit is 0 USD: no call may cost anything"
        yield bad("spend limit", detail, f"raise it or switch it off: {_PLACE}")


def _check_window(profile: OutboundProfile) -> Iterator[Finding]:
    window = profile.calling_window
    if window is None or not (window.start_time or window.end_time or window.calls_per_cld):
        return
    hours = f"between {window.start_time or '00:00'} and {window.end_time or '24:00'} UTC"
    times = f", {window.calls_per_cld} to the same number" if window.calls_per_cld else ""
    detail = f"the profile lets calls start only {hours}{times}, whatever a campaign's hours say"
    yield doubtful("calling window", detail, f"empty it, for our hours are the called person's own: {_PLACE}")


def _check_recording(profile: OutboundProfile, plans: Plans) -> Iterator[Finding]:
    recording = profile.call_recording
    kind = recording.call_recording_type if recording else None
    named = (recording.call_recording_caller_phone_numbers or ()) if recording else ()
    ours = sorted({*plans.caller_ids} & {*named})
    if kind == "all" or (kind == "by_caller_phone_number" and ours):
        whose = "every call" if kind == "all" else f"every call from {', '.join(ours)}"
        detail = f"the profile records {whose}, whether a flow says so or not"
        yield doubtful("recording", detail, f"switch it off and let flows record what they announce: {_PLACE}")


def _is_spend_limited(profile: OutboundProfile) -> bool:
    return profile.daily_spend_limit_enabled is True and profile.daily_spend_limit is not None


def _dollars(text: str | None) -> Decimal:
    """Return the amount; an unreadable one is not reported as wrong."""
    try:
        amount = Decimal(text or "Infinity")
    except InvalidOperation:
        return Decimal("Infinity")
    return Decimal("Infinity") if amount.is_nan() else amount


def _shortened(countries: list[str]) -> str:
    return ", ".join(countries[:20]) + (f" and {len(countries) - 20} more" if len(countries) > 20 else "")
