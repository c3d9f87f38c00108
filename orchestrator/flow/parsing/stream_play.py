"""Reads a `stream_play` step: the sound that is played into the call's open stream."""

from __future__ import annotations

import binascii
from base64 import b64decode

from orchestrator.flow.actions import StreamPlay
from orchestrator.flow.parsing.context import Desk
from orchestrator.flow.syntax.node import Kind, Spot


def read_stream_play(desk: Desk, spot: Spot) -> StreamPlay:
    """Return the sound; it stands in the flow as it is, because what is filled in is text."""
    entries = desk.map_of(spot, "stream_play", ("payload",))
    if "payload" not in entries:
        if spot.kind is Kind.MAP:
            desk.tell(spot, "stream_play needs payload, an MP3 in base64")
        return StreamPlay("")
    payload = desk.text(entries["payload"], "payload")
    if payload is not None and not _is_sound(payload):
        desk.tell(entries["payload"], "payload is base64 of an MP3 (of raw audio, where the stream was started for it)")
    return StreamPlay(payload or "")


def _is_sound(payload: str) -> bool:
    try:
        return bool(b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return False
