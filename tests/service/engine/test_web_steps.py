"""A call's `http` step: asked once, within its time, of nobody inside, and in nobody's way."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from orchestrator.clock import boot_seconds
from orchestrator.operations.calls.send_commands import CommandSender
from orchestrator.operations.calls.send_http_step import (
    MAX_BODY_BYTES,
    HttpStepClient,
    StepResult,
    open_http_step_client,
)
from orchestrator.settings import Settings
from tests.support.raw_server import RawServer, Request, raw_server, reply, reset
from tests.support.world import World

HERE = ("127.0.0.1",)


@contextmanager
def answering(answer: bytes) -> Iterator[RawServer]:
    def behave(_server: RawServer) -> Any:
        return lambda connection, _request: connection.sendall(answer)

    with raw_server(behave) as server:
        yield server


def ask(url: str, *, web: HttpStepClient | None = None, timeout_s: float = 5.0, **asked: Any) -> StepResult | None:
    web = web or HttpStepClient(trusted=HERE)
    request = {"method": "GET", "url": url, "timeout_s": timeout_s, **asked}
    return web.ask(request, command_id="cmd-1", send_before=boot_seconds() + 5)


def failure(told: StepResult | None) -> str:
    assert told is not None
    assert told[0] == "http.failed"
    return str(told[1]["reason"])


def test_what_is_asked_arrives_whole_with_the_commands_id() -> None:
    with answering(reply(201, {"ok": True})) as server:
        told = ask(f"{server.url}/x?y=1", method="POST", json={"a": [1, "é"]})

    [request] = server.requests
    assert told == ("http.succeeded", {"status": 201, "body": {"ok": True}})
    assert request.line == "POST /v2/x?y=1 HTTP/1.1"
    assert request.body == '{"a":[1,"é"]}'.encode()
    assert request.headers["idempotency-key"] == "cmd-1"
    assert request.headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("raw", "kind", "body"),
    [
        (b"plain \xff", "text/plain", "plain \ufffd"),
        (b"{broken", "application/json", "{broken"),
        (b"", "application/json", None),
        (b"[1, 2]", "application/problem+json; charset=utf-8", [1, 2]),
        (b"[" * 500 + b"]" * 500, "application/json", "[" * 500 + "]" * 500),
    ],
)
def test_json_is_read_and_everything_else_is_text(raw: bytes, kind: str, body: Any) -> None:
    with answering(reply(200, raw, Content_Type=kind)) as server:
        assert ask(server.url) == ("http.succeeded", {"status": 200, "body": body})


@pytest.mark.parametrize("status", [400, 404, 500, 503])
def test_every_other_status_is_a_failure_that_tells_it(status: int) -> None:
    with answering(reply(status, {"why": "no"})) as server:
        told = ask(server.url)

    assert told is not None
    assert (told[0], told[1]["status"], told[1]["body"]) == ("http.failed", status, {"why": "no"})


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with answering(reply(status, b"", Location="http://127.0.0.1:1/")) as server:
        assert failure(ask(server.url)) == "redirect"
        assert len(server.requests) == 1


@pytest.mark.parametrize(("size", "reason"), [(MAX_BODY_BYTES, None), (MAX_BODY_BYTES + 1, "too_large")])
def test_a_body_has_at_most_64_kb(size: int, reason: str | None) -> None:
    with answering(reply(200, b"x" * size, Content_Type="text/plain")) as server:
        told = ask(server.url)

    assert told is not None
    assert told[1].get("reason") == reason


@pytest.mark.parametrize(("listed", "reason"), [("", "address_refused"), ("127.0.0.1", None)])
def test_the_carriers_own_host_is_inside_unless_the_operator_lists_it(listed: str, reason: str | None) -> None:
    with answering(reply(200, {})) as carrier:
        settings = Settings(telnyx_base_url=carrier.url, listed_hosts=listed)

        told = ask(carrier.url, web=open_http_step_client(settings))

    assert told is not None
    assert told[1].get("reason") == reason


def test_a_body_without_an_end_is_cut_off() -> None:
    def behave(server: RawServer) -> Any:
        def pour(connection: socket.socket, _request: Request) -> None:
            connection.settimeout(5)
            connection.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while not server.stopping.is_set():
                connection.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")

        return pour

    with raw_server(behave) as server:
        assert failure(ask(server.url)) == "too_large"


def test_an_answer_that_drips_does_not_outlast_the_timeout() -> None:
    def behave(server: RawServer) -> Any:
        def drip(connection: socket.socket, _request: Request) -> None:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not server.stopping.wait(0.05):
                connection.sendall(b"x")

        return drip

    with raw_server(behave) as server:
        began = boot_seconds()
        assert failure(ask(server.url, timeout_s=1.0)) == "timeout"
        assert boot_seconds() - began < 5


def test_a_name_that_is_not_found_in_time_is_a_timeout() -> None:
    found = threading.Event()

    def resolve(_host: str, _port: int) -> list[str]:
        found.wait(20)
        return ["127.0.0.1"]

    told = ask("http://slow.test/", web=HttpStepClient(trusted=HERE, resolve=resolve), timeout_s=1.0)
    found.set()

    assert failure(told) == "timeout"


def test_nobody_there_is_a_failure() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    assert failure(ask(f"http://127.0.0.1:{port}/")) == "unreachable"


def test_a_connection_that_is_cut_is_a_failure() -> None:
    with raw_server(lambda _server: lambda connection, _request: reset(connection)) as server:
        assert failure(ask(server.url)) == "unreachable"
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "http://169.254.169.254/latest", "http://[::1]/", "http://crm.test/"]
)
def test_nobody_in_the_operators_network_is_asked(url: str) -> None:
    resolve = lambda host, _port: ["10.0.0.5"] if host == "crm.test" else [host.strip("[]")]  # noqa: E731

    assert failure(ask(url, web=HttpStepClient(resolve=resolve))) == "address_refused"


def test_a_process_that_froze_does_not_ask_later() -> None:
    with answering(reply(200, {})) as server:
        asked = {"method": "POST", "url": server.url, "timeout_s": 5.0}
        told = HttpStepClient(trusted=HERE).ask(asked, command_id="c", send_before=boot_seconds() - 1)

    assert failure(told) in {"unreachable", "timeout"}
    assert server.requests == []


def test_only_so_many_are_asked_at_once() -> None:
    asked, answer = threading.Event(), threading.Event()

    def behave(_server: RawServer) -> Any:
        def wait(connection: socket.socket, _request: Request) -> None:
            asked.set()
            answer.wait(10)
            connection.sendall(reply(200, {}))

        return wait

    with raw_server(behave) as server:
        web = HttpStepClient(trusted=HERE, at_once=1)
        first: list[StepResult | None] = []
        thread = threading.Thread(target=lambda: first.append(ask(server.url, web=web)))
        thread.start()
        assert asked.wait(5)

        assert ask(server.url, web=web) is None

        answer.set()
        thread.join(5)
        assert first[0] is not None
        assert ask(server.url, web=web) is not None


# -- on a live call ---------------------------------------------------------------------------------------------------

FLOW = """
name: web
answers: {plan: null, reason: null}
start: ask
steps:
  ask:
    http: {url: "URL", timeout: 1s}
    during: {playback_start: {media_name: music}}
    on: {http.succeeded: {set: {plan: "{{ event.body.plan }}"}, goto: tell},
         http.failed: {set: {reason: "{{ event.reason }}"}, goto: tell}}
  tell: {speak: {payload: "{{ answers.plan }}!", voice: female}, on: {call.speak.ended: bye}}
  bye: {hangup: {}}
