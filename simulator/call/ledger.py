"""The ledger: the simulator's record of every call, command and webhook, for tests to compare with."""

from __future__ import annotations

from typing import Any

from simulator.state.leg import Leg, ReceivedCommand, Webhook
from simulator.state.recordings import Recording
from simulator.world import World


def ledger(world: World, *, since: int = 0, brief: bool = False) -> dict[str, Any]:
    """Return the ledger as JSON; `since` keeps legs changed after that revision, `brief` leaves out all legs."""
    summary = world.summary()
    if brief:
        return summary
    legs = [_leg(leg) for leg in world.legs.changed_since(since)]
    return {
        **summary,
        "dials": [leg for leg in legs if leg["role"] == "A"],
        "targets": [leg for leg in legs if leg["role"] == "B"],
        "incoming": [leg for leg in legs if leg["role"] == "I"],
        "refused": world.refused_dials.as_json(),
        "calls_by_number": world.legs.calls_by_number,
    }


def _leg(leg: Leg) -> dict[str, Any]:
    """Return one leg as JSON; times are Unix seconds."""
    return {
        "role": leg.role,
        "direction": leg.direction,
        "to": leg.to,
        "from": leg.from_,
        "callee": leg.persona.kind,
        "command_id": leg.command_id,
        "client_state": leg.client_state,
        "call_control_id": leg.call_control_id,
        "call_leg_id": leg.call_leg_id,
        "call_session_id": leg.call_session_id,
        "connection_id": leg.connection_id,
        "state": leg.state,
        "accepted_at": leg.accepted_at,
        "answered_at": leg.answered_at,
        "ended_at": leg.ended_at,
        "hangup_cause": leg.hangup_cause,
        "hangup_source": leg.hangup_source,
        "sip_hangup_cause": leg.sip_hangup_cause,
        "hangup_code": leg.hangup_code,
        "amd_mode": leg.options.amd,
        "amd": leg.amd_result,
        "digits": leg.digits,
        "sent_digits": leg.sent_digits,
        "suppression": leg.suppression,
        "recordings": [_recording(recording) for recording in leg.recordings],
        "queue": None if leg.queue_place is None else leg.queue_place.queue_name,
        "commands": [_command(command) for command in leg.commands],
        "webhooks": [_webhook(webhook) for webhook in leg.webhooks],
        "revision": leg.revision,
    }


def _recording(recording: Recording) -> dict[str, Any]:
    state = "ended" if recording.ended_at is not None else "paused" if recording.is_paused else "running"
    return {"id": recording.id, "state": state}


def _command(command: ReceivedCommand) -> dict[str, Any]:
    body = {} if command.body is None else {"body": command.body}
    return {
        "action": command.action,
        "at": command.at,
        "command_id": command.command_id,
        "duplicate": command.duplicate,
        "status": command.status,
        "code": command.code,
        **body,
    }


def _webhook(webhook: Webhook) -> dict[str, Any]:
    return {
        "type": webhook.type,
        "id": webhook.id,
        "occurred_at": webhook.occurred_at,
        "attempts": webhook.attempts,
        "repeats": webhook.repeats,
        "sent_at": webhook.sent_at,
        "delivered_at": webhook.delivered_at,
        "status": webhook.status,
    }
