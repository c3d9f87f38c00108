"""Start and stop a stream: the leg's audio on a websocket."""

from __future__ import annotations

from collections.abc import Iterator

from simulator.commands.base import Body, BodySchema, Command
from simulator.commands.shared_fields import IDENTITY
from simulator.media.dialogflow import Dialogflow
from simulator.media.start import begin_stream
from simulator.media.stream import Stream
from simulator.schema.addresses import Url, Uuid
from simulator.schema.errors import Problem, media_in_use, missing, not_streaming
from simulator.schema.fields import Choice, Flag, Items, Record, Text
from simulator.state.leg import Leg
from simulator.world import World

DIALOGFLOW = Record({"analyze_sentiment": Flag(), "partial_automated_agent_reply": Flag()})

_CODECS = ("PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16")

STREAM = {
    "stream_url": Url(schemes=("ws", "wss")),
    "stream_track": Choice(("inbound_track", "outbound_track", "both_tracks")),
    "stream_codec": Choice((*_CODECS, "default")),
    "stream_auth_token": Text(maximum=4_000),
    "stream_bidirectional_codec": Choice(_CODECS),
    "stream_bidirectional_mode": Choice(("mp3", "rtp")),
    "stream_bidirectional_sampling_rate": Choice((8000, 16000, 22050, 24000, 48000)),
    "stream_bidirectional_target_legs": Choice(("both", "self", "opposite")),
}


def _has_a_destination(body: Body, at: str) -> Iterator[Problem]:
    if body.get("stream_url") is None and not body.get("enable_dialogflow"):
        yield missing(f"{at}/stream_url")


def start_stream(world: World, leg: Leg, body: Body) -> None:
    """Start to connect; raises CarrierError when a stream or fork is running."""
    if leg.media_output is not None:
        raise media_in_use()
    begin_stream(world, leg, body)


STREAMING_START = Command(
    action="streaming_start",
    schema=BodySchema(
        fields={
            **IDENTITY,
            **STREAM,
            "custom_parameters": Items(Record(fields={"name": Text(), "value": Text()})),
            "dialogflow_config": DIALOGFLOW,
            "enable_dialogflow": Flag(),
        },
        conditions=(_has_a_destination,),
    ),
    effect=start_stream,
)


def _stop(_world: World, leg: Leg, body: Body) -> None:
    stream = leg.media_output
    if not isinstance(stream, Stream | Dialogflow) or body.get("stream_id") not in (None, stream.id):
        raise not_streaming()
    stream.end()


STREAMING_STOP = Command(
    action="streaming_stop",
    schema=BodySchema(fields={**IDENTITY, "stream_id": Uuid()}),
    effect=_stop,
)
