"""Opt-outs over REST: one is only ever lengthened, and lifting it keeps who, when and why."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import permutations
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import text

from orchestrator.services import Services
from orchestrator.store.sql.opt_outs import IN_FORCE, Asked, Change, write_opt_outs
from tests.support.rest import Rest, fresh_number, pointers

SOON, LATER = "2031-01-01T00:00:00.000Z", "2033-06-01T00:00:00.000Z"
PAST = "2020-01-01T00:00:00Z"
_ENDS = {SOON: 1, LATER: 2, None: 3}


def _suppress(rest: Rest, phone: str, **fields: Any) -> dict[str, Any]:
    made = rest.post("/v1/suppressions", {"phone": phone, **fields})
    assert made.status_code == 201, made.text
    return dict(made.json or {})


def _file(rest: Rest, content: str, query: str = "") -> dict[str, Any]:
    done = rest.request("POST", f"/v1/suppressions{query}", data=content, content_type="text/csv")
    assert done.status_code == 200, done.text
    return dict(done.json or {})


def _of(rest: Rest, phone: str, more: str = "") -> list[dict[str, Any]]:
    return list((rest.get(f"/v1/suppressions?phone={quote(phone)}{more}").json or {})["data"])


def _expire(services: Services, phone: str) -> None:
    with services.sql.begin() as tx:
        past = "UPDATE suppressions SET expires_at = now() - interval '1 minute' WHERE phone = :phone"
        tx.execute(text(past), {"phone": phone})


def _ends() -> Iterator[tuple[str | None, str | None]]:
    return ((first, second) for first in _ENDS for second in _ENDS)


@pytest.mark.parametrize(("first", "second"), list(_ends()))
@pytest.mark.parametrize("way", ["post", "file"])
def test_an_opt_out_is_only_ever_lengthened(rest: Rest, first: str | None, second: str | None, way: str) -> None:
    phone = fresh_number()
    _suppress(rest, phone, reason="asked on the phone", **({"expires_at": first} if first else {}))

    if way == "post":
        _suppress(rest, phone, reason="list 7", **({"expires_at": second} if second else {}))
    else:
        _file(rest, f"phone,reason,expires_at\n{phone},list 7,{second or ''}\n")

    [stands] = _of(rest, phone)
    assert stands["expires_at"] == max(first, second, key=lambda end: _ENDS[end])
    assert stands["reason"] == "asked on the phone"
    said = [(line["reason"], line["expires_at"]) for line in stands["history"]]
    assert said == [("asked on the phone", first), ("list 7", second)]


@pytest.mark.parametrize(
    ("first", "second", "change"),
    [
        (None, SOON, "kept"),
        (None, None, "kept"),
        (SOON, SOON, "kept"),
        (LATER, SOON, "kept"),
        (SOON, LATER, "lengthened"),
        (SOON, None, "lengthened"),
    ],
)
def test_the_answer_says_what_became_of_the_wish(
    rest: Rest, first: str | None, second: str | None, change: str
) -> None:
    phone = fresh_number()

    added = _suppress(rest, phone, expires_at=first)
    again = _suppress(rest, phone, expires_at=second)
    told = _file(rest, f"phone,expires_at\n{fresh_number()},\n{phone},{second or ''}\n")

    assert (added["change"], again["change"], again["id"]) == ("added", change, added["id"])
    assert (told["accepted"], told["added"], told["lengthened"], told["kept"]) == (2, 1, 0, 1)


def test_the_same_words_again_are_no_new_history(rest: Rest) -> None:
    phone = fresh_number()

    for _ in range(3):
        _file(rest, f"phone,reason\n{phone},list 7\n")

    assert len(_of(rest, phone)[0]["history"]) == 1


@pytest.mark.parametrize("order", list(permutations([SOON, LATER, None])))
def test_of_a_number_that_stands_thrice_in_a_file_the_longest_holds(rest: Rest, order: tuple[str | None, ...]) -> None:
    phone = fresh_number()

    rows = "".join(f"{phone},row {n},{end or ''}\n" for n, end in enumerate(order))
    told = _file(rest, f"phone,reason,expires_at\n{rows}")

    [stands] = _of(rest, phone)
    assert (told["accepted"], told["added"], told["kept"]) == (3, 1, 2)
    assert (stands["expires_at"], stands["reason"]) == (None, "row 0")
    assert [line["reason"] for line in stands["history"]] == ["row 0", "row 1", "row 2"]


@pytest.mark.parametrize("order", list(permutations([SOON, LATER, None], 2)))
def test_of_two_imports_at_once_the_longer_end_holds_whichever_commits_first(
    rest: Rest, services: Services, order: tuple[str | None, str | None]
) -> None:
    phone, both_begun = fresh_number(), threading.Barrier(2)
    changes: list[Change] = []

    def ask(end: str | None) -> None:
        with services.sql.begin() as tx:
            tx.execute(text("SELECT 1"))
            both_begun.wait(10)
            wish = Asked(phone=phone, scope="global", reason=f"until {end}", asked_by="test", expires_at=end)
            changes.extend(write_opt_outs(tx, [wish]).values())

    threads = [threading.Thread(target=ask, args=(end,)) for end in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    [stands] = _of(rest, phone)
    assert stands["expires_at"] == max(order, key=lambda end: _ENDS[end])
    assert Change.ADDED in changes and len(changes) == len(stands["history"]) == 2


@pytest.mark.parametrize("expires_at", [PAST, "2020-01-01T00:00:00+14:00", "1970-01-01T00:00:00Z"])
def test_an_end_in_the_past_is_refused_and_shortens_nothing(rest: Rest, expires_at: str) -> None:
    phone = fresh_number()
    before = _suppress(rest, phone)

    refused = rest.post("/v1/suppressions", {"phone": phone, "expires_at": expires_at})
    told = _file(rest, f"phone,expires_at\n{phone},{expires_at}\n")

    assert pointers(refused) == {"/expires_at": "in_the_past"}
    assert [(error["row"], error["code"]) for error in told["errors"]] == [(2, "in_the_past")]
    assert [{**stands, "change": "added"} for stands in _of(rest, phone)] == [before]


def test_each_scope_is_an_opt_out_of_its_own(rest: Rest) -> None:
    phone, campaign = fresh_number(), rest.campaign()["id"]

    _suppress(rest, phone, expires_at=SOON)
    of_campaign = _suppress(rest, phone, scope=campaign)

    ends = {stands["scope"]: stands["expires_at"] for stands in _of(rest, phone)}
    assert (of_campaign["change"], ends) == ("added", {"global": SOON, campaign: None})


def test_lifting_keeps_who_when_and_why(rest: Rest) -> None:
    phone = fresh_number()
    made = _suppress(rest, phone, reason="asked by mail", by="anna")

    lifted = rest.delete(f"/v1/suppressions?phone={quote(phone)}&because=wrong+number&by=bert")

    [kept] = _of(rest, phone, "&include=lifted")
    assert (lifted.status_code, _of(rest, phone)) == (204, [])
    assert (kept["id"], kept["status"], kept["reason"]) == (made["id"], "lifted", "asked by mail")
    assert (kept["lifted_by"], kept["because"], kept["history"][0]["by"]) == ("bert", "wrong number", "anna")
    assert kept["lifted_at"] >= kept["created_at"]


def test_lifting_by_id_keeps_them_too_and_nobody_is_lifted_twice(rest: Rest) -> None:
    phone = fresh_number()
    ident = _suppress(rest, phone)["id"]

    answers = [rest.delete(f"/v1/suppressions/{ident}?because=mistake").status_code for _ in range(2)]

    [kept] = _of(rest, phone, "&include=lifted")
    assert answers == [204, 404]
    assert (kept["lifted_by"], kept["because"]) == ("api", "mistake")


def test_a_lift_without_a_word_says_that_there_was_none(rest: Rest) -> None:
    phone = fresh_number()
    _suppress(rest, phone)

    rest.delete(f"/v1/suppressions?phone={quote(phone)}")

    [kept] = _of(rest, phone, "&include=lifted")
    assert (kept["status"], kept["lifted_by"], kept["because"]) == ("lifted", "api", None)


def test_an_opt_out_after_a_lift_is_a_new_one(rest: Rest) -> None:
    phone = fresh_number()
    first = _suppress(rest, phone, reason="first")
    rest.delete(f"/v1/suppressions?phone={quote(phone)}&because=consent+again")

    second = _suppress(rest, phone, reason="second", expires_at=SOON)

    assert (second["change"], second["expires_at"]) == ("added", SOON)
    assert second["id"] != first["id"]
    told = [(kept["reason"], kept["status"]) for kept in _of(rest, phone, "&include=lifted")]
    assert told == [("second", "in_force"), ("first", "lifted")]


def test_an_opt_out_that_has_expired_is_history_and_the_next_one_is_new(rest: Rest, services: Services) -> None:
    phone = fresh_number()
    _suppress(rest, phone, reason="for a while", expires_at=SOON)
    _expire(services, phone)

    between = (_of(rest, phone), [kept["status"] for kept in _of(rest, phone, "&include=lifted")])
    again = _suppress(rest, phone, reason="asked again", expires_at=LATER)

    assert between == ([], ["expired"])
    assert again["change"] == "added"
    told = [(kept["reason"], kept["status"], kept["lifted_by"]) for kept in _of(rest, phone, "&include=lifted")]
    assert told == [("asked again", "in_force", None), ("for a while", "expired", "expiry")]


def test_what_is_listed_can_be_sent_again_and_changes_nothing(rest: Rest) -> None:
    phones = [fresh_number() for _ in range(3)]
    for phone, end in zip(phones, _ENDS, strict=True):
        _suppress(rest, phone, expires_at=end)
    before = rest.get("/v1/suppressions").json["data"]  # type: ignore[index]

    rows = "".join(f"{one['phone']},{one['scope']},{one['reason']},{one['expires_at'] or ''}\n" for one in before)
    told = _file(rest, f"phone,scope,reason,expires_at\n{rows}", "?by=api")

    assert (told["accepted"], told["kept"]) == (3, 3)
    assert rest.get("/v1/suppressions").json["data"] == before  # type: ignore[index]


@pytest.mark.parametrize("query", ["because=", "because=" + "x" * 201, "because=%00", "by=", "why=x"])
def test_each_wrong_word_of_a_lift_is_refused_and_lifts_nothing(rest: Rest, query: str) -> None:
    phone = fresh_number()
    ident = _suppress(rest, phone)["id"]

    by_number = rest.delete(f"/v1/suppressions?phone={quote(phone)}&{query}")
    by_id = rest.delete(f"/v1/suppressions/{ident}?{query}")

    assert (by_number.status_code, by_id.status_code) == (422, 422)
    assert len(_of(rest, phone)) == 1


@pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 50])
def test_pages_go_over_what_stands_and_what_was_lifted_newest_first(rest: Rest, services: Services, limit: int) -> None:
    phones = [fresh_number() for _ in range(9)]
    made = [_suppress(rest, phone, expires_at=SOON)["id"] for phone in phones]
    for n in (0, 1, 4, 7):
        rest.delete(f"/v1/suppressions/{made[n]}")
    _expire(services, phones[5])

    told: list[tuple[str, str, int]] = []
    cursor: str | None = ""
    while cursor is not None:
        more = cursor and f"&cursor={quote(cursor)}"
        page = rest.get(f"/v1/suppressions?include=lifted&limit={limit}{more}").json or {}
        told += [(one["id"], one["status"], len(one["history"])) for one in page["data"]]
        cursor = page["next_cursor"]

    status = dict.fromkeys((0, 1, 4, 7), "lifted") | {5: "expired"}
    assert told == [(made[n], status.get(n, "in_force"), 1) for n in reversed(range(9))]


def test_the_gate_finds_an_opt_out_by_an_index(services: Services) -> None:
    with services.sql.begin() as tx:
        tx.execute(
            text(
                "INSERT INTO suppressions (id, phone, scope, reason) "
                "SELECT 'sup_' || n, '+1212' || (5550000 + n), 'global', 'x' FROM generate_series(1, 40000) n"
            )
        )
        tx.execute(text("ANALYZE suppressions"))
        asked = (
            "EXPLAIN SELECT 1 FROM suppressions s WHERE s.phone = '+12125550001' AND s.scope IN ('global', 'cmp_1') "
            f"AND {IN_FORCE}"
        )
        plan = "\n".join(tx.execute(text(asked)).scalars())

    assert "suppressions_phone_scope_key" in plan and "Seq Scan" not in plan
