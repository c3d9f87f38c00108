"""What is older than the installation keeps it is erased, and nothing else is."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from ulid import ULID

from orchestrator.clock import utc_now
from orchestrator.operations.contacts import apply_retention
from orchestrator.operations.contacts.apply_retention import RetentionSweep
from orchestrator.operations.contacts.erase_person import erase_number
from orchestrator.operations.contacts.record_consent import (
    NewConsent,
    Revocation,
    record_consent,
    record_revocation,
)
from orchestrator.operations.contacts.suppress_number import suppress_number
from orchestrator.operations.system.change_policy import PolicyChanges, change_policy
from orchestrator.store.sql import aged_rows, tables
from tests.support.world import World

PHONE = "+13125550177"


def keep(world: World, **retention: str | None) -> None:
    changes = PolicyChanges.model_validate({"retention": retention, "because": "the works council asked for it"})
    world.run(change_policy, changes)


def sweep(world: World, tmp_path: Path) -> None:
    """Let the sweeper look at everything once."""
    made = RetentionSweep(
        sql=world.sql, client=world.redis, keys=world.keys, archive=world.services.recordings, data_dir=tmp_path
    )
    while made.sweep():
        pass


def old_id(prefix: str, days: float) -> str:
    return f"{prefix}_{ULID.from_datetime(utc_now() - timedelta(days=days))}"


def met(world: World, *, days: float, **contact: Any) -> tuple[str, str]:
    """Write a contact that was called once and has ended, so many days ago; return contact and call."""
    campaign_id = world.campaign()
    then = utc_now() - timedelta(days=days)
    contact_id, call_id = old_id("con", days), old_id("call", days)
    values = {
        "id": contact_id,
        "phone": PHONE,
        "external_id": "ann-1",
        "variables": {"first_name": "Annabel"},
        "answers": {"code": "40716"},
        "status": "completed",
        "due_at": None,
        "last_call_id": call_id,
        "updated_at": then,
        **contact,
    }
    world.contact(campaign_id, **values)
    with world.sql.begin() as tx:
        call = {
            "id": call_id,
            "campaign_id": campaign_id,
            "contact_id": contact_id,
            "connection_id": "conn-1",
            "to_number": values["phone"],
            "from_number": "+13125550100",
            "attempt": 1,
            "state": "ended",
            "disposition": "human",
            "command_id": call_id,
            "ring_limit_s": 30,
            "talk_limit_s": 60,
            "last_sent_at": then,
            "ended_at": then,
            "answers": {"code": "40716"},
        }
        tx.execute(tables.calls.insert().values(call))
    return contact_id, call_id


def recorded(world: World, call_id: str, *, days: float) -> str:
    recording_id = old_id("rec", days)
    world.execute(
        "INSERT INTO recordings (id, call_id, campaign_id, told_as, event_id, told_at, leg, state, urls, due_at) "
        "SELECT :id, id, campaign_id, :id, 'e', :then, 'A', 'fetched', '{\"mp3\": \"https://x\"}', NULL "
        "FROM calls WHERE id = :call_id",
        id=recording_id,
        call_id=call_id,
        then=utc_now() - timedelta(days=days),
    )
    return recording_id


def words_of(world: World, contact_id: str) -> tuple[Any, ...]:
    row = world.contact_row(contact_id)
    return row["external_id"], row["variables"], row["answers"]


KEPT = ("ann-1", {"first_name": "Annabel"}, {"code": "40716"})
CLEARED = (None, {}, {})


def test_nothing_is_erased_until_somebody_says_so(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=4000)
    recorded(world, call_id, days=4000)

    sweep(world, tmp_path)

    assert words_of(world, contact_id) == KEPT and world.call_row(call_id)["to_number"] == PHONE
    assert world.query("SELECT state FROM recordings") == [("fetched",)]


@pytest.mark.parametrize(("days", "words"), [(89, KEPT), (91, CLEARED)])
def test_what_a_contact_brought_is_erased_in_time_and_its_number_stays_as_long_as_its_calls(
    world: World, tmp_path: Path, days: float, words: tuple[Any, ...]
) -> None:
    contact_id, call_id = met(world, days=days)
    keep(world, contacts="90d")

    sweep(world, tmp_path)

    assert words_of(world, contact_id) == words
    assert (world.contact_row(contact_id)["phone"], world.call_row(call_id)["to_number"]) == (PHONE, PHONE)
    assert world.call_row(call_id)["answers"] == {"code": "40716"}


def test_a_person_of_whom_only_the_number_is_left_is_still_found_and_erased(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=91)
    keep(world, contacts="90d")
    sweep(world, tmp_path)

    done = world.run(erase_number, PHONE, archive=world.services.recordings, data_dir=tmp_path)

    assert (done.contacts, done.calls) == (1, 1)
    assert world.call_row(call_id)["to_number"] == f"erased:{contact_id}"


def test_a_contact_that_was_never_called_is_erased_whole(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=91)
    world.execute("DELETE FROM calls WHERE id = :id", id=call_id)
    keep(world, contacts="90d")

    sweep(world, tmp_path)

    assert world.contact_row(contact_id)["phone"] == f"erased:{contact_id}"


def test_calls_are_erased_in_time_and_then_the_number_of_their_contact(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=5 * 366)
    keep(world, contacts="90d", calls="5y")

    sweep(world, tmp_path)

    row = world.call_row(call_id)
    assert (row["to_number"], row["answers"]) == (f"erased:{contact_id}", {})
    assert (row["disposition"], row["number_key"] is not None) == ("human", True)
    assert world.contact_row(contact_id)["phone"] == f"erased:{contact_id}"


def test_calls_alone_may_be_kept_for_a_shorter_time_than_contacts(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=40)
    recording_id = recorded(world, call_id, days=40)
    keep(world, calls="30d")

    sweep(world, tmp_path)

    assert world.call_row(call_id)["to_number"] == f"erased:{contact_id}"
    assert (world.contact_row(contact_id)["phone"], words_of(world, contact_id)) == (PHONE, KEPT)
    assert world.query("SELECT id FROM recordings WHERE id = :id AND state <> 'erased'", id=recording_id) == []


@pytest.mark.parametrize("status", ["waiting", "held", "calling"])
def test_a_contact_that_is_open_keeps_everything(world: World, tmp_path: Path, status: str) -> None:
    contact_id, call_id = met(world, days=4000, status=status)
    never_called, its_call = met(world, days=4000, status=status, phone="+13125550178")
    world.execute("DELETE FROM calls WHERE id = :id", id=its_call)
    keep(world, contacts="1d", calls="1d")

    sweep(world, tmp_path)

    assert words_of(world, contact_id) == KEPT and world.call_row(call_id)["to_number"] == PHONE
    assert world.contact_row(never_called)["phone"] == "+13125550178"


def test_a_call_under_way_keeps_its_person(world: World, tmp_path: Path) -> None:
    contact_id, call_id = met(world, days=4000)
    world.set_call(call_id, state="unknown", disposition=None)
    keep(world, contacts="1d", calls="1d")

    sweep(world, tmp_path)

    assert world.call_row(call_id)["to_number"] == PHONE and world.contact_row(contact_id)["phone"] == PHONE


def test_recordings_are_given_to_the_loop_that_removes_their_files(world: World, tmp_path: Path) -> None:
    _, call_id = met(world, days=40)
    old, young = recorded(world, call_id, days=31), recorded(world, call_id, days=29)
    again = recorded(world, call_id, days=33)
    world.execute("UPDATE recordings SET told_at = now() WHERE id = :id", id=again)  # the carrier told of it anew
    keep(world, recordings="30d")

    sweep(world, tmp_path)

    found = world.query("SELECT id, state, urls, due_at IS NOT NULL FROM recordings ORDER BY id")
    assert [tuple(row) for row in found] == [
        (again, "fetched", {"mp3": "https://x"}, False),
        (old, "erased", {}, True),
        (young, "fetched", {"mp3": "https://x"}, False),
    ]


def said(world: World, act: str, *, days: float) -> None:
    at = utc_now() - timedelta(days=days)
    if act == "given":
        document = {"kind": "written", "purposes": ["informational"], "text": "Call me.", "source": "form", "at": at}
        world.run(record_consent, NewConsent.model_validate({"phone": PHONE, **document}))
    else:
        document = {"channel": "sms", "words": "STOP", "at": at}
        world.run(record_revocation, Revocation.model_validate({"phone": PHONE, **document}))
    with world.sql.begin() as tx:  # as if it had been recorded then
        tx.exec_driver_sql("ALTER TABLE consent_events DISABLE TRIGGER keep_consent_events")
        tx.execute(update(tables.consent_events).where(tables.consent_events.c.at == at).values(id=old_id("cns", days)))
        tx.exec_driver_sql("ALTER TABLE consent_events ENABLE TRIGGER keep_consent_events")


@pytest.mark.parametrize(
    ("history", "is_cleared"),
    [
        ([("given", 400), ("revoked", 366)], True),
        ([("given", 400), ("revoked", 364)], False),
        ([("given", 400)], False),
        ([("revoked", 500), ("given", 400)], False),
        ([("given", 500), ("revoked", 450), ("revoked", 10)], False),
        ([("revoked", 500)], True),
    ],
)
def test_the_words_of_consents_are_kept_for_a_time_after_the_revocation_that_was_the_last_word(
    world: World, tmp_path: Path, history: list[tuple[str, float]], is_cleared: bool
) -> None:
    for act, days in history:
        said(world, act, days=days)
    keep(world, consents="365d after revoke")

    sweep(world, tmp_path)

    [phones] = world.query("SELECT array_agg(phone ORDER BY at) FROM consent_events")
    assert phones[0] == ([None] if is_cleared else [PHONE]) * len(history)


def test_a_revocation_whose_words_are_gone_holds_on(world: World, tmp_path: Path) -> None:
    said(world, "revoked", days=400)
    keep(world, consents="365d after revoke")
    sweep(world, tmp_path)
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == []
    assert world.contact_row(contact_id)["reason"] == "consent_revoked"


def test_opt_outs_and_their_words_are_kept_for_ever(world: World, tmp_path: Path) -> None:
    world.run(suppress_number, PHONE, reason="asked by mail")
    contact_id, _ = met(world, days=4000)
    keep(world, contacts="1d", calls="1d", recordings="1d", consents="1d after revoke")

    sweep(world, tmp_path)

    assert world.contact_row(contact_id)["phone"] == f"erased:{contact_id}"
    assert world.query("SELECT phone, reason FROM suppressions") == [(PHONE, "asked by mail")]
    assert world.query("SELECT reason FROM suppression_requests") == [("asked by mail",)]


def test_many_are_erased_page_by_page(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apply_retention, "_AT_ONCE", 2)
    monkeypatch.setattr(aged_rows, "PAGE", 500)
    contacts = [met(world, days=91 + n / 1000, phone=f"+131255502{n:02d}")[0] for n in range(7)]
    young, _ = met(world, days=1)
    keep(world, contacts="90d", calls="90d")

    sweep(world, tmp_path)

    assert [world.contact_row(each)["phone"] for each in contacts] == [f"erased:{each}" for each in contacts]
    assert words_of(world, young) == KEPT


def test_what_is_taken_back_is_kept_again(world: World, tmp_path: Path) -> None:
    contact_id, _ = met(world, days=91)
    keep(world, contacts="90d")
    keep(world, contacts=None)

    sweep(world, tmp_path)

    assert words_of(world, contact_id) == KEPT
