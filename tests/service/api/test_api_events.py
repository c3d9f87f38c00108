"""Dead letters and orphans over REST."""

from __future__ import annotations

import orjson

from orchestrator.services import Services
from orchestrator.store.redis.event_streams import bury, ensure_groups
from orchestrator.store.redis.keys import Keys
from tests.support.rest import Rest

KEYS = Keys()


def bury_one(services: Services, number: int) -> None:
    ensure_groups(services.redis, KEYS)
    fields = {b"raw": orjson.dumps({"number": number})}
    bury(services.redis, KEYS.events, entry_id=f"{number}-0", fields=fields, keys=KEYS, why=f"fault {number}")


def test_dead_letters_are_listed_newest_first_and_page_by_page(rest: Rest, services: Services) -> None:
    for number in (1, 2, 3):
        bury_one(services, number)

    first = rest.get("/v1/events/dead?limit=2").json
    second = rest.get(f"/v1/events/dead?limit=2&cursor={first['next_cursor']}").json

    assert [letter["why"] for letter in first["data"] + second["data"]] == ["fault 3", "fault 2", "fault 1"]
    assert second["next_cursor"] is None
    assert first["data"][0]["content"]["raw"] == '{"number":3}'


def test_a_dead_letter_is_replayed_once(rest: Rest, services: Services) -> None:
    bury_one(services, 1)
    letter = rest.get("/v1/events/dead").json["data"][0]["id"]

    first = rest.post(f"/v1/events/dead/{letter}/replay")
    second = rest.post(f"/v1/events/dead/{letter}/replay")

    assert (first.status_code, second.status_code) == (202, 404)
    assert [fields for _, fields in services.redis.xrange(KEYS.events)] == [{b"raw": b'{"number":1}'}]


def test_a_dead_letter_is_discarded_and_the_others_stay(rest: Rest, services: Services) -> None:
    for number in (1, 2):
        bury_one(services, number)
    newest, oldest = (each["id"] for each in rest.get("/v1/events/dead").json["data"])

    answers = [rest.delete(f"/v1/events/dead/{newest}").status_code for _ in range(2)]

    assert answers == [204, 404]
    assert [each["id"] for each in rest.get("/v1/events/dead").json["data"]] == [oldest]
    assert services.redis.xlen(KEYS.events) == 0
    [done] = rest.get(f"/v1/audit?subject={newest}").json["data"]
    assert done["action"] == "DELETE /v1/events/dead/{letter_id}"


def test_a_letter_that_never_was_is_not_found(rest: Rest) -> None:
    assert rest.post("/v1/events/dead/nonsense/replay").status_code == 404
    assert rest.delete("/v1/events/dead/nonsense").status_code == 404


def test_r6_orphans_are_listed_with_the_reason(rest: Rest, services: Services) -> None:
    services.redis.xadd(KEYS.unmatched_webhooks, {"raw": b'{"data":{}}', "why": "it carries no client_state of ours"})

    [kept] = rest.get("/v1/events/orphans").json["data"]

    assert kept["why"] == "it carries no client_state of ours"
    assert kept["content"] == {"raw": '{"data":{}}'}
