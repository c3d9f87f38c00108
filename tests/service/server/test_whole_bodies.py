"""A body counts only when its end was really seen: every route that takes one, every way to break it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import signature

import pytest
import redis
from sqlalchemy import Engine

from api.app import ROUTES, create_app
from api.http.routes import Route
from api.pages import site
from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.services import Services
from orchestrator.settings import Settings
from orchestrator.store.redis.keys import Keys
from tests.support.rest import CALLER_ID, KEY
from tests.support.served import AUTHORIZED, Served, chunk, head, read_all, read_answer, reset, row_counts, signed

TAKING = [route for route in ROUTES if route.body is not None]
FLOW = b"name: f\nstart: bye\nsteps: {bye: {hangup: {}}}\n"
CSV = b"phone\n+49309018201"
_ANSWER = b"\r\nDate: "
EVENT = b'{"data": {"id": "e-1", "event_type": "call.initiated", "payload": {}}}'
JSON = {
    "/v1/suppressions": b'{"phone": "+493090182010"}',
    "/v1/campaigns": b'{"name": "x", "flow": "whole", "caller_ids": ["%s"]}' % CALLER_ID.encode(),
    "/v1/campaigns/{campaign_id}/contacts": b'{"contacts": [{"phone": "+493090182010"}]}',
    "/v1/calls": b'{"to": "+493090182010", "flow": "whole"}',
    "/webhooks/telnyx": EVENT,
}


@dataclass(frozen=True)
class Case:
    """A request to one route, with a body that would be taken."""

    route: Route
    media: str

    def __str__(self) -> str:
        return f"{self.route.method} {self.route.path} {self.media}"

    @property
    def body(self) -> bytes:
        if self.media == "text/csv":
            return CSV
        return FLOW if "yaml" in self.media else JSON.get(self.route.path, b"{}")

    @property
    def most(self) -> int:
        assert self.route.body
        return self.route.body.max_bytes

    def head(self, campaign: str, **framing: object) -> bytes:
        path = re.sub(r"\{(\w+)\}", lambda m: campaign if m[1] == "campaign_id" else "x_1", self.route.path)
        headers = {**AUTHORIZED, **signed(self.body), "Content-Type": self.media, "Idempotency-Key": "k"}
        return head(self.route.method, path, {**headers, **{k.replace("_", "-"): v for k, v in framing.items()}})


CASES = [Case(route, media) for route in TAKING if route.body for media in route.body.media]
every_route = pytest.mark.parametrize("case", CASES, ids=str)


@pytest.fixture(scope="module")
def campaign(api: Served) -> str:
    assert api.post("/v1/flows", "application/yaml", FLOW.replace(b"name: f", b"name: whole")).status_code == 201
    created = api.post("/v1/campaigns", "application/json", JSON["/v1/campaigns"])
    return str(created.json()["id"])


@pytest.fixture
def untouched(front_sql: Engine, valkey_server: RunningServer, campaign: str) -> Callable[[], bool]:
    """Return whether nothing was written since the test began."""

    def state() -> tuple[dict[str, int], int]:
        with redis.Redis.from_url(valkey_server.url) as client:
            return row_counts(front_sql), int(client.xlen(Keys().events))

    before = state()
    return lambda: state() == before


def test_every_route_that_takes_a_body_is_among_them() -> None:
    rules = create_app(Services(settings=Settings(api_key=KEY))).url_map.iter_rules()  # type: ignore[arg-type]

    pages = {"/static/{name}", *(page.path for page in site.routes_for_server())}
    served = {path for rule in rules if (path := re.sub(r"<(\w+)>", r"{\1}", rule.rule)) not in pages}
    reading = {(route.method, route.path) for route in ROUTES if "body" in signature(route.view).parameters}

    assert served == {route.path for route in ROUTES}
    assert reading == {(route.method, route.path) for route in TAKING}
    assert len(CASES) > 15


@every_route
def test_a_body_that_ends_in_mid_chunk_is_refused(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool]
) -> None:
    cut = b"%x\r\n%b" % (len(case.body) + 1, case.body)

    with api.connect(case.head(campaign, Transfer_Encoding="chunked") + cut) as peer:
        peer.shutdown(1)
        status, _, answer = read_answer(peer)

    assert status == 400 and b"body_incomplete" in answer
    assert untouched()


@every_route
def test_a_body_that_ends_between_two_chunks_is_refused(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool]
) -> None:
    with api.connect(case.head(campaign, Transfer_Encoding="chunked") + chunk(case.body)) as peer:
        peer.shutdown(1)
        status, _, answer = read_answer(peer)

    assert status == 400 and b"body_incomplete" in answer
    assert untouched()


@every_route
def test_a_body_that_is_shorter_than_announced_is_refused(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool]
) -> None:
    with api.connect(case.head(campaign, Content_Length=len(case.body) + 1) + case.body) as peer:
        peer.shutdown(1)
        status, _, answer = read_answer(peer)

    assert status == 400 and b"body_incomplete" in answer
    assert untouched()


@every_route
@pytest.mark.parametrize("framing", ["chunked", "length"])
def test_a_body_whose_connection_is_reset_is_forgotten(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool], framing: str
) -> None:
    if framing == "chunked":
        sent = case.head(campaign, Transfer_Encoding="chunked") + chunk(case.body)
    else:
        sent = case.head(campaign, Content_Length=len(case.body) + 1) + case.body

    reset(api.connect(sent))

    assert api.get("/v1/connections/conn-1").ok  # came after it, through the same loop and the same threads
    assert untouched()


@pytest.mark.parametrize("case", [case for case in CASES if case.most < 2**24], ids=str)  # the others: gigabytes
def test_a_body_in_chunks_that_is_too_long_is_refused_whatever_it_begins_with(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool]
) -> None:
    begun = case.head(campaign, Transfer_Encoding="chunked") + chunk(case.body)

    with api.connect(begun) as peer:
        peer.sendall(chunk(b" " * (case.most - len(case.body) + 1)))
        status, _, answer = read_answer(peer)

    assert status == 413 and b"too_large" in answer
    assert untouched()


@every_route
def test_a_body_announced_too_long_is_refused_before_it_comes(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool]
) -> None:
    with api.connect(case.head(campaign, Content_Length=case.most + 1)) as peer:
        status, headers, answer = read_answer(peer)

    assert status == 413 and b"too_large" in answer
    assert headers["connection"] == "close"
    assert untouched()


@every_route
@pytest.mark.parametrize("order", [1, -1])
def test_a_body_of_two_lengths_is_refused(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool], order: int
) -> None:
    both = [("Transfer_Encoding", "chunked"), ("Content_Length", len(case.body))][::order]

    with api.connect(case.head(campaign, **dict(both)) + chunk(case.body) + b"0\r\n\r\n") as peer:
        answers = read_all(peer)

    assert answers.startswith(b"HTTP/1.1 400 ") and answers.count(_ANSWER) == 1
    assert untouched()


@every_route
def test_a_chunk_of_no_size_is_refused(api: Served, case: Case, campaign: str, untouched: Callable[[], bool]) -> None:
    answers = {}

    for size in (b"zz", b"-1", b"0x10", b"", b" 5", b"f" * 17, b"5\n"):
        bad = size + b"\r\n" + case.body + b"\r\n0\r\n\r\n"
        with api.connect(case.head(campaign, Transfer_Encoding="chunked") + bad) as peer:
            answers[size] = read_all(peer)

    assert all(answer.startswith(b"HTTP/1.1 400 ") and answer.count(_ANSWER) == 1 for answer in answers.values())
    assert untouched()


@every_route
@pytest.mark.parametrize("coding", [{"Content_Encoding": "gzip"}, {"Transfer_Encoding": "gzip, chunked"}])
def test_a_body_in_another_coding_is_refused_in_words(
    api: Served, case: Case, campaign: str, untouched: Callable[[], bool], coding: dict[str, str]
) -> None:
    framing = coding if "Transfer_Encoding" in coding else {**coding, "Content_Length": len(case.body)}

    with api.connect(case.head(campaign, **framing)) as peer:
        status, _, answer = read_answer(peer)

    assert (status, b"_encoding" in answer) in ((415, True), (501, True))
    assert untouched()


@every_route
def test_what_stands_behind_the_end_is_neither_body_nor_request(api: Served, case: Case, campaign: str) -> None:
    behind = head("DELETE", "/v1/suppressions?phone=%2B493090182010", AUTHORIZED)

    with api.connect(case.head(campaign, Content_Length=len(case.body)) + case.body + behind) as peer:
        answers = read_all(peer)

    assert answers.count(_ANSWER) == 1 and b"connection: close" in answers.lower()


@every_route
def test_a_client_that_asks_first_is_let_on_where_the_body_may_come(api: Served, case: Case, campaign: str) -> None:
    framing = {"Content_Length": len(case.body), "Expect": "100-continue"}

    with api.connect(case.head(campaign, **framing)) as peer:
        asked = peer.recv(25, 0x100)
        peer.sendall(case.body)
        answer = peer.recv(20)

    assert asked == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert answer.startswith(b"HTTP/1.1 ")


@every_route
def test_a_client_that_asks_first_is_not_let_on_where_it_may_not(api: Served, case: Case, campaign: str) -> None:
    framing = {"Content_Length": len(case.body), "Expect": "100-continue", "Authorization": "", "telnyx-timestamp": 1}

    with api.connect(case.head(campaign, **framing)) as peer:
        status, _, _ = read_answer(peer)

    assert status in (401, 403)


@every_route
def test_the_same_body_in_whole_chunks_gets_through(api: Served, case: Case, campaign: str) -> None:
    whole = chunk(case.body[:3]) + chunk(case.body[3:]) if len(case.body) > 3 else chunk(case.body)

    with api.connect(case.head(campaign, Transfer_Encoding="chunked") + whole + b"0\r\nX: trailer\r\n\r\n") as peer:
        status, _, answer = read_answer(peer)

    assert b"body_incomplete" not in answer and status not in (408, 413, 500, 501)
