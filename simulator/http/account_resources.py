"""Reads of the account's resources: its application, outbound voice profile and numbers.

Overrides change only these responses; dials follow the simulator's options.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from simulator.clock import iso
from simulator.http.pagination import paginated
from simulator.http.request_handling import json_response
from simulator.schema.errors import not_found
from simulator.world import World

PROFILE_ID = "1293384261075731499"

Values = dict[str, Any]


async def get_application(world: World, request: web.Request) -> web.StreamResponse:
    """Return the Call Control application of a connection."""
    found = _application(world, request.match_info["id"])
    if found is None:
        raise not_found("The application")
    return json_response(world, orjson.dumps({"data": found}))


async def get_profiles(world: World, request: web.Request) -> web.StreamResponse:
    """List the outbound voice profiles whose names contain the filter."""
    asked = request.query.get("filter[name][contains]", "")
    return paginated(world, request, [profile for profile in _profiles(world) if asked in profile["name"]])


async def get_profile(world: World, request: web.Request) -> web.StreamResponse:
    """Return an outbound voice profile."""
    found = next((profile for profile in _profiles(world) if profile["id"] == request.match_info["id"]), None)
    if found is None:
        raise not_found("The outbound voice profile")
    return json_response(world, orjson.dumps({"data": found}))


async def get_phone_numbers(world: World, request: web.Request) -> web.StreamResponse:
    """List the account's own numbers."""
    return paginated(world, request, _numbers(world, request.query.get("filter[phone_number]", "")))


async def get_verified_number(world: World, request: web.Request) -> web.StreamResponse:
    """Return a verified number: one of another owner that may be used as caller id."""
    number = request.match_info["phone_number"]
    if number not in world.resource_overrides.verified:
        raise not_found("The verified number")
    data = {"record_type": "verified_number", "phone_number": number, "verified_at": iso(world.started_at)}
    return json_response(world, orjson.dumps({"data": data}))


def _application(world: World, ident: str) -> Values | None:
    """Return the Call Control application with this id; None when there is none."""
    bent, known = world.resource_overrides.application, world.settings.connection_id
    if bent is None or (known is not None and ident != known):
        return None
    settings = world.settings
    return {
        "record_type": "call_control_application",
        "id": ident,
        "active": True,
        "anchorsite_override": "Latency",
        "application_name": "simulator",
        "call_cost_in_webhooks": settings.call_cost,
        **_dates(world),
        "dtmf_type": "RFC 2833",
        "inbound": {"channel_limit": None, "shaken_stir_enabled": False},
        "outbound": {"channel_limit": world.channels, "outbound_voice_profile_id": PROFILE_ID},
        "redact_dtmf_debug_logging": False,
        "tags": [],
        "webhook_api_version": "2",
        "webhook_event_url": settings.webhook_url,
        "webhook_event_failover_url": settings.webhook_failover_url,
        "webhook_timeout_secs": settings.webhook_timeout or None,
        "first_command_timeout": settings.first_command_timeout > 0,
        "first_command_timeout_secs": settings.first_command_timeout or 30,
        **bent,
    }


def _profiles(world: World) -> list[Values]:
    """Return the account's outbound voice profiles: one or none."""
    bent = world.resource_overrides.profile
    if bent is None:
        return []
    profile = {
        "record_type": "outbound_voice_profile",
        "id": PROFILE_ID,
        "name": "simulator",
        "billing_group_id": None,
        "call_recording": {
            "call_recording_type": "none",
            "call_recording_caller_phone_numbers": [],
            "call_recording_channels": "single",
            "call_recording_format": "wav",
        },
        "concurrent_call_limit": None,
        "connections_count": 1,
        **_dates(world),
        "daily_spend_limit": None,
        "daily_spend_limit_enabled": False,
        "enabled": True,
        "max_destination_rate": None,
        "service_plan": "global",
        "tags": [],
        "traffic_type": "conversational",
        "usage_payment_method": "rate-deck",
        "whitelisted_destinations": ["US", "CA"],
        **bent,
    }
    return [profile]


def _numbers(world: World, asked: str) -> list[Values]:
    """Return the account's numbers that contain these digits; without configured numbers, any number belongs to it.

    Anything but digits matches nothing (official SDK 4.189.0).
    """
    if asked and not (asked.isascii() and asked.isdigit()):
        return []
    bent = world.resource_overrides.numbers
    known = world.settings.caller_ids or ({f"+{asked}"} if asked else set())
    wanted = (number for number in sorted({*known, *bent}) if asked in number)
    return [_number(world, number, values) for number in wanted if (values := bent.get(number, {})) is not None]


def _number(world: World, number: str, bent: Mapping[str, Any]) -> Values:
    dates = _dates(world)
    return {
        "record_type": "phone_number",
        "id": number.lstrip("+"),
        "phone_number": number,
        "phone_number_type": "local",
        "country_iso_alpha2": "US",
        "status": "active",
        "connection_id": world.settings.connection_id or "1",
        "connection_name": "simulator",
        "call_forwarding_enabled": True,
        "call_recording_enabled": False,
        "deletion_lock_enabled": False,
        "purchased_at": dates["created_at"],
        "tags": [],
        **dates,
        **bent,
    }


def _dates(world: World) -> dict[str, str]:
    return dict.fromkeys(("created_at", "updated_at"), iso(world.started_at))
