"""`orchestrator webhook` and `orchestrator listen` over a real API."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator

import pytest
from typer.testing import CliRunner

from orchestrator.cli.app import app
from orchestrator.operations.notify.webhook_signature import signed_headers
from orchestrator.services import Services
from tests.support.api_over_http import options_for
from tests.support.poll import eventually
from tests.support.raw_server import raw_server
from tests.support.rest import Rest
from tests.support.told import SECRET, Teller, answers, heard

Run = Callable[..., str]


@pytest.fixture
def teller(services: Services) -> Teller:
    return Teller(services.sql)


@pytest.fixture
def run(rest: Rest) -> Iterator[Run]:
    with options_for(rest) as options:

        def run(*words: str, fails: bool = False) -> str:
            group, rest_of = (words[:1], words[1:]) if words[0] == "webhook" else ((), words)
            command = [*group, *options, *rest_of] if group else [*rest_of, *options]
            done = CliRunner().invoke(app, command)
            assert (done.exit_code != 0) == fails, done.output
            return str(done.stdout)

        yield run


def test_an_endpoint_is_created_shown_and_deleted(run: Run) -> None:
    made = run("webhook", "create", "https://crm.example/hook", "--event", "call.ended").splitlines()
    endpoint = made[0].split()[0]

    assert made[0] == f"{endpoint} https://crm.example/hook (call.ended): enabled"
    assert made[1].startswith("secret, shown this once: whsec_")
    assert run("webhook", "list").splitlines() == [made[0]]
    assert json.loads(run("webhook", "show", endpoint, "--json"))["id"] == endpoint
    assert run("webhook", "rotate", endpoint).startswith("secret, shown this once: whsec_")
    assert "disabled since" in run("webhook", "disable", endpoint) and "by_request" in run("webhook", "list")
    assert run("webhook", "enable", endpoint).splitlines() == [made[0]]
    changed = ("--url", "https://crm.example/new", "--event", "guard.tripped")
    assert f"{changed[1]} (guard.tripped): enabled" in run("webhook", "edit", endpoint, *changed)
    run("webhook", "edit", endpoint, fails=True)
    assert run("webhook", "delete", endpoint) == f"{endpoint} is deleted\n"
    assert run("webhook", "list") == ""


def test_a_test_says_what_the_endpoint_said_and_what_failed_is_delivered_again(run: Run, teller: Teller) -> None:
    with raw_server(answers(500, 200)) as server:
        endpoint = teller.endpoint(server.url)
        deliverer, stop = teller.deliverer(server.url), threading.Event()
        delivering = threading.Thread(target=lambda: [deliverer.deliver_events() for _ in iter(stop.is_set, True)])
        delivering.start()
        try:
            refused = run("webhook", "test", endpoint, fails=True)
            event = refused.split()[0]
            assert "pending 1 tries answered 500 (status: answered 500)" in refused
            assert event in run("webhook", "deliveries", endpoint, "--status", "pending")
            run("webhook", "redeliver", endpoint, event)
            eventually(lambda: "delivered" in run("webhook", "deliveries", endpoint))
            assert "delivered 1 tries answered 200" in run("webhook", "test", endpoint)
        finally:
            stop.set()
            delivering.join(20)


def test_listen_prints_what_comes_next_and_forwards_it_signed(run: Run, teller: Teller) -> None:
    teller.tell("call.ended call_0")
    stop = threading.Event()

    def tell() -> None:
        for number in range(1, 400):
            if stop.wait(0.05):  # it may still be asking where to begin
                return
            teller.tell(f"call.ended call_{number}")

    with raw_server(answers(200)) as server:
        telling = threading.Thread(target=tell)
        telling.start()
        try:
            words = ("--forward", server.url, "--secret", SECRET, "--most", "2", "--every", "0.1")
            lines = run("listen", *words).splitlines()
        finally:
            stop.set()
            telling.join(10)

    assert len(lines) == 2 and "call_0" not in lines[0]
    assert all(" call.ended call_" in line and line.endswith("a=1 → 200") for line in lines)
    request = server.requests[0]
    at = int(request.headers["webhook-timestamp"])
    expected = signed_headers(request.headers["webhook-id"], request.body, at=at, keys=[SECRET])
    assert request.headers["webhook-signature"] == expected["webhook-signature"]
    assert len(heard(server)) == 2


def test_listen_begins_where_it_is_told(run: Run, teller: Teller) -> None:
    teller.tell("call.answered call_1", "call.ended call_1", "contact.finished con_1")
    first = json.loads(run("listen", "--after", "evt_00000000000000000000000000", "--most", "1", "--json"))

    second = run("listen", "--after", first["id"], "--type", "contact.finished", "--most", "1")

    assert first["subject"] == "call_1"
    assert " contact.finished con_1" in second


@pytest.mark.parametrize("secret", ["hush", "whsec_short", "whsec_no base64 at all, but long enough"])
def test_listen_refuses_a_secret_that_signs_nothing_before_anything_comes(run: Run, secret: str) -> None:
    run("listen", "--forward", "http://127.0.0.1:9", "--secret", secret, "--most", "1", fails=True)
