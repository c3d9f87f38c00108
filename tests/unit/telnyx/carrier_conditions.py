"""Which fields of the carrier's commands exclude or need each other, and what only just passes."""

from __future__ import annotations

from typing import Any

_UUID = "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21"
_URL = "https://cdn.example.test/"
_DIAL = {"connection_id": "1", "from": "+13125550142", "to": "+13125550187"}
_LATE_RETRIES = {"webhook_retries_policies": {"call.hangup": {"retries_ms": [20_000, 20_000, 20_001]}}}

# The command, what is sent, and where the problem is told.
CONDITIONS: list[tuple[str, dict[str, Any], set[str]]] = [
    ("playback_start", {}, {"audio_url"}),
    ("playback_start", {"media_name": "x", "audio_url": _URL}, {"media_name"}),
    ("playback_start", {"media_name": "x", "playback_content": "AAAA"}, {"playback_content"}),
    ("playback_start", {"media_name": "x", "overlay": True, "target_legs": "both"}, {"target_legs"}),
    ("gather_using_audio", {}, {"audio_url"}),
    ("gather_using_audio", {"audio_url": _URL, "media_name": "x"}, {"media_name"}),
    (
        "gather_using_audio",
        {"media_name": "x", "invalid_media_name": "y", "invalid_audio_url": _URL},
        {"invalid_media_name"},
    ),
    ("gather", {"minimum_digits": 5, "maximum_digits": 4}, {"minimum_digits"}),
    ("gather_using_audio", {"media_name": "x", "minimum_digits": 5, "maximum_digits": 4}, {"minimum_digits"}),
    (
        "gather_using_speak",
        {"payload": "x", "voice": "female", "minimum_digits": 5, "maximum_digits": 4},
        {"minimum_digits"},
    ),
    (
        "gather_using_speak",
        {"payload": "x", "voice": "female", "service_level": "basic", "language": "de-DE", "payload_type": "ssml"},
        {"language", "payload_type"},
    ),
    ("speak", {"payload": "x", "voice": "female", "service_level": "basic", "payload_type": "ssml"}, {"payload_type"}),
    ("speak", {"payload": "x", "voice": "female", "service_level": "basic", "language": "de-DE"}, {"language"}),
    (
        "record_start",
        {"channels": "dual", "format": "wav", "transcription_min_speaker_count": 7},
        {"transcription_min_speaker_count"},
    ),
    ("transfer", {"to": "+13125550187", "audio_url": _URL, "media_name": "x"}, {"media_name"}),
    ("bridge", {}, {"call_control_id"}),
    ("bridge", {"call_control_id": "v3:other", "queue": "support"}, {"queue"}),
    ("bridge", {"call_control_id": "v3:other", "video_room_id": _UUID}, {"video_room_id"}),
    (
        "bridge",
        {"call_control_id": "v3:other", "queue": "q", "video_room_id": _UUID},
        {"queue", "video_room_id"},
    ),
    ("bridge", {"queue": "support", "video_room_context": "x"}, {"video_room_context"}),
    ("streaming_start", {}, {"stream_url"}),
    ("streaming_start", {"enable_dialogflow": False}, {"stream_url"}),
    ("fork_start", {}, {"target"}),
    ("fork_start", {"rx": "udp:192.0.2.10:9000"}, {"tx"}),
    ("fork_start", {"tx": "udp:192.0.2.10:9000"}, {"rx"}),
    ("fork_start", {"target": "udp:192.0.2.10:9000", "rx": "udp:192.0.2.10:9000"}, {"rx"}),
    ("fork_start", {"target": "udp:192.0.2.10:9000", "tx": "udp:192.0.2.10:9000"}, {"tx"}),
    ("fork_start", {"target": "udp:192.0.2.10:9000", "stream_type": "decrypted"}, {"stream_type"}),
    ("transcription_start", {"language": "tlh"}, {"language"}),
    ("transcription_start", {"transcription_engine": "B", "language": "zu"}, {"language"}),
    ("transcription_start", {"transcription_engine": "Azure", "language": "de"}, {"language"}),
    (
        "transcription_start",
        {"transcription_engine": "Azure", "transcription_engine_config": {"transcription_engine": "Telnyx"}},
        {"transcription_engine_config"},
    ),
    (
        "suppression_start",
        {"noise_suppression_engine_config": {"suppression_level": 50}},
        {"noise_suppression_engine_config"},
    ),
    *(
        (
            "suppression_start",
            {"noise_suppression_engine": engine, "noise_suppression_engine_config": settings},
            {"noise_suppression_engine_config"},
        )
        for engine, settings in (
            ("Krisp", {"attenuation_limit": 50}),
            ("B", {"suppression_level": 50}),
            ("aic_l_quail", {"mode": "standard"}),
            ("AiCoustics", {"family": "sparrow", "size": "vf_l"}),
            ("AiCoustics", {"family": "quail", "size": "xxs"}),
            ("DeepFilterNet", {"attenuation_limit": -1}),
            ("DeepFilterNet", {"attenuation_limit": 101}),
            ("DeepFilterNet", {"mode": "neither"}),
            ("Krisp", {"suppression_level": 100.5}),
            ("Krisp", {"suppression_level": -0.5}),
            ("Krisp", {"model": "neither"}),
            ("AiCoustics", {"enhancement_level": 1.1}),
            ("AiCoustics", {"enhancement_level": -0.1}),
            ("AiCoustics", {"voice_gain": 0.05}),
            ("AiCoustics", {"voice_gain": 4.1}),
            ("AiCoustics", {"family": "neither"}),
            ("AiCoustics", {"size": "neither"}),
        )
    ),
    ("dial", {**_DIAL, "bridge_on_answer": True}, {"bridge_on_answer"}),
    ("dial", {**_DIAL, "bridge_intent": True}, {"bridge_intent"}),
    ("dial", {**_DIAL, "audio_url": _URL, "media_name": "x"}, {"media_name"}),
    ("dial", {**_DIAL, "to": ["+13125550187,12"]}, {"to"}),
    *(
        (action, {**body, **_LATE_RETRIES}, set(_LATE_RETRIES))
        for action, body in (("dial", _DIAL), ("transfer", {"to": "+13125550187"}), ("answer", {}))
    ),
    *(
        (
            action,
            {**body, "transcription_config": {"transcription_engine": engine, "transcription_engine_config": settings}},
            {"transcription_config"},
        )
        for action, body in (("dial", _DIAL), ("answer", {}))
        for engine, settings in (
            ("Azure", {"transcription_engine": "Telnyx"}),
            ("Azure", {"language": "de"}),
            ("Deepgram", {"language": "de"}),
        )
    ),
]

