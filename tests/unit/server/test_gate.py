"""What is decided by the head alone: who may send a body, how large, and which threads answer."""

from __future__ import annotations

import pytest

from api.app import ROUTES
from api.http.responses import Refusal
from api.resources import webhooks
from api.server.admission import Gate, Plan
from api.server.request_head import Head
from api.server.thread_pools import ThreadPool
from api.service import look_for_key
from tests.support.served import signed

KEY = b"key"
GATE = Gate(ROUTES, senders=[look_for_key(KEY), webhooks.look_for_signature])
EVENT = b"{}"


def _look(method: str, path: str, **headers: str) -> Plan | Refusal:
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return GATE.look(Head(method, path.encode(), b"", "1.1", sent, keeps_alive=True))


@pytest.mark.parametrize("sent", ["", "Bearer nix", "Basic key", "Bearer key2", "Bearer"])
@pytest.mark.parametrize("path", ["/v1/flows", "/v1/nothing", "/%761/flows"])
def test_without_the_key_no_body_is_read(path: str, sent: str) -> None:
    looked = _look("POST", path, authorization=sent, content_length="10")

    assert isinstance(looked, Refusal) and looked.status == 401


@pytest.mark.parametrize("age_s", [301, -301])
def test_with_a_signature_of_another_time_no_body_is_read(age_s: int) -> None:
    headers = {name.replace("-", "_"): value for name, value in signed(EVENT, age_s=age_s).items()}

    looked = _look("POST", "/webhooks/telnyx", content_length="10", **headers)

    assert isinstance(looked, Refusal) and looked.status == 403


@pytest.mark.parametrize("left_out", ["telnyx_timestamp", "telnyx_signature_ed25519"])
def test_without_the_headers_of_a_signature_no_body_is_read(left_out: str) -> None:
    headers = {name.replace("-", "_"): value for name, value in signed(EVENT).items()}
    headers[left_out] = "x"

    looked = _look("POST", "/webhooks/telnyx", content_length="10", **headers)

    assert isinstance(looked, Refusal) and looked.status == 403


def test_each_media_type_of_an_address_has_its_own_bound() -> None:
    as_json = _look("POST", "/v1/suppressions", authorization="Bearer key", content_type="application/json")
    as_file = _look("POST", "/v1/suppressions", authorization="Bearer key", content_type="text/csv; charset=utf-8")

    assert isinstance(as_json, Plan) and isinstance(as_file, Plan)
    assert as_json.pool is ThreadPool.USUAL and as_file.pool is ThreadPool.UPLOADS
    assert as_json.max_bytes < as_file.max_bytes


@pytest.mark.parametrize(
    ("path", "lane"), [("/healthz", ThreadPool.ALIVE), ("/readyz", ThreadPool.VITAL), ("/metrics", ThreadPool.VITAL)]
)
def test_what_an_operator_asks_has_threads_of_its_own(path: str, lane: ThreadPool) -> None:
    assert _look("GET", path) == _look("HEAD", path) == Plan(lane, route=path)
