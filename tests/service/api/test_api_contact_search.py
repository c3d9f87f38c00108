"""Looking for people: by a part of any value, by a phone however it is written, and never in vain for want of words."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from sqlalchemy import text

from orchestrator.operations.contacts import search_contacts
from orchestrator.operations.contacts.write_words import write_words
from orchestrator.services import Services
from orchestrator.store.sql import contact_words
from tests.support.rest import Rest, fresh_number, pointers


@pytest.fixture(params=[2, 4_000], autouse=True)
def walked(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look through so many of the newest one after the other, and find the others by their trigrams."""
    monkeypatch.setattr(contact_words, "_WALKED", request.param)


def find(rest: Rest, q: str, more: str = "") -> list[str]:
    answer = rest.get(f"/v1/contacts?q={quote(q)}{more}")
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in (answer.json or {})["data"]]


def person(rest: Rest, campaign: str, phone: str | None = None, external_id: str | None = None, **said: object) -> str:
    variables = {"first_name": "Nobody", **said}
    return rest.contacts(campaign, phone or fresh_number(), external_id=external_id, variables=variables)[0]


@pytest.mark.parametrize(
    "q",
    [
        "Gödel",
        "godel",
        "GÖDEL",
        "ödel",
        "kurt godel",
        "del kurt",
        "KURT",
        "crm-4711",
        "4711",
        "wien",
        "kurt de",
        "12.5",
    ],
)
def test_a_person_is_found_by_any_part_of_what_is_said_of_them(rest: Rest, q: str) -> None:
    campaign = rest.campaign()["id"]
    person(rest, campaign, first_name="Alonzo", last_name="Church")
    kurt = person(
        rest, campaign, external_id="CRM-4711", first_name="Kurt de", last_name="Gödel", city="Wien", score=12.5
    )

    assert find(rest, q) == [kurt]


