"""A client of the REST API under test, and what nearly every test of it needs first."""

from __future__ import annotations

from itertools import count
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from tests.support.contract import check_answer

KEY = "key-of-the-tests"
CONNECTION = "conn-1"
CALLER_ID = "+12125550100"
AT_ANY_HOUR = {
    "calling_hours": {"always": True, "because": "a test"},
    "law": {"mode": "off", "because": "a test at any hour"},
}

FLOW = """
name: {name}
inputs: {{first_name: {{}}, language: {{default: en-US}}}}
answers: {{confirmed: false, _private: null}}
outcomes: [confirmed, heard, hung_up]
outcome: hung_up
start: greet
steps:
  greet:
    speak: {{payload: "Hello {{{{ contact.first_name }}}}", voice: female}}
    outcome: heard
    on: {{call.speak.ended: bye}}
  bye: {{hangup: {{}}}}
"""

_numbers = count(1)
_AREAS = (212, 213, 214, 215, 216, 217, 218, 224, 225, 228, 229, 231, 234, 239, 240, 248, 251, 252, 253, 254)  # US


class Rest:
    """Speaks to the application in this process; every request carries the key unless told otherwise.

    Every answer is held against the OpenAPI document.
    """

    def __init__(self, app: Flask) -> None:
        self.app = app
        self._client = app.test_client()

    def request(self, method: str, path: str, *, headers: dict[str, str] | None = None, **more: Any) -> TestResponse:
        sent = {"Authorization": f"Bearer {KEY}", **(headers or {})}
        answer = self._client.open(path, method=method, headers={k: v for k, v in sent.items() if v}, **more)
        check_answer(self.app, method, path, answer)
        return answer

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.request("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.request("POST", path, **({"json": json} if json is not None else {}), **more)

    def patch(self, path: str, json: Any) -> TestResponse:
        return self.request("PATCH", path, json=json)

    def delete(self, path: str) -> TestResponse:
        return self.request("DELETE", path)

    def flow(self, name: str | None = None, text: str = FLOW) -> dict[str, Any]:
        """Store a flow that needs a first name, and return the answer."""
        body = text.format(name=name or f"flow-{next(_numbers)}")
        stored = self.request("POST", "/v1/flows", data=body, content_type="application/yaml")
        assert stored.status_code in (200, 201), stored.text
        return dict(stored.json or {})

    def campaign(self, **changes: Any) -> dict[str, Any]:
        """Create a campaign that may call at any hour, and return the answer."""
        document = {"name": "test", "caller_ids": [CALLER_ID], **AT_ANY_HOUR, **changes}
        if document.get("purpose") == "sales":
            document.setdefault("voice", "agent")  # a machine's voice would have to say more than the usual flow does
        document.setdefault("flow", self.flow()["id"] if "flow" not in changes else None)
        created = self.post("/v1/campaigns", document)
        assert created.status_code == 201, created.text
        return dict(created.json or {})

    def contacts(self, campaign_id: str, *phones: str, **fields: Any) -> list[str]:
        """Add contacts and return their ids."""
        documents = [{"phone": phone, "variables": {"first_name": "Ann"}, **fields} for phone in phones]
        added = self.post(f"/v1/campaigns/{campaign_id}/contacts", {"contacts": documents})
        assert added.status_code == 200, added.text
        return [result["id"] for result in (added.json or {})["results"]]

    def upload(self, campaign_id: str, text: str | bytes, query: str = "") -> TestResponse:
        """Import a CSV file."""
        path = f"/v1/campaigns/{campaign_id}/imports{query}"
        return self.request("POST", path, data=text, content_type="text/csv")


def fresh_number() -> str:
    """Return a number of the US that no other test uses: the tests name numbers of 555-01xx themselves."""
    n = next(_numbers)
    return f"+1{_AREAS[n // 800 % len(_AREAS)]}5550{200 + n % 800}"


def pointers(response: TestResponse) -> dict[str, str]:
    """Return the codes of a 422 by their pointers."""
    assert response.status_code == 422, response.text
    return {error["pointer"]: error["code"] for error in (response.json or {})["errors"]}
