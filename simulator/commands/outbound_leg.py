"""What dial and transfer share: the fields of a new outbound leg, its options and its webhook routing."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.call.playback import LegPlayer
from simulator.commands.base import Body
from simulator.commands.shared_fields import AUDIO, CUSTOM_HEADERS, IDENTITY, RECORD_FROM_ANSWER, SIP_HEADERS
from simulator.commands.transcription import requested_transcription
from simulator.ids import control_token, fresh_uuid, leg_uuid
from simulator.schema.addresses import Url
from simulator.schema.errors import Problem, refused
from simulator.schema.fields import Choice, Decimal, Field, Flag, Items, MapOf, OneOrMany, Record, Text, Whole
from simulator.state.invite_details import InviteDetails
from simulator.state.leg import Leg, LegOptions, WebhookRouting
from simulator.time_scale import Timers
from simulator.world import World

_MILLIS = Whole(minimum=0)

_AMD_CONFIG: dict[str, Field] = {
    "after_greeting_silence_millis": _MILLIS,
    "between_words_silence_millis": _MILLIS,
    "greeting_duration_millis": _MILLIS,
    "greeting_silence_duration_millis": _MILLIS,
    "greeting_total_analysis_time_millis": _MILLIS,
    "initial_silence_millis": _MILLIS,
    "maximum_number_of_words": _MILLIS,
    "maximum_word_length_millis": _MILLIS,
    "silence_threshold": _MILLIS,
    "total_analysis_time_millis": _MILLIS,
    "beep_detection_profile": Choice(("both", "freq_only")),
    "beep_max_frequency_hz": _MILLIS,
    "beep_min_frequency_hz": _MILLIS,
    "beep_min_tone_duration_millis": _MILLIS,
    "beep_spectral_confirmation": Flag(),
    "beep_spectral_min_purity": Decimal(minimum=0, maximum=1),
    "beep_spectral_reject_fax_cng": Flag(),
    "beep_spectral_window_millis": _MILLIS,
    "prompt_end_timeout_millis": _MILLIS,
}

_SOUND_MODIFICATIONS: dict[str, Field] = {
    "octaves": Decimal(minimum=-1, maximum=1),
    "pitch": Decimal(above=0),
    "semitone": Decimal(minimum=-14, maximum=14),
    "track": Text(),
}

_LONGEST_RETRIES_MS = 60_000


def _retries_within_limit(policy: Body, at: str) -> Iterator[Problem]:
    if sum(policy.get("retries_ms") or ()) > _LONGEST_RETRIES_MS:
        at += "/retries_ms"
        yield Problem("10033", "Value out of range", f"{at} may add up to {_LONGEST_RETRIES_MS} at most.", at)


_RETRIES = Record({"retries_ms": Items(Whole(minimum=0), maximum=5)}, conditions=(_retries_within_limit,))

WEBHOOKS: dict[str, Field] = {
    "webhook_retries_policies": MapOf(_RETRIES),
    "webhook_url": Url(),
    "webhook_url_method": Choice(("POST", "GET")),
    "webhook_urls": MapOf(OneOrMany(Url())),
    "webhook_urls_method": Choice(("POST", "GET")),
}

SOUND: dict[str, Field] = {"sound_modifications": Record(fields=_SOUND_MODIFICATIONS)}

OUTBOUND: dict[str, Field] = {
    **IDENTITY,
    **AUDIO,
    **CUSTOM_HEADERS,
    **RECORD_FROM_ANSWER,
    **SIP_HEADERS,
    **SOUND,
    **WEBHOOKS,
    "answering_machine_detection": Choice(
        (
            "premium",
            "detect",
            "detect_beep",
            "detect_words",
            "greeting_end",
            "disabled",
            "premium_ios_call_screening_detection",
        )
    ),
    "answering_machine_detection_config": Record(fields=_AMD_CONFIG),
    "diversion": Text(),
    "from_display_name": Text(maximum=128, chars=r"A-Za-z0-9 \-_~!.+"),
    "media_encryption": Choice(("disabled", "SRTP", "DTLS")),
    "park_after_unbridge": Choice(("self",)),
    "preferred_codecs": Text(),
    "privacy": Choice(("id", "none")),
    "route_to_mobile": Flag(),
    "send_digits_on_answer": Text(maximum=64, chars="0-9A-DwW*#"),
    "sip_auth_password": Text(),
    "sip_auth_username": Text(),
    "sip_region": Choice(("US", "Europe", "Canada", "Australia", "Middle East")),
    "sip_transport_protocol": Choice(("UDP", "TCP", "TLS")),
    "time_limit_secs": Whole(minimum=30, maximum=14_400, code="90029"),
    "timeout_secs": Whole(minimum=5, maximum=600),
}


def without_post_dial_digits(to: str) -> str:
    """Return the number without its post-dial digits, which have no effect here."""
    return to.partition(",")[0] if to.startswith("+") else to


def check_destination(world: World, number: str) -> None:
    """Raise CarrierError (403) when this number is blocked or no channel is free."""
    d_code = world.faults.of(number).refuse
    if d_code is not None:
        raise refused(d_code)
    if world.channels is not None and world.legs.live_count >= world.channels:
        raise refused("D1")


def webhook_routing(body: Body, *, default: str) -> WebhookRouting:
    """Return the webhook routing of a new leg; `default` is the URL when the body has none."""
    policies, named = body.get("webhook_retries_policies") or {}, body.get("webhook_urls") or {}
    return WebhookRouting(
        url=body.get("webhook_url") or default,
        urls={name: tuple(urls) if isinstance(urls, list) else (urls,) for name, urls in named.items()},
        retries_ms={name: tuple(policy.get("retries_ms") or ()) for name, policy in policies.items()},
    )


def leg_options(body: Body) -> LegOptions:
    """Return the options that the body requests for the leg."""
    config = body.get("answering_machine_detection_config") or {}
    return LegOptions(
        timeout_s=body.get("timeout_secs") or 30,
        time_limit_s=body.get("time_limit_secs") or 14_400,
        retry_on_timeout=body.get("retry_on_timeout") is not False,
        amd=body.get("answering_machine_detection") or "disabled",
        amd_analysis_s=(config.get("total_analysis_time_millis") or 3_500) / 1000,
        record=_recording(body),
        transcribe=_transcription(body),
        digits=body.get("send_digits_on_answer") or "",
        stream={key: body[key] for key in body if key.startswith("stream_")} if body.get("stream_url") else None,
        deepfake_s=_deepfake_s(body),
        audio={key: body[key] for key in AUDIO if body.get(key)} or None,
    )


def rerouted(known: WebhookRouting, body: Body) -> WebhookRouting:
    """Return the routing with the URLs and retries that a later command sets."""
    named = webhook_routing(body, default=known.url)
    return WebhookRouting(
        url=named.url, urls={**known.urls, **named.urls}, retries_ms={**known.retries_ms, **named.retries_ms}
    )


def _deepfake_s(body: Body) -> float | None:
    requested = body.get("deepfake_detection") or {}
    return float(requested.get("timeout") or 15) if requested.get("enabled") is True else None


def _transcription(body: Body) -> tuple[str, bool] | None:
    return (
        requested_transcription(body.get("transcription_config") or {}) if body.get("transcription") is True else None
    )


def _recording(body: Body) -> dict[str, object] | None:
    if not body.get("record"):
        return None
    return {
        "id": fresh_uuid(),
        "channels": body.get("record_channels") or "dual",
        "format": body.get("record_format") or "mp3",
        "max_s": body.get("record_max_length") or 0,
    }


def new_leg(
    world: World,
    body: Body,
    *,
    role: str,
    to: str,
    from_: str,
    session: str,
    connection_id: str,
    client_state: str | None,
    webhook_url: str,
) -> Leg:
    """Return a new leg that does not ring yet, with its callee."""
    nth = world.legs.nth_call(to)
    leg = Leg(
        key=f"{to}#{nth}",
        role=role,
        call_control_id=control_token(),
        call_leg_id=leg_uuid(),
        call_session_id=session,
        connection_id=connection_id,
        to=to,
        from_=from_,
        client_state=client_state,
        command_id=body.get("command_id"),
        webhook_routing=webhook_routing(body, default=webhook_url),
        persona=world.population.answer(to, nth=nth),
        options=leg_options(body),
        invite=InviteDetails.from_body(body),
        timers=Timers(world.time_scale),
        accepted_at=world.clock.now(),
    )
    leg.player = LegPlayer(world, leg)
    leg.parks_after_unbridge = body.get("park_after_unbridge") == "self" and role == "A"
    return leg
