"""The configuration of an account at the carrier: application, outbound voice profile and numbers.

Fields as in the official SDK 4.189.0. None stands for null, missing or unreadable;
`tells` returns whether the field was present.
"""

from __future__ import annotations

from orchestrator.telnyx.lenient_model import LenientModel


class _Arranged(LenientModel):
    def tells(self, name: str) -> bool:
        """Return whether the answer has this field, null included."""
        return name in self.model_fields_set


class Outbound(_Arranged):
    """The outbound settings of an application: its channel limit, None for no limit, and its outbound profile."""

    channel_limit: int | None = None
    outbound_voice_profile_id: str | None = None


class Application(_Arranged):
    """A call control application: `webhook_api_version` must be 2, `active` true."""

    id: str | None = None
    application_name: str | None = None
    active: bool | None = None
    webhook_api_version: str | None = None
    webhook_event_url: str | None = None
    webhook_event_failover_url: str | None = None
    webhook_timeout_secs: int | None = None
    call_cost_in_webhooks: bool | None = None
    outbound: Outbound | None = None


class CallRecording(_Arranged):
    """Which calls a profile records automatically: all, none, by_caller_phone_number."""

    call_recording_type: str | None = None
    call_recording_caller_phone_numbers: tuple[str, ...] | None = None


class CallingWindow(_Arranged):
    """When a profile's calls may start, in UTC, and how many of them to one number; None is no limit."""

    start_time: str | None = None
    end_time: str | None = None
    calls_per_cld: int | None = None


class OutboundProfile(_Arranged):
    """An outbound voice profile: countries are two letters, `daily_spend_limit` is US dollars as text."""

    id: str | None = None
    name: str | None = None
    enabled: bool | None = None
    whitelisted_destinations: tuple[str, ...] | None = None
    concurrent_call_limit: int | None = None
    daily_spend_limit: str | None = None
    daily_spend_limit_enabled: bool | None = None
    max_destination_rate: float | None = None
    calling_window: CallingWindow | None = None
    call_recording: CallRecording | None = None


class OwnNumber(_Arranged):
    """A number of the account; `connection_id` receives its calls."""

    phone_number: str | None = None
    status: str | None = None
    connection_id: str | None = None
    connection_name: str | None = None
    call_recording_enabled: bool | None = None
