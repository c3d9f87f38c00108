"""What is streamed of a leg over a websocket, and what may come back."""

from __future__ import annotations

from typing import Literal

from orchestrator.telnyx.commands.base import Part, unset_means
from orchestrator.telnyx.commands.values import Legs, WebsocketUrl


class Streamed(Part):
    """A websocket the carrier opens to `stream_url`; unless set, it sends the inbound track in the call's own codec.

    Audio that comes back is mp3, or RTP payloads in `stream_bidirectional_codec` (PCMU unless set; without meaning for
    mp3), heard by the opposite leg unless `stream_bidirectional_target_legs` says otherwise.
    """

    stream_bidirectional_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16"] | None = unset_means("PCMU")
    stream_bidirectional_mode: Literal["mp3", "rtp"] | None = unset_means("mp3")
    stream_bidirectional_target_legs: Legs | None = unset_means("opposite")
    stream_codec: Literal["PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default"] | None = unset_means("default")
    stream_track: Literal["inbound_track", "outbound_track", "both_tracks"] | None = unset_means("inbound_track")
    stream_url: WebsocketUrl | None = None
