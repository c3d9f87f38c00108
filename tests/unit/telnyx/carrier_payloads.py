"""A whole payload of every webhook type: what its schema names, and what was met besides."""

from __future__ import annotations

from typing import Any

IDS: dict[str, Any] = {
    "call_control_id": "v3:leg",
    "call_leg_id": "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21",
    "call_session_id": "7f3c8f1c-55a1-11ef-a0d4-02420a0b1c21",
    "client_state": "eyJjYWxsIjoiY2FsbF8xIiwicm9sZSI6IkEifQ==",
    "connection_id": "2876500012345678901",
}
_ENDS = {"from": "+13125550142", "to": "+13125550187"}
_HEADERS = {
    "custom_headers": [{"name": "X-Campaign", "value": "7"}],
    "sip_headers": [{"name": "User-to-User", "value": "00c0ffee"}],
    "tags": ["spring"],
}
_START = {"start_time": "2026-03-02T15:04:00.118204Z"}
_PARTY = {"calling_party_type": "pstn"}
_MEDIA = {"media_name": "hello", "media_url": "https://cdn.example.test/hello.mp3", "overlay": False}
_LINKS = {"mp3": "https://recordings.example.test/1.mp3", "wav": None}
_TALK = {**_ENDS, **_PARTY, "conversation_id": "conversation-1"}

