"""Answer an incoming call, optionally with recording, transcription, a stream and other webhook URLs."""

from __future__ import annotations

from typing import Any

from simulator.call.ringing import answer
from simulator.commands.base import Body, BodySchema, Command, Needs
from simulator.commands.outbound_leg import SOUND, WEBHOOKS, leg_options, rerouted
from simulator.commands.shared_fields import CUSTOM_HEADERS, DEEPFAKE, IDENTITY, RECORD_FROM_ANSWER, SIP_HEADERS
from simulator.commands.streaming import STREAM
from simulator.commands.transcription import TRANSCRIBED
from simulator.schema.addresses import Uuid
from simulator.schema.fields import Flag, Record, Text
from simulator.state.leg import Leg
from simulator.world import World


def _answer(world: World, leg: Leg, body: Body) -> dict[str, Any]:
    leg.options = leg_options(body)
    leg.webhook_routing = rerouted(leg.webhook_routing, body)
    leg.invite = leg.invite.answered_with(body)
    answer(world, leg)
    return {"recording_id": leg.options.record["id"]} if leg.options.record else {}


ANSWER = Command(
    action="answer",
    needs=Needs.PARKED,
    schema=BodySchema(
        fields={
            **IDENTITY,
            **CUSTOM_HEADERS,
            **DEEPFAKE,
            **RECORD_FROM_ANSWER,
            **SIP_HEADERS,
            **SOUND,
            **STREAM,
            **TRANSCRIBED,
            **WEBHOOKS,
            "assistant": Record(),
            "billing_group_id": Uuid(),
            "conversation_relay_config": Record(),
            "preferred_codecs": Text(),
            "send_silence_when_idle": Flag(),
        },
    ),
    effect=_answer,
)
