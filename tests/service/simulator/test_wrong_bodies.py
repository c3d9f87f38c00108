"""The simulator refuses every body that is invalid by the carrier's document, with a pointer to the field."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import pytest
from pydantic import ValidationError

from orchestrator.telnyx.commands import COMMANDS
from tests.support.simulator import simulator
from tests.unit.telnyx.carrier_bodies import SMALLEST
from tests.unit.telnyx.carrier_conditions import CONDITIONS
from tests.unit.telnyx.command_bodies import WrongBody, wrong_bodies
from tests.unit.telnyx.text_forms import Why

# The pointer is to the missing field, while our model names the field that needs it.
_POINTED_AT = {"bridge_intent": "link_to", "bridge_on_answer": "link_to"}
# Single parameters have specific codes of the carrier, 90000 and up.
_CODES = {Why.MISSING: {"10004"}, Why.ENUM: {"10032"}, Why.LIMIT: {"10033", "10003"}}


@dataclass(frozen=True)
class Line:
    """One connection to a simulator of its own, with a call to act on."""

    connection: http.client.HTTPConnection
    leg: str = ""

    def send(self, action: str, body: Any) -> tuple[int, list[dict[str, Any]]]:
        """Send a command unchanged and return the status and the errors."""
        model = COMMANDS[action]
        path = "/v2" + model.path.format(call_control_id=self.leg)
        headers = {"Authorization": "Bearer KEYtest", "Content-Type": "application/json"}
        self.connection.request(model.method, path, json.dumps(body).encode(), headers)
        answer = self.connection.getresponse()
        response = json.loads(answer.read())
        return answer.status, response.get("errors", [])


@pytest.fixture(scope="module")
def line() -> Iterator[Line]:
    with simulator(webhook_url="http://127.0.0.1:9/nobody", api_key="KEYtest") as running:
        connection = http.client.HTTPConnection(urlsplit(running.url).netloc, timeout=10)
        yield Line(connection, leg=running.call_in(caller="+13125550142", to="+13125550187"))
        connection.close()


def _fields_named_by_model(action: str, body: dict[str, Any]) -> set[str]:
    try:
        COMMANDS[action].model_validate(body)
    except ValidationError as err:
        return {str(error["loc"][0]) for error in err.errors()}
    return set()


def _pointers(status: int, errors: list[dict[str, Any]]) -> set[str]:
    assert status == 422
    return {error["source"]["pointer"] for error in errors}


def _says(line: Line, action: str, wrong: WrongBody) -> str | None:
    """Return what is unexpected in the response to an invalid body; None when nothing is."""
    status, errors = line.send(action, wrong.body)
    pointers = {error.get("source", {}).get("pointer") for error in errors}
    if status != 422 or not pointers or not all(_leads_to(pointer, wrong.pointer) for pointer in pointers):
        return f"{wrong.body}: {status}, {pointers} instead of {wrong.pointer}"
    codes, wanted = {error["code"] for error in errors if error["code"] < "90000"}, _CODES.get(wrong.why)
    return f"{wrong.body}: {codes} instead of {wanted}" if wanted and not codes <= wanted else None


def _leads_to(pointer: str | None, mistake: str) -> bool:
    return pointer is not None and f"{pointer}/".startswith(f"{mistake}/")


@pytest.mark.parametrize("action", COMMANDS)
def test_every_invalid_field_is_refused_by_both_with_its_pointer(line: Line, action: str) -> None:
    cases = list(wrong_bodies(action))

    taken = [wrong.body for wrong in cases if _fields_named_by_model(action, wrong.body) != {wrong.field}]
    amiss = [said for wrong in cases if (said := _says(line, action, wrong)) is not None]

    assert (taken, amiss) == ([], [])


@pytest.mark.parametrize(("action", "body", "fields"), CONDITIONS)
def test_conflicting_fields_are_refused_by_both(
    line: Line, action: str, body: dict[str, Any], fields: set[str]
) -> None:
    assert _fields_named_by_model(action, body) == fields

    pointers = _pointers(*line.send(action, body))

    assert {pointer.split("/")[1] for pointer in pointers} == {_POINTED_AT.get(name, name) for name in fields}


@pytest.mark.parametrize("action", COMMANDS)
def test_a_body_that_is_no_object_is_refused(line: Line, action: str) -> None:
    status, errors = line.send(action, [SMALLEST[action]])

    assert (status, [error["code"] for error in errors]) == (400, ["10028"])