def test_all_words_must_be_found(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    person(rest, campaign, first_name="Kurt", last_name="Gödel")

    assert find(rest, "kurt church") == []


def test_other_scripts_are_found_in_any_case(rest: Rest) -> None:
    olga = person(rest, rest.campaign()["id"], first_name="Ольга", last_name="ΑΛΕΞΙΟΥ", town="Straße")

    assert [find(rest, q) for q in ("ОЛЬГА", "αλεξ", "STRASSE")] == [[olga]] * 3


@pytest.mark.parametrize("q", ["+1 212-555-{}", "(212) 555-{}", "212.555.{}", "1212555{}", "+1212555{}"])
def test_a_phone_is_found_however_it_is_written(rest: Rest, q: str) -> None:
    campaign = rest.campaign()["id"]
    ann = person(rest, campaign, phone="+12125550187")
    person(rest, campaign, phone="+12125550188")

    assert find(rest, q.format("0187")) == [ann]
    assert find(rest, q.format("0189")) == []


def test_a_phone_of_another_country_is_read_by_the_region_that_is_named(rest: Rest) -> None:
    anna = person(rest, rest.campaign()["id"], phone="+493012345678")

    assert find(rest, "030 12345678", "&region=DE") == [anna]


def test_digits_that_are_no_phone_are_looked_for_as_they_are_and_refused_when_nothing_is_found(rest: Rest) -> None:
    ann = person(rest, rest.campaign()["id"], account="99-888-777-66-5")

    assert find(rest, "99-888-777-66-5") == [ann]
    assert "?q" in pointers(rest.get("/v1/contacts?q=000-888-777-66-50"))


@pytest.mark.parametrize("q", ["", " ", "an", "a b c", "Li"])
def test_too_few_characters_are_refused(rest: Rest, q: str) -> None:
    assert pointers(rest.get(f"/v1/contacts?q={quote(q)}")) == {"?q": "too_short"}


def test_pages_follow_one_another_and_filters_hold(rest: Rest) -> None:
    first, second = rest.campaign(tags=["spring"])["id"], rest.campaign()["id"]
    ids = [person(rest, first, first_name="Maria", n=n) for n in range(5)]
    other = person(rest, second, first_name="Maria")

    page = rest.get("/v1/contacts?q=maria&tag=spring&limit=2").json or {}
    found = [each["id"] for each in page["data"]]
    while page["next_cursor"]:
        page = rest.get(f"/v1/contacts?q=maria&tag=spring&limit=2&cursor={page['next_cursor']}").json or {}
        found += [each["id"] for each in page["data"]]

    assert found == ids[::-1]
    assert find(rest, "maria", f"&campaign_id={second}") == [other]
    assert find(rest, "maria", f"&campaign_id={second}&status=waiting") == [other]
    assert find(rest, "maria", f"&campaign_id={second}&status=completed") == []
    of_campaign = rest.get(f"/v1/campaigns/{first}/contacts?q=maria").json or {}
    assert [each["id"] for each in of_campaign["data"]] == ids[::-1]


def test_a_page_follows_a_contact_that_was_erased_meanwhile(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    ids = [person(rest, campaign, first_name="Maria", n=n) for n in range(4)]
    page = rest.get("/v1/contacts?q=maria&limit=2").json or {}

    rest.delete(f"/v1/contacts/{ids[2]}")

    assert find(rest, "maria", f"&cursor={page['next_cursor']}") == [ids[1], ids[0]]


def test_what_is_changed_is_found_as_it_is_now(rest: Rest) -> None:
    contact = person(rest, rest.campaign()["id"], first_name="Kurt", city="Wien")
    assert find(rest, "kurt") == [contact]

    rest.patch(f"/v1/contacts/{contact}", {"variables": {"first_name": "Alonzo"}})

    assert (find(rest, "kurt"), find(rest, "alonzo"), find(rest, "wien")) == ([], [contact], [contact])


def test_what_is_changed_is_not_found_as_it_was_from_then_on(rest: Rest, services: Services) -> None:
    contact = person(rest, rest.campaign()["id"], first_name="Kurt")
    write_words(services.sql)

    rest.patch(f"/v1/contacts/{contact}", {"variables": {"first_name": "Alonzo"}})

    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM contact_words")).scalar_one() == 0


def test_short_words_count_beside_longer_ones(rest: Rest) -> None:
    campaign = rest.campaign()["id"]
    person(rest, campaign, first_name="Bruce", last_name="Wu")
    bruce = person(rest, campaign, first_name="Bruce", last_name="Li")

    assert find(rest, "bruce li") == [bruce]


def test_who_was_erased_is_found_no_longer_and_no_word_of_them_is_kept(rest: Rest, services: Services) -> None:
    contact = person(rest, rest.campaign()["id"], external_id="crm-4711", first_name="Kurt")
    assert find(rest, "kurt") == [contact]

    rest.delete(f"/v1/contacts/{contact}")

    assert (find(rest, "kurt"), find(rest, "4711")) == ([], [])
    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM contact_words")).scalar_one() == 0


def test_the_status_of_a_contact_does_not_touch_its_words(rest: Rest, services: Services) -> None:
    contact = person(rest, rest.campaign()["id"], first_name="Kurt")
    write_words(services.sql)

    with services.sql.begin() as tx:
        tx.execute(text("UPDATE contacts SET status = 'completed', updated_at = now() WHERE id = :id"), {"id": contact})

    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM contact_words_due")).scalar_one() == 0


def test_a_search_says_so_while_words_of_others_are_still_to_be_written(rest: Rest, services: Services) -> None:
    campaign = rest.campaign()["id"]
    for _ in range(3):
        documents = [{"phone": fresh_number(), "variables": {"first_name": "Maria"}} for _ in range(100)]
        rest.post(f"/v1/campaigns/{campaign}/contacts", {"contacts": documents})

    first = rest.get("/v1/contacts?q=maria").json or {}
    write_words(services.sql)
    then = rest.get("/v1/contacts?q=maria").json or {}

    assert (first["incomplete"], then["incomplete"]) == (True, False)


def pages(rest: Rest, asked: str) -> list[list[str]]:
    """Return the ids of each page, as far as cursors lead; only the last says that nothing is missing."""
    found, cursor = [], ""
    while True:
        page = rest.get(f"/v1/contacts?{asked}{cursor}").json or {}
        found.append([each["id"] for each in page["data"]])
        if not page["next_cursor"]:
            assert page["incomplete"] is False
            return found
        assert page["incomplete"] or len(found[-1]) == page_limit(asked)
        cursor = f"&cursor={page['next_cursor']}"


def page_limit(asked: str) -> int:
    return int(asked.rpartition("limit=")[2]) if "limit=" in asked else 50


def of_status(services: Services, contact_ids: list[str], status: str) -> None:
    with services.sql.begin() as tx:
        tx.execute(
            text("UPDATE contacts SET status = :status WHERE id = ANY(:ids)"), {"status": status, "ids": contact_ids}
        )


@pytest.mark.parametrize("limit", [1, 2, 50])
def test_of_many_with_a_word_and_a_status_some_are_judged_at_a_time_and_cursors_lead_to_all(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch, limit: int
) -> None:
    monkeypatch.setattr(contact_words, "_JUDGED", 4)
    monkeypatch.setattr(search_contacts, "_FEW", 2)
    campaign = rest.campaign()["id"]
    ids = [person(rest, campaign, first_name="Maria", n=n) for n in range(11)]
    done = [ids[0], ids[1], ids[9]]
    of_status(services, done, "completed")

    found = pages(rest, f"q=maria&status=completed&limit={limit}")

    assert [each for page in found for each in page] == done[::-1]
    assert len(found) >= 3


def test_of_a_rare_status_all_are_found_at_once_however_frequent_the_word(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_words, "_JUDGED", 4)
    campaign = rest.campaign()["id"]
    ids = [person(rest, campaign, first_name="Maria", n=n) for n in range(11)]
    other = person(rest, campaign, first_name="Mario")
    of_status(services, [ids[0], ids[1], ids[9], other], "completed")

    assert pages(rest, "q=maria&status=completed&limit=2") == [[ids[9], ids[1]], [ids[0]]]
    assert pages(rest, f"q=maria&status=completed&campaign_id={campaign}") == [[ids[9], ids[1], ids[0]]]


def test_words_that_only_look_alike_are_passed_by_some_at_a_time(
    rest: Rest, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_words, "_WALKED", 1)
    monkeypatch.setattr(contact_words, "_LOOKED_AT", 2)
    campaign = rest.campaign()["id"]
    real = person(rest, campaign, first_name="abcde")
    for n in range(9):
        person(rest, campaign, first_name="abcd bcde", n=n)

    found = pages(rest, "q=abcde")

    assert found == [[], [], [], [real]]


def test_a_number_that_cannot_be_read_is_not_refused_while_the_search_goes_on(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contact_words, "_WALKED", 1)
    monkeypatch.setattr(contact_words, "_LOOKED_AT", 1)
    campaign = rest.campaign()["id"]
    ann = person(rest, campaign, account="000-888-777")
    for n in range(3):
        person(rest, campaign, account="000-8 0-88 -888 888- 88-7 8-77 -777", n=n)

    assert [each for page in pages(rest, "q=000-888-777") for each in page] == [ann]
