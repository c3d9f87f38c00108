"""The mark on a leg: what we wrote comes back, whatever else stands there is not ours."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from orchestrator.telnyx.client_state import ClientState
from orchestrator.telnyx.commands import Hangup


def _encode(value: object) -> str:
    return base64.b64encode(json.dumps(value).encode()).decode()


@given(
    call=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True),
    role=st.sampled_from(["A", "B", "Z"]),
    user=st.none() | st.text(),
)
def test_r6_what_was_written_is_read_back(call: str, role: str, user: str | None) -> None:
    state = ClientState.model_validate({"call": call, "role": role, "user": user})

    assert ClientState.decode(state.encode()) == state


def test_the_written_form_is_one_a_command_carries() -> None:
    state = ClientState(call="call_01J", role="A", user="Zażółć")

    assert Hangup(client_state=state.encode()).body() == {"client_state": state.encode()}


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "not base64!",
        "YQ=",
        "aGF2ZSBhIG5pY2UgZGF5ID1d",
        base64.b64encode(b"\xff\xfe").decode(),
        base64.b64encode(b"{").decode(),
        "żółć",
        _encode(None),
        _encode("call_1"),
        _encode(["call_1", "A"]),
        _encode({}),
        _encode({"call": "call_1"}),
        _encode({"call": "", "role": "A"}),
        _encode({"call": 7, "role": "A"}),
        _encode({"call": "call_1\0", "role": "A"}),
        _encode({"call": "call_1\n", "role": "A"}),
        _encode({"call": "call_" + "x" * 60, "role": "A"}),
        _encode({"call": "call_1", "role": "AB"}),
        _encode({"call": "call_1", "role": "A", "user": 7}),
        _encode({"call": "call_1", "role": "A", "tenant": "somebody else"}),
    ],
)
def test_r6_anything_else_is_not_ours(text: str | None) -> None:
    assert ClientState.decode(text) is None


def test_a_state_without_a_call_cannot_be_made() -> None:
    with pytest.raises(ValidationError, match="call"):
        ClientState(call="", role="A")
