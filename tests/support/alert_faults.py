"""Series in which each alert must fire: what a fault looks like to Prometheus, at a value every 15 seconds."""

from __future__ import annotations

FAULTS: dict[str, dict[str, str]] = {
    "ApiAway": {},
    "StoreAway": {'orchestrator_store_up{store="redis"}': "0x40"},
    "EngineStopped": {'orchestrator_loop_step_seconds_count{loop="dispatch"}': "7x40"},
    "LoopFails": {'orchestrator_loop_failures_total{loop="ended"}': "0+3x40"},
    "EventsLate": {'orchestrator_stream_oldest_entry_seconds{stream="events"}': "2x40"},
    "ResultsLate": {'orchestrator_stream_oldest_entry_seconds{stream="ended"}': "90x40"},
    "StraysLate": {'orchestrator_stream_oldest_entry_seconds{stream="strays"}': "20x40"},
    "CommandsLate": {
        'orchestrator_command_hop_seconds_bucket{hop="webhook_to_command",le="0.5"}': "0+9x40",
        'orchestrator_command_hop_seconds_bucket{hop="webhook_to_command",le="1"}': "0+10x40",
        'orchestrator_command_hop_seconds_bucket{hop="webhook_to_command",le="+Inf"}': "0+10x40",
    },
    "CommandsWait": {
        'orchestrator_queued_calls{queue="commands"}': "2x40",
        'orchestrator_commands_total{answer="accepted"}': "7x40",
    },
    "DialsWait": {
        'orchestrator_queued_calls{queue="dials"}': "30x40",
        'orchestrator_dials_total{answer="accepted"}': "7x40",
    },
    "Overloaded": {"orchestrator_waiting_too_long": "11x40"},
    "DispatchClosed": {"orchestrator_dispatch_open": "0x40"},
    "DialingStopped": {"orchestrator_dialing_stopped": "1x400"},
    "DialsFail": {
        'orchestrator_dials_total{answer="accepted"}': "0+7x40",
        'orchestrator_dials_total{answer="busy"}': "0+3x40",
    },
    "AccountRefused": {'orchestrator_dials_total{answer="refused"}': "0x20 1x20"},
    "RateLowered": {
        'orchestrator_dial_rate_limit{limit="set"}': "29x100",
        'orchestrator_dial_rate_limit{limit="lowered"}': "5x100",
    },
    "CallsUnknown": {'orchestrator_calls_open{state="unknown"}': "1x100"},
    "DeadLetters": {"orchestrator_dead_letters": "1x40"},
    "WebhooksRefused": {'orchestrator_webhooks_total{result="unknown_key"}': "0+1x40"},
    "WebhooksPutOff": {'orchestrator_webhooks_total{result="put_off"}': "0+1x40"},
    "WebhooksSilent": {
        'orchestrator_dials_total{answer="accepted"}': "0+1x40",
        'orchestrator_webhooks_total{result="taken"}': "7x40",
    },
    "WebhooksUnmatched": {"orchestrator_orphan_webhooks": "0+1x100"},
    "ApiFails": {'orchestrator_http_request_seconds_count{route="/v1/calls",status="5xx"}': "0+1x40"},
    "ApiSlow": {
        'orchestrator_http_request_seconds_bucket{route="/webhooks/telnyx",le="0.25"}': "0+8x40",
        'orchestrator_http_request_seconds_bucket{route="/webhooks/telnyx",le="1"}': "0+10x40",
        'orchestrator_http_request_seconds_bucket{route="/webhooks/telnyx",le="+Inf"}': "0+10x40",
    },
    "DeliveriesGivenUp": {'orchestrator_webhook_deliveries_total{result="given_up"}': "0x20 1x20"},
    "CampaignGuarded": {'orchestrator_campaigns_paused_by_guard{guard="abandon"}': "1x40"},
    "RecordingsWait": {"orchestrator_recordings_pending": "21x100"},
}
