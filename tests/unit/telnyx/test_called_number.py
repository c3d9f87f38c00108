"""The number at which a command lets somebody else's phone ring."""

from __future__ import annotations

import pytest

from orchestrator.telnyx.commands.called_number import number_called_by


@pytest.mark.parametrize(
    ("action", "body", "number"),
    [
        ("transfer", {"to": "+13125550151"}, "+13125550151"),
        ("transfer", {"to": "+13125550151,ww123#"}, "+13125550151"),
        ("transfer", {"to": "SIP:+13125550151@pbx.example.test;user=phone"}, "+13125550151"),
        ("transfer", {"to": "sips:+13125550151"}, "+13125550151"),
        ("transfer", {"to": "sip:ann@example.test"}, None),
        ("refer", {"sip_address": "sip:+13125550151@example.test"}, "+13125550151"),
        ("refer", {"sip_address": "sip:ann@example.test"}, None),
        ("speak", {"payload": "+13125550151"}, None),
        ("bridge", {"call_control_id": "v3:x"}, None),
    ],
)
def test_the_number_that_a_command_calls_is_read_from_its_field(
    action: str, body: dict[str, str], number: str | None
) -> None:
    assert number_called_by(action, body) == number
