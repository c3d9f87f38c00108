"""Fields of dial and answer that ask for more than a call: a stream, a search for deep fakes."""

from __future__ import annotations

from simulator.fields import Choice, Field, Flag, Record, Text, Url, Whole

STREAM: dict[str, Field] = {
    "stream_auth_token": Text(most=4000),
    "stream_bidirectional_codec": Choice(("PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16")),
    "stream_bidirectional_mode": Choice(("mp3", "rtp")),
    "stream_bidirectional_sampling_rate": Choice((8000, 16000, 22050, 24000, 48000)),
    "stream_bidirectional_target_legs": Choice(("both", "self", "opposite")),
    "stream_codec": Choice(("PCMU", "PCMA", "G722", "OPUS", "AMR-WB", "L16", "default")),
    "stream_track": Choice(("inbound_track", "outbound_track", "both_tracks")),
    "stream_url": Url(schemes=("ws", "wss")),
}

DEEPFAKE: dict[str, Field] = {
    "deepfake_detection": Record(
        fields={
            "enabled": Flag(required=True),
            "rtp_timeout": Whole(least=5, most=120),
            "timeout": Whole(least=5, most=60),
        }
    ),
}
