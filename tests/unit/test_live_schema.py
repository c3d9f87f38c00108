"""The schema number of live calls is raised with their fields: an engine that knows fewer would lose the others."""

from __future__ import annotations

import orjson
import pytest

from orchestrator.errors import NewerLiveState
from orchestrator.model.live_call import LIVE_SCHEMA, LiveCall, Outstanding
from orchestrator.store.redis.live_state import read_state, write_state
from tests.support.flows import GREETING, Line

FIELDS_OF_SCHEMA_5 = {
    "adopted", "amd_result", "answer_noted_at", "answered_at", "answers", "call_control_id", "call_id", "call_leg_id",
    "call_session_id", "caller_id", "campaign_id", "closing", "contact", "contact_id", "cost", "dialed_at", "direction",
    "callback", "doubles", "ended_at", "error", "finished", "flow_id", "gone_at", "hangup_assumed", "hangup_cause",
    "hangup_source", "hangups", "heard", "heard_at", "is_erased", "newest_target", "notice_command", "notices",
    "notices_said", "outcome", "outstanding", "paused", "phase", "recordings", "schema_no", "seen", "settled",
    "sip_hangup_cause", "step", "suppressions", "target_legs", "telnyx_error", "to", "transfers", "unwanted",
    "user_state", "visit", "visits",
}  # fmt: skip
OUTSTANDING_OF_SCHEMA_5 = {
    "accepted", "action", "command_id", "joined", "leg", "role", "since", "started", "stopped", "visit",
}  # fmt: skip


def test_a_field_is_added_together_with_a_new_schema_number() -> None:
    assert LIVE_SCHEMA == 5, "say here which fields the new number has"
    assert set(LiveCall.model_fields) == FIELDS_OF_SCHEMA_5, "raise LIVE_SCHEMA"
    assert set(Outstanding.model_fields) == OUTSTANDING_OF_SCHEMA_5, "raise LIVE_SCHEMA"


def test_a_state_without_a_number_is_of_the_first() -> None:
    call = read_state(b'{"call_id": "call_1"}')

    assert (call.call_id, call.schema_no) == ("call_1", LIVE_SCHEMA)


def test_a_state_of_a_newer_version_is_not_read_even_where_it_looks_alike() -> None:
    with pytest.raises(NewerLiveState):
        read_state(LiveCall(call_id="call_1", schema_no=LIVE_SCHEMA + 1).model_dump_json().encode())


@pytest.mark.parametrize("said", ["Ann", 2**70, 1.5, None, ["ä", {"n": -1}], True, "\u2028"])
def test_a_state_is_written_as_every_version_reads_it(said: object) -> None:
    line = Line(GREETING)
    call = line.hear("call.answered").call
    call = call.model_copy(update={"answers": {"said": said}, "cost": {"total": said}, "gone_at": call.answered_at})

    written = write_state(call)

    assert read_state(written) == call
    assert orjson.loads(written).items() <= orjson.loads(call.model_dump_json()).items()


def test_a_state_is_written_without_what_every_version_supposes() -> None:
    written = orjson.loads(write_state(LiveCall(call_id="call_1", outcome="", visit=0)))

    filled = {name: value for name, value in written.items() if value != {}}
    assert filled == {"schema_no": LIVE_SCHEMA, "call_id": "call_1", "phase": "dialing", "outcome": ""}
