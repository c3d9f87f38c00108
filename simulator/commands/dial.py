"""Dial a new leg, within the limits of connection, caller id, channels and rate."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from simulator.call.ringing import ring
from simulator.commands.base import Body, BodySchema
from simulator.commands.outbound_leg import OUTBOUND, check_destination, new_leg, without_post_dial_digits
from simulator.commands.shared_fields import CONFERENCE, DEEPFAKE
from simulator.commands.streaming import DIALOGFLOW, STREAM
from simulator.commands.transcription import TRANSCRIBED
from simulator.ids import leg_uuid
from simulator.schema.addresses import Phone, Uuid
from simulator.schema.errors import Problem, bad_request, missing, refused, too_many_dials, wrong_connection
from simulator.schema.fields import Choice, Field, Flag, OneOrMany, Record, Text
from simulator.state.leg import Leg
from simulator.world import World

_FIELDS: dict[str, Field] = {
    **OUTBOUND,
    "connection_id": Text(required=True, minimum=1),
    "from": Phone(required=True, sip=False, keyed=False),
    "to": OneOrMany(Phone(), each=Phone(keyed=False), required=True),
    "assistant": Record(),
    "billing_group_id": Uuid(),
    "bridge_intent": Flag(),
    "bridge_on_answer": Flag(),
    "conference_config": CONFERENCE,
    "conversation_relay_config": Record(),
    **DEEPFAKE,
    "dialogflow_config": DIALOGFLOW,
    "enable_dialogflow": Flag(),
    "link_to": Text(),
    "prevent_double_bridge": Flag(),
    "retry_on_timeout": Flag(),
    "send_silence_when_idle": Flag(),
    **STREAM,
    "stream_establish_before_call_originate": Flag(),
    "supervise_call_control_id": Text(),
    "supervisor_role": Choice(("barge", "whisper", "monitor")),
    **TRANSCRIBED,
}


def _bridge_has_a_leg(body: Body, at: str) -> Iterator[Problem]:
    if (body.get("bridge_on_answer") or body.get("bridge_intent")) and not body.get("link_to"):
        yield missing(f"{at}/link_to")


DIAL = BodySchema(
    fields=_FIELDS,
    one_of=(("audio_url", "media_name"),),
    conditions=(_bridge_has_a_leg,),
)


def dial(world: World, body: Body) -> Leg:
    """Start a call and return its leg; raises CarrierError, and then no call was started."""
    DIAL.check(body)
    _check_account(world, body)
    leg = _make(world, body)
    if body.get("bridge_on_answer") is True:
        leg.joins_on_answer = _linked(world, body)
    world.dials.add()
    ring(world, leg)
    return leg


def _check_account(world: World, body: Body) -> None:
    settings = world.settings
    if settings.connection_id is not None and body["connection_id"] != settings.connection_id:
        raise wrong_connection("The connection_id is not a Call Control application of this account.")
    if not (body.get("webhook_url") or settings.webhook_url):
        raise wrong_connection("The Call Control application has no valid webhook URL.")
    if settings.caller_ids and body["from"] not in settings.caller_ids:
        raise refused("D35")
    check_destination(world, dialed_number(body))
    if world.dials_per_5s is not None and world.dials.count() >= world.dials_per_5s:
        raise too_many_dials()


def dialed_number(body: Body) -> str:
    """Return the number to dial; of a list, the first one."""
    to = body.get("to")
    return without_post_dial_digits(str((to[0] if to else "") if isinstance(to, list) else to or ""))


def _make(world: World, body: Body) -> Leg:
    linked = _linked(world, body)
    shown = linked.from_ if linked is not None and body.get("bridge_intent") is True else body["from"]
    leg = new_leg(
        world,
        body,
        role="A",
        to=dialed_number(body),
        from_=shown,
        session=leg_uuid() if linked is None else linked.call_session_id,
        connection_id=body["connection_id"],
        client_state=body.get("client_state"),
        webhook_url=world.settings.webhook_url or "",
    )
    if body.get("enable_dialogflow") is True and leg.options.stream is None:
        leg.options = replace(leg.options, stream={"enable_dialogflow": True})
    return leg


def _linked(world: World, body: Body) -> Leg | None:
    link = body.get("link_to")
    if not link:
        return None
    linked = world.legs.find(link)
    if linked is None:
        raise bad_request("link_to names no call.", at="/link_to")
    return linked


def dial_response(leg: Leg) -> dict[str, Any]:
    """Return the `data` of the response to an accepted dial."""
    state = {"client_state": leg.client_state} if leg.client_state else {}
    recording = {"recording_id": leg.options.record["id"]} if leg.options.record else {}
    return {
        "record_type": "call",
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "is_alive": False,
        **state,
        **recording,
    }
