"""What the command line says when the API has refused something."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.cli.api_errors import ApiError


def refusal(*errors: dict[str, Any]) -> str:
    return str(ApiError(422, {"detail": "2 problems; see errors.", "errors": list(errors)}))


@pytest.mark.parametrize(
    ("error", "line"),
    [
        ({"pointer": "", "detail": "the file is empty"}, "  the file is empty"),
        ({"pointer": "?map", "detail": "no pair"}, "  ?map: no pair"),
        ({"line": 4, "step": "say", "pointer": "/steps/say", "detail": "no such"}, "  line 4, step say: no such"),
        ({"line": 4, "pointer": "/start", "detail": "no such"}, "  line 4: no such"),
    ],
)
def test_an_error_of_the_whole_has_no_empty_place_before_it(error: dict[str, Any], line: str) -> None:
    assert refusal(error).splitlines()[1:] == [line]


def test_a_refusal_begins_with_what_the_api_said_and_its_status() -> None:
    assert refusal().splitlines() == ["2 problems (422)"]


def test_the_only_problem_is_the_whole_message() -> None:
    only = {"detail": "1 problem; see errors.", "errors": [{"pointer": "/phone", "detail": "no number"}]}

    assert str(ApiError(422, only)) == "/phone: no number (422)"
