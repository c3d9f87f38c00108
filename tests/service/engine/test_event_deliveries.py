"""Events reach their endpoints: signed, in the order of their subject, again until they are accepted."""

from __future__ import annotations

import json
import socket
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from orchestrator.clock import utc_now
from orchestrator.model.told_event import KEPT_DAYS
from orchestrator.operations.notify.endpoint_slots import EndpointSlots
from orchestrator.operations.notify.forget_events import forget_events
from orchestrator.operations.notify.redeliver_event import redeliver_event
from orchestrator.operations.notify.webhook_signature import new_secret, signed_headers
from orchestrator.policy.webhook_retries import RESTS_AFTER
from orchestrator.store.sql.event_order import SHARE_ORDER
from tests.support.lock_points import in_thread
from tests.support.raw_server import Behaviour, RawServer, Request, raw_server, reply
from tests.support.told import SECRET, Teller, answers, heard
from workers.engine.notifiers import DELIVERERS, PER_ENDPOINT


@pytest.fixture
def teller(sql: Engine) -> Teller:
    return Teller(sql)


def test_an_event_arrives_signed_and_is_done(teller: Teller) -> None:
    with raw_server(answers(204)) as server:
        teller.endpoint(f"{server.url}/hook?x=1")
        teller.tell("call.ended call_1")

        assert teller.deliverer(server.url).deliver_events() == 1

    request = server.requests[0]
    body = json.loads(request.body)
    assert request.line == "POST /v2/hook?x=1 HTTP/1.1"
    assert (body["type"], body["subject"], body["data"]) == ("call.ended", "call_1", {"a": 1})
    assert body["id"] == request.headers["webhook-id"]
    expected = signed_headers(body["id"], request.body, at=int(request.headers["webhook-timestamp"]), keys=[SECRET])
    assert request.headers["webhook-signature"] == expected["webhook-signature"]
    assert teller.rows() == [("call_1", "delivered", 1, 204, None)]


def test_both_secrets_sign_for_a_day_after_a_rotation(teller: Teller) -> None:
    until = utc_now() + timedelta(hours=1)
    with raw_server(answers(200)) as server:
        teller.endpoint(server.url, secret=new_secret(), previous_secret=SECRET, previous_until=until)
        teller.tell("call.ended call_1", "call.ended call_2")
        teller.deliverer(server.url).deliver_events()
        teller.execute("UPDATE webhook_endpoints SET previous_until = now() - interval '1 second'")
        teller.tell("call.ended call_3")
        teller.deliverer(server.url).deliver_events()

    signatures = [request.headers["webhook-signature"].split(" ") for request in server.requests]
    assert [len(each) for each in signatures] == [2, 2, 1]


