"""Parses a `stream_play` step: a sound that is played into the call's open stream."""

from __future__ import annotations

import binascii
from base64 import b64decode

from orchestrator.flow.actions import StreamPlay
from orchestrator.flow.parsing.context import ParseContext
from orchestrator.flow.syntax.node import DocumentNode, Kind


def read_stream_play(context: ParseContext, node: DocumentNode) -> StreamPlay:
    """Return the action; its payload takes no templates, because they render text."""
    entries = context.map_of(node, "stream_play", ("payload",))
    if "payload" not in entries:
        if node.kind is Kind.MAP:
            context.report(node, "stream_play needs payload, an MP3 in base64")
        return StreamPlay("")
    payload = context.text(entries["payload"], "payload")
    if payload is not None and not _is_sound(payload):
        context.report(
            entries["payload"], "payload is base64 of an MP3 (of raw audio, where the stream was started for it)"
        )
    return StreamPlay(payload or "")


def _is_sound(payload: str) -> bool:
    try:
        return bool(b64decode(payload, validate=True))
    except (binascii.Error, ValueError):
        return False