# What only just passes: a condition that holds, a shape of today's carrier, a field its schema has dropped.
ACCEPTED: list[tuple[str, dict[str, Any]]] = [
    ("gather", {"terminating_digit": ""}),
    ("speak", {"payload": "x", "voice": "female", "voice_settings": {"type": "minimax", "language_boost": None}}),
    ("transfer", {"to": "sips:desk@example.test"}),
    ("transfer", {"to": "+13125550187", "webhook_urls": {"call.hangup": "https://dialer.example.test/hangups"}}),
    ("playback_start", {"playback_content": "AAAA", "overlay": True}),
    ("bridge", {"queue": "support"}),
    ("bridge", {"video_room_id": _UUID, "video_room_context": "host"}),
    ("streaming_start", {"enable_dialogflow": True}),
    ("streaming_start", {"stream_url": "wss://m.test", "stream_bidirectional_codec": "L16"}),
    ("answer", {"stream_bidirectional_codec": "L16", "stream_bidirectional_mode": "mp3"}),
    ("fork_start", {"target": "udp:192.0.2.10:9000"}),
    ("fork_start", {"target": "udp:[2001:db8::1]:65535", "stream_type": "raw"}),
    ("fork_start", {"rx": "udp:192.0.2.10:1", "tx": "udp:192.0.2.10:1", "stream_type": "raw"}),
    ("transcription_start", {"transcription_engine": "A", "language": "zu", "interim_results": True}),
    ("transcription_start", {"transcription_engine": "B", "language": "auto_detect"}),
    ("transcription_start", {"language": "pl"}),
    ("transcription_start", {"transcription_engine": "Telnyx", "transcription_engine_config": {"language": "yi"}}),
    (
        "transcription_start",
        {"transcription_engine": "Cohere", "transcription_engine_config": {"transcription_model": "cohere/ar-stt"}},
    ),
    (
        "transcription_start",
        {"transcription_engine": "A", "transcription_engine_config": {"transcription_engine": "Google"}},
    ),
    ("suppression_start", {"noise_suppression_engine": "A"}),
    (
        "suppression_start",
        {
            "noise_suppression_engine": "DeepFilterNet",
            "noise_suppression_engine_config": {"attenuation_limit": 100, "mode": "advanced"},
        },
    ),
    (
        "suppression_start",
        {
            "noise_suppression_engine": "C",
            "noise_suppression_engine_config": {"model": "krisp-viva-ss-v1.kef", "suppression_level": 0.0},
        },
    ),
    (
        "suppression_start",
        {
            "noise_suppression_engine": "aic_s_rook",
            "noise_suppression_engine_config": {"enhancement_level": 1.0, "voice_gain": 0.1},
        },
    ),
    *(
        ("dial", {**_DIAL, **extra})
        for extra in (
            {"assistant": {"id": "assistant-1"}, "conversation_relay_config": {"url": "wss://x.example.test"}},
            {"transcription_config": {"transcription_engine_config": {"language": "pl"}}},
            {
                "transcription_config": {
                    "transcription_engine_config": {"transcription_engine": "B", "language": "yi"},
                }
            },
        )
    ),
    *(("reject", {"cause": cause}) for cause in ("CALL_REJECTED", "USER_BUSY", "NOT_FOUND", "TEMPORARILY_UNAVAILABLE")),
]