"""


def asking_call(world: World, url: str, *, web: HttpStepClient | None = None) -> str:
    world.__dict__["sender"] = CommandSender(
        sql=world.sql,
        client=world.redis,
        carrier=world.carrier,
        web=web or HttpStepClient(trusted=HERE),
        keys=world.keys,
    )
    call_id = world.dialed_call(flow=FLOW.replace("URL", url))
    world.hear(call_id, "call.initiated")
    world.hear(call_id, "call.answered")
    world.advance()
    return call_id


def answers(world: World, call_id: str) -> dict[str, Any]:
    live = world.live(call_id)
    assert live is not None
    return live.answers


def sent(carrier: Any) -> list[str]:
    return [asked.path.rsplit("/", 1)[1] for asked in carrier.actions]


def test_a_call_goes_on_by_the_answer(world: World, carrier: Any) -> None:
    with answering(reply(200, {"plan": "gold"})) as server:
        call_id = asking_call(world, server.url)
        world.work(call_id)

    assert answers(world, call_id) == {"plan": "gold", "reason": None}
    assert sent(carrier) == ["playback_start", "playback_stop", "speak"]
    assert len(server.requests) == 1


def test_a_call_goes_on_without_an_answer(world: World, carrier: Any) -> None:
    call_id = asking_call(world, "http://127.0.0.1:9/", web=HttpStepClient())

    world.work(call_id)

    assert answers(world, call_id) == {"plan": None, "reason": "address_refused"}
    assert sent(carrier)[-1] == "speak"


def test_music_that_fails_does_not_keep_the_question_from_being_asked(world: World, carrier: Any) -> None:
    carrier.act = lambda asked: (
        (422, {"errors": [{"code": "10016"}]}) if asked.path.endswith("playback_start") else (200, {"data": {}})
    )
    with answering(reply(200, {"plan": "gold"})) as server:
        call_id = asking_call(world, server.url)
        world.work(call_id)

    assert answers(world, call_id)["plan"] == "gold"


def test_a_performer_that_died_in_between_is_followed_by_one_with_the_same_key(world: World, carrier: Any) -> None:
    class Killed(BaseException):
        pass

    class Dying(HttpStepClient):
        def ask(self, *args: Any, **kwargs: Any) -> StepResult | None:
            super().ask(*args, **kwargs)
            raise Killed

    with answering(reply(200, {"plan": "gold"})) as server:
        call_id = asking_call(world, server.url, web=Dying(trusted=HERE))
        with pytest.raises(Killed):
            world.work(call_id)
        world.redis.delete(world.keys.lease(call_id))  # as it lapses
        world.__dict__["sender"] = CommandSender(
            sql=world.sql, client=world.redis, carrier=world.carrier, web=HttpStepClient(trusted=HERE), keys=world.keys
        )

        world.work(call_id)

    keys = {request.headers["idempotency-key"] for request in server.requests}
    assert (len(server.requests), len(keys)) == (2, 1)
    assert answers(world, call_id)["plan"] == "gold"


def test_a_question_that_waited_too_long_is_a_failure(world: World, carrier: Any) -> None:
    class Full(HttpStepClient):
        def ask(self, *_args: Any, **_kwargs: Any) -> StepResult | None:
            return None

    call_id = asking_call(world, "http://127.0.0.1:9/", web=Full())
    world.work(call_id)
    assert answers(world, call_id)["reason"] is None

    stamps = [name for name in world.redis.hkeys(world.keys.call(call_id)) if name.startswith(b"c:")]
    world.redis.hset(world.keys.call(call_id), mapping=dict.fromkeys(stamps, 1))
    world.work(call_id)

    assert answers(world, call_id)["reason"] == "unknown"


def test_a_hangup_while_a_question_waits_drops_it(world: World, carrier: Any) -> None:
    with answering(reply(200, {"plan": "gold"})) as server:
        call_id = asking_call(world, server.url)
        world.hear(call_id, "call.hangup", hangup_cause="normal_clearing")
        world.work(call_id)

    assert server.requests == []