WHOLE: dict[str, dict[str, Any]] = {
    "call.initiated": {
        **IDS,
        **_ENDS,
        **_HEADERS,
        **_START,
        **_PARTY,
        "call_screening_result": "passed",
        "caller_id_name": "ELM CLINIC",
        "connection_codecs": "PCMU,PCMA",
        "direction": "outgoing",
        "from_sip_uri": "+13125550142@sip.example.test",
        "offered_codecs": "PCMU",
        "shaken_stir_attestation": "A",
        "shaken_stir_validated": True,
        "state": "bridging",
        "to_sip_uri": "+13125550187@sip.example.test",
    },
    "call.answered": {
        **IDS,
        **_ENDS,
        **_HEADERS,
        **_START,
        **_PARTY,
        "codec": "PCMU",
        "sampling_rate": 8000,
        "state": "answered",
        "stream_track": "inbound_track",
        "stream_url": "wss://media.example.test/in",
    },
    "call.bridged": {**IDS, **_ENDS},
    "call.hangup": {
        **IDS,
        **_ENDS,
        **_HEADERS,
        **_START,
        **_PARTY,
        "call_quality_stats": {
            "inbound": {
                "jitter_max_variance": "3.12",
                "jitter_packet_count": "0",
                "mos": "4.50",
                "packet_count": "2468",
                "skip_packet_count": "6",
            },
            "outbound": {"packet_count": "2441", "skip_packet_count": "0"},
        },
        "end_time": "2026-03-02T15:04:58.771903Z",
        "hangup_cause": "normal_clearing",
        "hangup_source": "callee",
        "sip_hangup_cause": "200",
        "state": "hangup",
        "telnyx_error": {"error_code": "D1"},
    },
    "call.dtmf.received": {**IDS, **_ENDS, "digit": "1"},
    "call.gather.ended": {**IDS, **_ENDS, "digits": "12", "gather_id": "menu", "status": "valid"},
    "call.speak.started": {**IDS, **_PARTY, "speak_id": "k3Vw9QzL0a"},
    "call.speak.ended": {**IDS, **_PARTY, "speak_id": "k3Vw9QzL0a", "status": "completed"},
    "call.playback.started": {**IDS, **_MEDIA},
    "call.playback.ended": {**IDS, **_MEDIA, "status": "failed", "status_detail": "no such file"},
    "call.machine.detection.ended": {**IDS, **_ENDS, "result": "machine"},
    "call.machine.greeting.ended": {**IDS, **_ENDS, "result": "beep_detected"},
    "call.machine.premium.detection.started": {**IDS, **_ENDS},
    "call.machine.premium.detection.ended": {**IDS, **_ENDS, "result": "human_residence"},
    "call.machine.premium.greeting.ended": {**IDS, **_ENDS, "result": "prompt_ended"},
    "call.machine.premium.call_screening.detected": {**IDS, **_ENDS, "result": "screening"},
    "call.recording.saved": {
        **IDS,
        **_START,
        **_PARTY,
        "channels": "dual",
        "end_time": "2026-03-02T15:04:58.700000Z",
        "format": "mp3",
        "public_recording_urls": _LINKS,
        "recording_ended_at": "2026-03-02T15:04:58.700000Z",
        "recording_id": "5d0b1c6e-3f8a-4b7e-9c43-0a6d2f9e71b8",
        "recording_started_at": "2026-03-02T15:04:09.640000Z",
        "recording_urls": _LINKS,
    },
    "call.recording.error": {**IDS, "reason": "Internal server error"},
    "call.recording.transcription.saved": {
        **IDS,
        **_PARTY,
        "recording_id": "5d0b1c6e-3f8a-4b7e-9c43-0a6d2f9e71b8",
        "recording_transcription_id": "1f4b7a06-0a4c-4b2e-8a0b-5f4de1c7a902",
        "status": "completed",
        "transcription_text": "Yes, please.",
    },
    "call.fork.started": {**IDS, "stream_type": "decrypted"},
    "call.fork.stopped": {**IDS, "stream_type": "decrypted"},
    "streaming.started": {**IDS, "stream_url": "wss://media.example.test/in"},
    "streaming.stopped": {**IDS, "stream_url": "wss://media.example.test/in"},
    "streaming.failed": {
        **IDS,
        "failure_reason": "connection_failed",
        "stream_id": "32c1f0aa-8e0b-4b63-9d2a-11f7a4e0c9d5",
        "stream_params": {"stream_url": "wss://media.example.test/in", "track": "inbound_track"},
        "stream_type": "websocket",
    },
    "call.refer.started": {**IDS, **_ENDS, "sip_notify_response": 100},
    "call.refer.completed": {**IDS, **_ENDS, "sip_notify_response": 200},
    "call.refer.failed": {**IDS, **_ENDS, "sip_notify_response": 603},
    "call.enqueued": {**IDS, "current_position": 3, "queue": "support", "queue_avg_wait_time_secs": 42},
    "call.dequeued": {
        **IDS,
        "queue": "support",
        "queue_position": 1,
        "reason": "bridging-in-process",
        "wait_time_secs": 6,
    },
    "call.transcription": {
        **IDS,
        "transcription_data": {
            "confidence": 0.977,
            "is_final": True,
            "transcript": "Zażółć gęślą jaźń",
            "transcription_track": "inbound",
        },
    },
    "call.hold": {**IDS, **_ENDS},
    "call.unhold": {**IDS, **_ENDS},
    "call.cost": {
        **IDS,
        "billed_duration_secs": 60,
        "billing_group_id": "7f3c9a52-55a1-11ef-8d1c-02420a0b1c21",
        "cost_parts": [
            {
                "billed_duration_secs": 60,
                "call_part": "sip-trunking",
                "cost": "0.0050",
                "currency": "USD",
                "rate": "0.00500",
            }
        ],
        "occurred_at": "2026-03-02T15:04:59.980011Z",
        "status": "success",
        "total_cost": "0.0070",
    },
    "call.deepfake_detection.result": {**IDS, "consistency": 96.5, "result": "fake", "score": 0.91},
    "call.deepfake_detection.error": {**IDS, "error_message": "rtp_timeout"},
    "call.conversation.created": {**IDS, **_TALK},
    "call.conversation.ended": {
        **IDS,
        **_TALK,
        "assistant_id": "assistant-1",
        "duration_sec": 49,
        "llm_model": "example/model",
        "messages": [
            {
                "content": "Hello!",
                "role": "assistant",
                "timestamp": "2026-03-02T15:04:10.000000Z",
                "tool_call_id": "t1",
                "tool_calls": [{"id": "t1", "function": {"arguments": "{}", "name": "hangup"}, "type": "function"}],
            }
        ],
        "reason": "user_hangup",
        "stt_model": "example-stt",
        "tts_model_id": "example-tts",
        "tts_provider": "telnyx",
        "tts_voice_id": "voice-1",
    },
    "call.conversation.start_failed": {
        **IDS,
        **_ENDS,
        **_PARTY,
        "assistant_id": "assistant-1",
        "reason": "service_error",
    },
    "call.conversation_insights.generated": {
        **IDS,
        **_PARTY,
        "insight_group_id": "9d3f7c1e-2b4a-4a8e-8f11-64f0d7a1c2b3",
        "results": [{"insight_id": "i1", "result": "callback requested"}, {"insight_id": "i2", "result": {"a": 1}}],
    },
}
