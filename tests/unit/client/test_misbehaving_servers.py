"""Whatever a server or the way to it does: an exception says so, nothing is done twice, and the key goes nowhere."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestrator_client import (
    ApiError,
    Client,
    ClientError,
    Conflict,
    Invalid,
    NotFound,
    NotReached,
    PreconditionFailed,
    RateLimited,
    Unavailable,
    UnexpectedAnswer,
    etag,
)
from tests.support.either_client import Either
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply, reset

STOP = {"stopped": False}


def in_turn(*turns: bytes | Callable[[socket.socket], None]) -> Callable[[RawServer], Behaviour]:
    """Answer each request by the next of `turns`: bytes are sent, after the last everything is."""

    def behave(server: RawServer) -> Behaviour:
        left = list(turns)

        def act(connection: socket.socket, _request: Request) -> None:
            turn = left.pop(0) if len(left) > 1 else left[0]
            if isinstance(turn, bytes):
                connection.sendall(turn)
            else:
                turn(connection)

        return act

    return behave


def cut(sent: bytes) -> Callable[[socket.socket], None]:
    """Send that and close."""

    def act(connection: socket.socket) -> None:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_RDWR)

    return act


def dripping(body: bytes, *, every_s: float = 0.01) -> Callable[[RawServer], Behaviour]:
    """Answer each request with one byte of `body` after the other, and do not stop before its end."""

    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, _request: Request) -> None:
            connection.sendall(reply(200, body).removesuffix(body))
            for byte in body:
                server.stopping.wait(every_s)
                connection.sendall(bytes([byte]))

        return act

    return behave


def keys(server: RawServer) -> list[str | None]:
    return [request.headers.get("idempotency-key") for request in server.requests]


def problem(status: int, code: str, **more: Any) -> bytes:
    headers = more.pop("headers", {})
    return reply(status, {"status": status, "code": code, "title": "t", "detail": "what to do", **more}, **headers)


def test_an_answer_that_drips_is_given_up_when_its_time_is_over(either: Either) -> None:
    with raw_server(dripping(b'{"stopped": false' + b" " * 500 + b"}")) as server:
        with pytest.raises(NotReached) as lost:
            either.ask(server.url, lambda client: client.dialing.get(), total_timeout_s=0.3, retry_for_s=0.0)
        assert either.ask(server.url, lambda client: client.dialing.get(), total_timeout_s=600.0) == STOP

    assert lost.value.was_sent and "longer than 0.3 s" in str(lost.value)


def dripping_head(whole: list[Request], *, every_s: float = 0.01) -> Callable[[RawServer], Behaviour]:
    """Answer each request with one byte of the head after the other; `whole` are those whose head was sent."""

    def behave(server: RawServer) -> Behaviour:
        def act(connection: socket.socket, request: Request) -> None:
            body = json.dumps(STOP).encode()
            for byte in reply(200, STOP, **{"X-Long": "x" * 100}).removesuffix(body):
                server.stopping.wait(every_s)
                connection.sendall(bytes([byte]))
            whole.append(request)
            connection.sendall(body)

        return act

    return behave


def test_a_head_that_drips_is_given_up_when_its_time_is_over(either: Either) -> None:
    whole: list[Request] = []
    with raw_server(dripping_head(whole)) as server:
        with pytest.raises(NotReached) as lost:
            either.ask(server.url, lambda client: client.dialing.get(), total_timeout_s=0.3, retry_for_s=0.0)
        assert whole == []
        assert either.ask(server.url, lambda client: client.dialing.get(), total_timeout_s=600.0) == STOP

    assert lost.value.was_sent and "longer than 0.3 s" in str(lost.value)


def test_the_head_of_a_download_has_its_time_and_its_body_all_that_it_needs() -> None:
    with (
        raw_server(dripping_head([])) as server,
        Client(server.url, "key", total_timeout_s=0.3, retry_for_s=0.0) as client,
        pytest.raises(NotReached),
    ):
        client.campaigns.results("cmp_1").read()


def test_a_client_of_ones_own_is_bounded_too() -> None:
    whole: list[Request] = []
    with raw_server(dripping_head(whole)) as server, httpx.Client() as http:
        client = Client(server.url, "key", total_timeout_s=0.3, retry_for_s=0.0, http=http)

        with pytest.raises(NotReached, match=r"longer than 0\.3 s"):
            client.dialing.get()

        assert whole == []


def test_a_download_takes_the_time_that_it_needs() -> None:
    body = b"phone\n" * 10
    with raw_server(dripping(body)) as server, Client(server.url, "key", total_timeout_s=0.1) as client:
        assert client.campaigns.results("cmp_1").read() == body


HALF = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"stopped": '


@pytest.mark.parametrize("broken", [reset, cut(b""), cut(HALF), cut(b"HTTP/1.1 2"), cut(b"nonsense\r\n\r\n")])
def test_a_read_is_asked_again_after_an_answer_that_was_lost(either: Either, broken: Any) -> None:
    with raw_server(in_turn(broken, broken, reply(200, STOP))) as server:
        assert either.ask(server.url, lambda client: client.dialing.get()) == STOP

    assert len(server.requests) == 3
    assert len(either.waits) == 2 and all(0 < wait_s < 3 for wait_s in either.waits)


@pytest.mark.parametrize("broken", [reset, cut(HALF), problem(503, "store_unavailable"), problem(429, "limit")])
def test_a_change_is_repeated_with_the_same_key(either: Either, broken: Any) -> None:
    with raw_server(in_turn(broken, reply(202, {"id": "call_1"}))) as server:
        made = either.ask(server.url, lambda client: client.calls.create(to="+12025550123"))

    first, second = keys(server)
    assert made == {"id": "call_1"}
    assert first == second and first is not None and len(first) >= 32
    assert [json.loads(request.body) for request in server.requests] == [{"to": "+12025550123"}] * 2


def test_two_changes_have_two_keys_and_a_key_may_be_given(either: Either) -> None:
    with raw_server(in_turn(reply(202, {"id": "call_1"}))) as server:
        for more in ({}, {}, {"idempotency_key": "mine"}):
            either.ask(server.url, lambda client, more=more: client.calls.create(to="+1", **more))  # type: ignore[misc]

    first, second, given = keys(server)
    assert first != second and given == "mine"


@pytest.mark.parametrize("broken", [reset, cut(HALF), problem(503, "store_unavailable"), problem(429, "limit")])
@pytest.mark.parametrize("change", ["pause", "delete", "update", "replace"])
def test_a_change_that_takes_no_key_is_sent_once(either: Either, broken: Any, change: str) -> None:
    changes: dict[str, Callable[[Any], Any]] = {
        "pause": lambda client: client.campaigns.pause("cmp_1"),
        "delete": lambda client: client.contacts.delete("con_1"),
        "update": lambda client: client.campaigns.update("cmp_1", name="x"),
        "replace": lambda client: client.lists.replace_content("lst_1", "phone\n"),
    }
    with raw_server(in_turn(broken)) as server, pytest.raises((NotReached, Unavailable, RateLimited)) as raised:
        either.ask(server.url, changes[change])

    assert len(server.requests) == 1 and keys(server) == [None]
    assert getattr(raised.value, "was_sent", True)


def test_the_first_attempt_that_still_runs_is_waited_for(either: Either) -> None:
    running = problem(409, "idempotency_in_progress", headers={"Retry_After": "1"})
    with raw_server(in_turn(reset, running, reply(202, {"id": "call_1"}))) as server:
        assert either.ask(server.url, lambda client: client.calls.create(to="+1")) == {"id": "call_1"}

    assert len(set(keys(server))) == 1
    assert either.waits[1] == 1.0


def test_any_other_conflict_is_final(either: Either) -> None:
    with (
        raw_server(in_turn(problem(409, "campaign_state", allowed=["draft"]))) as server,
        pytest.raises(Conflict) as raised,
    ):
        either.ask(server.url, lambda client: client.calls.create(to="+1"))

    assert len(server.requests) == 1
    assert raised.value.code == "campaign_state" and raised.value.problem["allowed"] == ["draft"]


def test_an_api_that_does_not_answer_is_given_up(either: Either) -> None:
    def hang(connection: socket.socket) -> None:
        connection.recv(1)

    with raw_server(in_turn(hang)) as server, pytest.raises(NotReached) as raised:
        either.ask(server.url, lambda client: client.dialing.get(), timeout_s=1.0, retry_for_s=0)

    assert raised.value.was_sent and len(server.requests) == 1


def test_nobody_listens(either: Either, free_port: int) -> None:
    with pytest.raises(NotReached) as raised:
        either.ask(f"http://127.0.0.1:{free_port}", lambda client: client.calls.create(to="+1"))

    assert not raised.value.was_sent
    assert len(either.waits) == 3


@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        ({"Retry_After": "2"}, 2.0),
        ({"Retry_After": "Wed, 01 Jan 2020 00:00:07 GMT", "Date": "Wed, 01 Jan 2020 00:00:00 GMT"}, 7.0),
        ({"Retry_After": "Wed, 01 Jan 2020 00:00:00 GMT", "Date": "Wed, 01 Jan 2020 00:00:07 GMT"}, 0.0),
        ({"Retry_After": "Wed, 01 Jan 2020 00:00:00 GMT"}, 0.0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_what_the_api_asks_to_wait_is_waited(
    either: Either, status: int, headers: dict[str, str], wait_s: float
) -> None:
    with raw_server(in_turn(problem(status, "busy", headers=headers), reply(200, STOP))) as server:
        assert either.ask(server.url, lambda client: client.dialing.get()) == STOP

    assert either.waits == [wait_s]


@pytest.mark.parametrize("said", ["-5", "nan", "1e3", "²", "Wed, 99 Foo 2020", "", "9" * 400 + "x"])
def test_what_cannot_be_read_is_waited_for_as_if_it_were_not_there(either: Either, said: str) -> None:
    answer = problem(503, "busy").replace(b"\r\n\r\n", f"\r\nRetry-After: {said}\r\n\r\n".encode("latin-1"), 1)
    with raw_server(in_turn(answer, reply(200, STOP))) as server:
        assert either.ask(server.url, lambda client: client.dialing.get()) == STOP

    assert len(either.waits) == 1 and 0 < either.waits[0] < 1


@pytest.mark.parametrize("asked", ["31", "86400", "9" * 300, "Fri, 01 Jan 2100 00:00:00 GMT"])
def test_what_is_too_long_to_wait_is_raised_at_once(either: Either, asked: str) -> None:
    with (
        raw_server(in_turn(problem(429, "busy", headers={"Retry_After": asked}))) as server,
        pytest.raises(RateLimited) as raised,
    ):
        either.ask(server.url, lambda client: client.dialing.get())

    assert raised.value.retry_after_s is not None and raised.value.retry_after_s > 30
    assert len(server.requests) == 1 and either.waits == []


def test_an_api_that_is_never_ready_is_given_up(either: Either) -> None:
    with raw_server(in_turn(problem(503, "busy"))) as server, pytest.raises(Unavailable):
        either.ask(server.url, lambda client: client.dialing.get())

    assert len(server.requests) == 4


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_key_stays_here(either: Either, status: int) -> None:
    with raw_server(in_turn(reply(200, STOP))) as other:
        elsewhere = reply(status, b"", Location=f"{other.url}/v1/dialing")
        for what in (lambda client: client.dialing.get(), lambda client: client.recordings.content("rec_1").read()):
            with (
                raw_server(in_turn(elsewhere)) as server,
                pytest.raises(UnexpectedAnswer, match=f"{other.url}.*not followed"),
            ):
                either.ask(server.url, what)
            assert len(server.requests) == 1

    assert other.requests == []


@pytest.mark.parametrize(
    "body", [b"<html>hello</html>", b"", b"[]", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a": 1'], ids=range(7)
)
def test_an_answer_that_is_not_json_is_no_answer_of_the_api(either: Either, body: bytes) -> None:
    with (
        raw_server(in_turn(reply(200, body, Content_Type="text/html"))) as server,
        pytest.raises(UnexpectedAnswer, match="GET http"),
    ):
        either.ask(server.url, lambda client: client.dialing.get())

    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((status, Invalid) for status in (400, 413, 415, 422)),
        *((status, NotFound) for status in (404, 410)),
        (409, Conflict),
        (412, PreconditionFailed),
        (429, RateLimited),
        *((status, Unavailable) for status in (502, 503, 504)),
        *((status, ApiError) for status in (401, 403, 405, 418, 500, 599)),
    ],
)
def test_a_refusal_has_the_class_of_its_status(either: Either, status: int, kind: type[ApiError]) -> None:
    wrong = [{"pointer": "/caller_ids/0", "code": "phone", "detail": "expected +1…"}]
    answer = problem(status, "c", errors=wrong, headers={"X_Request_Id": "req_1"})
    with raw_server(in_turn(answer)) as server, pytest.raises(ApiError) as raised:
        either.ask(server.url, lambda client: client.campaigns.pause("cmp_1"))

    error = raised.value
    assert type(error) is kind
    assert (error.status, error.code, error.detail, error.request_id) == (status, "c", "what to do", "req_1")
    assert (error.errors, error.field) == (wrong, "/caller_ids/0")
    assert str(error) == f"what to do ({status})\n  /caller_ids/0: expected +1…"
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"", b"[1]", b'{"errors": "x"}', b'{"errors": [1, null], "code": 5, "detail": null}'],
    ids=range(5),
)
def test_a_refusal_by_something_else_is_still_a_refusal(either: Either, body: bytes) -> None:
    with raw_server(in_turn(reply(502, body))) as server, pytest.raises(Unavailable) as raised:
        either.ask(server.url, lambda client: client.dialing.get())

    assert (raised.value.status, raised.value.errors, raised.value.field) == (502, [], None)


@pytest.mark.parametrize(
    "sent",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nphone\n+1202",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nphone\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nphone",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nphone\r\nzz\r\n",
    ],
)
def test_a_download_that_ends_early_never_looks_whole(either: Either, sent: bytes, tmp_path: Path) -> None:
    with raw_server(in_turn(cut(sent))) as server:
        with pytest.raises(NotReached):
            either.ask(server.url, lambda client: client.campaigns.results("cmp_1").save(tmp_path / "results.csv"))
        with pytest.raises(NotReached):
            either.ask(server.url, lambda client: client.campaigns.results("cmp_1").read())

    assert list(tmp_path.iterdir()) == []


def test_a_download_of_which_nobody_knows_the_end_is_refused(either: Either, tmp_path: Path) -> None:
    with (
        raw_server(in_turn(cut(b"HTTP/1.1 200 OK\r\n\r\nphone\n"))) as server,
        pytest.raises(UnexpectedAnswer, match="cut short"),
    ):
        either.ask(server.url, lambda client: client.campaigns.results("cmp_1").save(tmp_path / "results.csv"))

    assert list(tmp_path.iterdir()) == []


def test_a_download_that_fails_leaves_the_file_that_was_there(either: Either, tmp_path: Path) -> None:
    file = tmp_path / "results.csv"
    file.write_text("yesterday")
    with raw_server(in_turn(cut(HALF), reply(200, b"today"))) as server:
        with pytest.raises(NotReached):
            either.ask(server.url, lambda client: client.campaigns.results("cmp_1").save(file))
        assert file.read_text() == "yesterday"
        either.ask(server.url, lambda client: client.campaigns.results("cmp_1").save(str(file)))

    assert file.read_text() == "today"


def test_a_page_that_leads_to_itself_is_no_endless_list(either: Either) -> None:
    page = reply(200, {"data": [{"id": "call_1"}], "next_cursor": "again"})
    with raw_server(in_turn(page)) as server, pytest.raises(UnexpectedAnswer, match="itself"):
        either.ask(server.url, lambda client: client.calls.list())

    assert len(server.requests) == 2


def test_pages_are_read_to_the_end_with_the_same_filters(either: Either) -> None:
    pages = [reply(200, {"data": [{"id": n}], "next_cursor": f"c{n}" if n < 3 else None}) for n in (1, 2, 3)]
    with raw_server(in_turn(*pages)) as server:
        found = either.ask(server.url, lambda client: client.calls.list(status="ended", limit=1))

    assert [item["id"] for item in found] == [1, 2, 3]
    asked = [request.line.split()[1].partition("?")[2] for request in server.requests]
    assert asked == ["status=ended&limit=1", "status=ended&limit=1&cursor=c1", "status=ended&limit=1&cursor=c2"]


def test_events_are_read_until_there_are_no_more(either: Either) -> None:
    pages = [reply(200, {"data": [{"id": n}], "next_after": f"evt_{n}", "has_more": n < 2}) for n in (1, 2)]
    with raw_server(in_turn(*pages)) as server:
        found = either.ask(server.url, lambda client: client.events.list(after="evt_0"))

    assert [item["id"] for item in found] == [1, 2]
    assert [request.line.split()[1] for request in server.requests] == [
        "/v2/v1/events?after=evt_0",
        "/v2/v1/events?after=evt_1",
    ]


@pytest.mark.parametrize("skipped", [0, 6])
def test_a_file_is_rewound_to_where_it_stood_before_it_is_sent_again(
    either: Either, tmp_path: Path, skipped: int
) -> None:
    flow = tmp_path / "flow.yaml"
    flow.write_bytes(b"# no\n\nname: x\n" + b"#" * 200_000)
    with raw_server(in_turn(reset, cut(HALF), reply(201, {"id": "flow_1"}))) as server, flow.open("rb") as file:
        file.seek(skipped)
        either.ask(server.url, lambda client: client.flows.create(file))

    assert [request.body for request in server.requests] == [flow.read_bytes()[skipped:]] * 3
    assert len(set(keys(server))) == 1


def test_a_file_that_cannot_be_rewound_is_sent_once(either: Either) -> None:
    class Pipe:
        left = [b"name: ", b"x\n"]  # noqa: RUF012 one test, one pipe

        def seekable(self) -> bool:
            return False

        def read(self, _size: int) -> bytes:
            return self.left.pop(0) if self.left else b""

    def refuse(server: RawServer) -> Behaviour:
        return lambda connection, _request: reset(connection)

    with raw_server(refuse) as server, pytest.raises(NotReached):
        either.ask(server.url, lambda client: client.flows.create(Pipe()))

    assert server.connections == 1


@pytest.mark.parametrize("source", [b"phone\n+1", "phone\n+1", "path"])
def test_bytes_a_text_and_a_path_are_sent_as_they_are(either: Either, source: Any, tmp_path: Path) -> None:
    if source == "path":
        source = tmp_path / "contacts.csv"
        source.write_bytes(b"phone\n+1")
    with raw_server(in_turn(reply(201, {"id": "imp_1"}))) as server:
        either.ask(server.url, lambda client: client.campaigns.import_contacts("cmp_1", source, region="US"))

    (request,) = server.requests
    assert request.body == b"phone\n+1"
    assert request.headers["content-type"] == "text/csv"
    assert request.line == "POST /v2/v1/campaigns/cmp_1/imports?region=US HTTP/1.1"


@pytest.mark.parametrize("ident", ["", ".", ".."])
def test_what_is_no_id_is_not_sent(either: Either, ident: str) -> None:
    with raw_server(in_turn(reply(200, {}))) as server, pytest.raises(ValueError, match="is no id"):
        either.ask(server.url, lambda client: client.campaigns.get(ident))

    assert server.requests == []


def test_an_id_names_no_other_address(either: Either) -> None:
    with raw_server(in_turn(reply(200, {}))) as server:
        either.ask(server.url, lambda client: client.campaigns.get("../keys?x=1#é/%2e"))

    assert server.requests[0].line == "GET /v2/v1/campaigns/..%2Fkeys%3Fx%3D1%23%C3%A9%2F%252e HTTP/1.1"


def test_the_etag_of_an_answer_is_kept_beside_it(either: Either) -> None:
    with raw_server(in_turn(reply(200, {"id": "cmp_1"}, ETag='"7"'), reply(200, {"id": "cmp_1"}))) as server:
        with_one = either.ask(server.url, lambda client: client.campaigns.get("cmp_1"))
        without = either.ask(server.url, lambda client: client.campaigns.get("cmp_1"))

    assert with_one == without == {"id": "cmp_1"}
    assert (etag(with_one), etag(without), etag({})) == ('"7"', None, None)


def test_an_etag_that_a_proxy_has_made_weak_is_still_that_of_the_version(either: Either) -> None:
    with raw_server(in_turn(reply(200, {"id": "cmp_1"}, ETag='W/"7"'))) as server:
        assert etag(either.ask(server.url, lambda client: client.campaigns.get("cmp_1"))) == '"7"'


def test_no_error_and_no_object_shows_the_key(either: Either) -> None:
    shown: list[str] = []

    def show(client: Any) -> Any:
        shown.append(repr(vars(client)) + repr(vars(client.dialing)))
        return client.dialing.get()

    for turn in (problem(401, "unauthorized"), reply(200, b"<html>"), reply(302, b"", Location="http://else/"), reset):
        with raw_server(in_turn(turn)) as server, pytest.raises(ClientError) as raised:
            either.ask(server.url, show, key="s3cret")
        shown += [str(raised.value), repr(raised.value), repr(vars(raised.value))]
        assert server.requests[0].headers["authorization"] == "Bearer s3cret"

    assert "s3cret" not in "".join(shown)