def test_an_endpoint_receives_the_types_it_asked_for_from_then_on(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        teller.tell("call.ended call_0")
        teller.endpoint(server.url, "call.ended")
        teller.tell("call.ended call_1", "contact.finished con_1", "call.ended call_2")
        teller.deliverer(server.url).deliver_events()

    assert heard(server) == ["call.ended call_1", "call.ended call_2"]


def test_events_of_a_subject_wait_for_each_other_and_those_of_others_do_not(teller: Teller) -> None:
    with raw_server(answers(500, 200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.answered call_1", "call.ended call_1")
        deliverer = teller.deliverer(server.url)
        deliverer.deliver_events()
        teller.tell("recording.ready call_1", "call.ended call_2")
        deliverer.deliver_events()
        assert heard(server) == ["call.answered call_1", "call.ended call_2"]

        teller.make_due()
        deliverer.deliver_events()

    assert heard(server)[2:] == ["call.answered call_1", "call.ended call_1", "recording.ready call_1"]
    assert {row.status for row in teller.rows()} == {"delivered"}


def test_an_event_that_comes_while_its_predecessor_ends_is_not_forgotten(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.answered call_1")
        with teller.sql.begin() as ending:  # as a deliverer does, which has been answered
            ending.execute(SHARE_ORDER)
            offering = threading.Thread(target=teller.tell, args=("call.ended call_1",))
            offering.start()
            offering.join(0.2)
            assert offering.is_alive()
        offering.join(10)
        teller.deliverer(server.url).deliver_events()

    assert heard(server) == ["call.answered call_1", "call.ended call_1"]


def test_the_pauses_grow_and_the_last_try_is_after_three_days(teller: Teller) -> None:
    with raw_server(answers(503)) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1")
        deliverer = teller.deliverer(server.url)
        pauses = []
        for _ in range(3):
            deliverer.deliver_events()
            pauses.append(round(teller.rows("extract(epoch FROM due_at - tried_at)::float AS s")[0].s))
            teller.make_due()

    assert pauses == [5, 30, 120]
    assert teller.rows() == [("call_1", "pending", 3, 503, "status: answered 503")]


def test_an_endpoint_that_accepted_nothing_for_three_days_is_disabled_and_says_so(teller: Teller) -> None:
    with raw_server(answers(503)) as server:
        teller.endpoint(server.url, heard_at=utc_now() - timedelta(days=4))
        teller.tell("call.ended call_1", "contact.finished con_1")
        teller.execute("UPDATE webhook_deliveries SET first_tried_at = now() - interval '73 hours'")
        deliverer = teller.deliverer(server.url)
        deliverer.deliver_events()

        assert teller.endpoint_row().disabled_reason == "not_accepting"
        teller.tell("call.ended call_2")
        teller.make_due()
        deliverer.deliver_events()

    assert len(server.requests) == 2
    assert [row.status for row in teller.rows()] == ["failed", "failed"]


def test_one_event_that_is_never_accepted_disables_nobody_and_lets_the_next_go(teller: Teller) -> None:
    with raw_server(answers(500, 200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.answered call_1", "call.ended call_1")
        teller.execute("UPDATE webhook_deliveries SET first_tried_at = now() - interval '73 hours'")
        teller.deliverer(server.url).deliver_events()

    assert [row.status for row in teller.rows()] == ["failed", "delivered"]
    assert teller.endpoint_row().disabled_at is None


def test_an_endpoint_that_is_gone_is_disabled_at_once(teller: Teller) -> None:
    with raw_server(answers(410)) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1", "call.ended call_2")
        deliverer = teller.deliverer(server.url)
        deliverer.deliver_events()
        teller.make_due()
        deliverer.deliver_events()

    assert len(server.requests) == 1
    row = teller.endpoint_row()
    assert (row.disabled_reason, row.disabled_at is not None) == ("gone", True)


def test_a_deliverer_that_dies_before_it_says_so_delivers_again_under_the_same_id(teller: Teller) -> None:
    class Died(BaseException):
        pass

    with raw_server(answers(200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1")
        dying: Any = teller.deliverer(server.url, lease_s=0.0)
        dying._ended = lambda *_: (_ for _ in ()).throw(Died)
        with pytest.raises(Died):
            dying.deliver_events()

        teller.deliverer(server.url).deliver_events()

    first, second = server.requests
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert teller.rows() == [("call_1", "delivered", 1, 200, None)]


def test_what_another_has_leased_is_not_sent_and_a_late_answer_changes_nothing(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.ended call_1")
        slow: Any = teller.deliverer(server.url)
        batch = slow._take()

        assert teller.deliverer(server.url).deliver_events() == 0
        teller.make_due()  # its lease is over
        assert teller.deliverer(server.url).deliver_events() == 1
        slow._deliver(batch)

    assert len(server.requests) == 2
    assert teller.rows() == [("call_1", "delivered", 1, 200, None)]


def test_after_many_failures_in_a_row_an_endpoint_is_tried_one_at_a_time_and_rests(teller: Teller) -> None:
    with raw_server(answers(500, 500, 500, 500, 500, 500, 200)) as server:
        teller.endpoint(server.url)
        teller.tell(*(f"call.ended call_{n}" for n in range(20)))
        deliverer = teller.deliverer(server.url)
        deliverer.deliver_events()
        assert (len(server.requests), teller.endpoint_row().failures) == (5, 5)

        teller.execute("UPDATE webhook_endpoints SET rest_until = NULL")
        deliverer.deliver_events()
        assert (len(server.requests), teller.endpoint_row().failures) == (6, 6)

        teller.execute("UPDATE webhook_endpoints SET rest_until = NULL")
        deliverer.deliver_events()
        teller.make_due()
        deliverer.deliver_events()

    assert {row.status for row in teller.rows()} == {"delivered"}
    assert (teller.endpoint_row().failures, teller.endpoint_row().rest_until) == (0, None)


def test_an_endpoint_that_hangs_delays_no_other(teller: Teller) -> None:
    hangs, goes_on = threading.Event(), threading.Event()

    def hang(_server: RawServer) -> Behaviour:
        def behave(connection: socket.socket, _request: Request) -> None:
            hangs.set()
            goes_on.wait(20)
            connection.sendall(reply(500, {}))

        return behave

    with raw_server(hang) as bad, raw_server(answers(200)) as good:
        teller.endpoint(bad.url, failures=RESTS_AFTER)
        teller.tell("call.ended call_1", "call.ended call_2")
        teller.endpoint(good.url)
        teller.tell("call.ended call_3")
        trusted = [url.removeprefix("http://").removesuffix("/v2") for url in (bad.url, good.url)]
        slots = EndpointSlots(PER_ENDPOINT)
        first, *others = (teller.deliverer(slots=slots, trusted=trusted) for _ in range(DELIVERERS))

        with in_thread(first.deliver_events):
            assert hangs.wait(20)
            tried = [each.deliver_events() for each in others]
            ended = teller.rows("tries")  # while the first still waits for the one that hangs
            goes_on.set()

    assert tried == [1, 0, 0, 0, 0, 0, 0]
    assert sorted(row.tries for row in ended) == [0, 0, 0, 1]
    assert heard(good) == ["call.ended call_3"]
    assert len(bad.requests) == 1


def redelivering_beside_a_delivery(teller: Teller, url: str) -> tuple[Any, Any]:
    """Return a deliverer and what it is sending, the second event of a subject, while the first is due once more."""
    endpoint_id = teller.endpoint(url)
    teller.tell("call.answered call_1")
    deliverer: Any = teller.deliverer(url)
    deliverer.deliver_events()
    teller.tell("call.ended call_1", "recording.ready call_1")
    sending = deliverer._take()
    redeliver_event(endpoint_id, teller.rows("event_id")[0].event_id, sql=teller.sql)
    return deliverer, sending


def test_a_redelivery_that_is_not_accepted_holds_up_nothing_of_its_subject(teller: Teller) -> None:
    with raw_server(answers(200, 200, 500, 200)) as server:
        deliverer, sending = redelivering_beside_a_delivery(teller, server.url)
        redelivery = deliverer._take()

        deliverer._deliver(sending)
        deliverer._deliver(redelivery)
        deliverer.deliver_events()
        teller.tell("contact.finished call_1")
        deliverer.deliver_events()

    assert heard(server)[:3] == ["call.answered call_1", "call.ended call_1", "call.answered call_1"]
    assert heard(server)[3:] == ["recording.ready call_1", "contact.finished call_1"]
    assert [row.status for row in teller.rows()] == ["pending", "delivered", "delivered", "delivered"]


def test_a_redelivery_that_is_accepted_lets_nothing_overtake(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        deliverer, sending = redelivering_beside_a_delivery(teller, server.url)
        deliverer.deliver_events()

        assert heard(server) == ["call.answered call_1", "call.answered call_1"]
        deliverer._deliver(sending)
        deliverer.deliver_events()

    assert heard(server)[2:] == ["call.ended call_1", "recording.ready call_1"]


def test_when_a_delivery_is_kept_no_longer_the_next_of_its_subject_goes(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        teller.endpoint(server.url)
        teller.tell("call.answered call_1", "call.ended call_1")
        teller.execute(f"UPDATE events SET at = now() - interval '{KEPT_DAYS + 1} days' WHERE type = 'call.answered'")

        forget_events(teller.sql)
        teller.deliverer(server.url).deliver_events()

    assert heard(server) == ["call.ended call_1"]
