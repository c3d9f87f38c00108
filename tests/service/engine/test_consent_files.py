"""The consents of a file: each good row is recorded once and counts, each wrong one is told by its kind."""

from __future__ import annotations

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from orchestrator.clock import utc_now
from orchestrator.operations.contacts import import_consents as operations
from orchestrator.operations.contacts.import_consents import ConsentDefaults, ImportedConsents, import_consents
from orchestrator.operations.contacts.record_consent import NewConsent, Revocation, record_consent, record_revocation
from tests.support.refused_rows import refuse_rows, take_rows
from tests.support.world import World

PHONE, OTHER = "+13125550142", "+13125550143"
HEADER = "phone,kind,purposes,text,source,at,evidence_url,expires_at"
ROW = f"{PHONE},written,informational,You may call me.,form 7,2026-03-01T09:00:00Z,,"


def load(world: World, *rows: str, header: str = HEADER, **defaults: Any) -> ImportedConsents:
    file = io.BytesIO("\n".join((header, *rows)).encode())
    return world.run(import_consents, file, ConsentDefaults(**defaults))


def recorded(world: World) -> list[tuple[Any, ...]]:
    return world.query("SELECT phone, kind, purposes, text, source, at FROM consent_events ORDER BY phone, at")


def problems(done: ImportedConsents) -> dict[tuple[str | None, str], int]:
    return {(kind["field"], kind["code"]): kind["count"] for kind in done.problems()}


def test_each_row_is_recorded_and_the_same_file_adds_nothing(world: World) -> None:
    rows = (ROW, ROW, f"{OTHER},Oral,sales; survey,Yes.,call,2026-03-02,https://example.test/7,2030-01-01")

    first, again = load(world, *rows), load(world, *rows)

    assert (first.rows, first.accepted, first.added, first.kept) == (3, 3, 2, 1)
    assert (again.accepted, again.added, again.kept) == (3, 0, 3)
    assert recorded(world) == [
        (PHONE, "written", ["informational"], "You may call me.", "form 7", datetime(2026, 3, 1, 9, tzinfo=UTC)),
        (OTHER, "oral", ["sales", "survey"], "Yes.", "call", datetime(2026, 3, 2, tzinfo=UTC)),
    ]


def test_a_consent_of_the_api_is_the_same_as_that_of_a_file(world: World) -> None:
    said = {"kind": "written", "purposes": ["informational"], "text": "You may call me.", "source": "form 7"}
    world.run(record_consent, NewConsent.model_validate({"phone": PHONE, **said, "at": "2026-03-01T09:00:00Z"}))

    assert load(world, ROW).added == 0


def test_a_file_that_breaks_off_is_sent_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_BATCH", 1)
    campaign_id = world.campaign(consent={"require": "written"})
    contact_id = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)
    assert world.contact_row(contact_id)["reason"] == "consent_missing"
    refuse_rows(world, "contacts", "NEW.status = 'waiting'")

    with pytest.raises(DBAPIError):
        load(world, ROW, ROW.replace(PHONE, OTHER))
    take_rows(world, "contacts")
    assert len(recorded(world)) == 1

    done = load(world, ROW, ROW.replace(PHONE, OTHER))

    assert (done.added, done.kept) == (1, 1)
    assert world.contact_row(contact_id)["status"] == "waiting"
    assert len(world.claim(campaign_id)) == 1


def test_of_the_same_day_a_revocation_counts(world: World) -> None:
    taken = {"phone": PHONE, "channel": "sms", "words": "STOP", "at": "2026-03-01T08:00:00Z"}
    world.run(record_revocation, Revocation.model_validate(taken))
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=PHONE)

    load(world, ROW.replace("T09:00:00Z", ""))
    world.claim(campaign_id)

    assert world.contact_row(contact_id)["reason"] == "consent_revoked"


def test_wrong_rows_are_told_by_their_kind(world: World) -> None:
    tomorrow = (utc_now() + timedelta(days=1)).isoformat(timespec="seconds")
    done = load(
        world,
        ROW,
        ROW.replace(PHONE, "nobody"),
        ROW.replace("written", "implied"),
        ROW.replace("written", ""),
        ROW.replace("informational", "fun"),
        ROW.replace("informational", ""),
        ROW.replace("You may call me.", ""),
        ROW.replace("2026-03-01T09:00:00Z", "1 March"),
        ROW.replace("2026-03-01T09:00:00Z", ""),
        ROW.replace("2026-03-01T09:00:00Z", tomorrow),
        ROW.replace("2026-03-01T09:00:00Z", tomorrow[:10]),
        ROW + "2025-01-01",
        ROW.replace(",,", ",ftp://x,"),
    )

    assert (done.rows, done.accepted, done.invalid, len(recorded(world))) == (13, 1, 12, 1)
    assert problems(done).items() >= {
        (("kind", "enum"), 1),
        (("kind", "required"), 1),
        (("purposes", "enum"), 1),
        (("purposes", "required"), 1),
        (("text", "required"), 1),
        (("at", "moment"), 1),
        (("at", "required"), 1),
        (("at", "in_the_future"), 2),
        (("expires_at", "expires_at"), 1),
        (("evidence_url", "string_pattern_mismatch"), 1),
    }


@pytest.mark.parametrize(
    "header", ["Phone Number,Purpose,Wording,Consent Date", "mobile;purposes;consent_text;Timestamp"]
)
def test_columns_are_known_by_other_names_and_empty_cells_have_defaults(world: World, header: str) -> None:
    mark = ";" if ";" in header else ","
    row = mark.join(("(312) 555-0142", "", "Yes.", "2026-03-01"))

    done = load(world, row, header=header, region="US", kind="express", purposes=("sales",), source="old system")

    assert done.problems() == []
    assert recorded(world) == [
        (PHONE, "express", ["sales"], "Yes.", "old system", datetime(2026, 3, 1, tzinfo=UTC)),
    ]


def test_who_was_held_for_want_of_a_consent_is_released(world: World) -> None:
    campaign_id = world.campaign(consent={"require": "written"})
    contacts = [world.contact(campaign_id, phone=phone) for phone in (PHONE, OTHER)]
    world.claim(campaign_id)

    load(world, ROW)

    assert [world.contact_row(each)["status"] for each in contacts] == ["waiting", "held"]
