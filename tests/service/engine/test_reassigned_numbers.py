"""A number that went to somebody else since its person consented is not dialed, nor, if asked, one not cleared."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator.errors import Conflict, InvalidInput
from orchestrator.operations.campaigns.complete_campaigns import complete_campaigns
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.record_consent import NewConsent, record_consent
from orchestrator.operations.lists.change_entries import add_entries
from orchestrator.operations.lists.load_answers import ImportedContent
from orchestrator.operations.lists.manage_lists import look_up
from orchestrator.policy.hold_reasons import Reason
from tests.support.carrier_stub import CarrierStub
from tests.support.lists import OTHER, PHONE, days_ago, load_file, make, status
from tests.support.world import World

ASKED = {"suppress": ["global"], "registry": "auto", "allow": None, "reassigned": ["rnd"], "because": None}


def day(days: float) -> str:
    return str(days_ago(days).date())


def answers(world: World, list_id: str, *rows: str, **options: Any) -> ImportedContent:
    """Import answers: phone, since, result, checked_at."""
    text = "\n".join(("phone,since,result,checked_at", *rows))
    return load_file(world, list_id, io.BytesIO(text.encode()), **options)


def consent(world: World, at: datetime, phone: str = PHONE) -> None:
    told = {"kind": "written", "purposes": ["informational"], "text": "yes", "source": "form"}
    world.run(record_consent, NewConsent.model_validate({"phone": phone, **told, "at": at}))


def outcome(world: World, **campaign: Any) -> tuple[str, str | None]:
    """Return what becomes of a new contact that is claimed."""
    campaign_id = world.campaign(**campaign)
    contact_id = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)
    return status(world, contact_id)


GONE, CALLED, HELD = ("suppressed", "number_reassigned"), ("calling", None), ("held", "list_stale")


@pytest.mark.parametrize(
    ("consented", "since", "result", "checked", "told"),
    [
        (100, 100, "yes", 3, GONE),
        (100, 50, "Yes", 3, GONE),
        (100, 100, "yes", 40, GONE),  # no number comes back by waiting
        (None, 100, "yes", 3, GONE),
        (50, 100, "yes", 3, GONE),  # before or after the consent: nobody knows
        (2, 100, "yes", 3, CALLED),  # who has consented since is the new person
        (100, 100, "no", 3, CALLED),
        (100, 100, "No Data", 3, CALLED),
        (100, 100, "no_data", 40, CALLED),
    ],
)
def test_a_number_that_was_reassigned_since_the_consent_is_never_dialed(
    world: World, consented: float | None, since: float, result: str, checked: float, told: tuple[str, str | None]
) -> None:
    if consented is not None:
        consent(world, days_ago(consented))
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(since)},{result},{day(checked)}")

    assert outcome(world) == told


@pytest.mark.parametrize(
    ("consented", "since", "result", "checked", "told"),
    [
        (100, 100, "no", 3, CALLED),
        (100, 150, "no", 3, CALLED),
        (100, 90, "no", 3, HELD),  # of the ten days between nobody has asked
        (100, 100, "no", 30, CALLED),
        (100, 100, "no", 32, HELD),
        (None, 90, "no", 3, CALLED),
        (100, 100, "no_data", 3, HELD),
        (100, 100, "yes", 32, GONE),
    ],
)
def test_a_campaign_that_asks_dials_only_whom_a_current_answer_clears(
    world: World, consented: float | None, since: float, result: str, checked: float, told: tuple[str, str | None]
) -> None:
    if consented is not None:
        consent(world, days_ago(consented))
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(since)},{result},{day(checked)}")

    assert outcome(world, lists=ASKED) == told


def test_the_consent_that_counts_is_the_one_that_the_campaign_asks_for(world: World) -> None:
    consent(world, days_ago(100))
    world.run(
        record_consent,
        NewConsent(phone=PHONE, kind="oral", purposes=("informational",), text="yes", source="call", at=days_ago(2)),
    )
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(100)},yes,{day(5)}")

    assert outcome(world, consent={"require": "written"}) == GONE
    assert outcome(world) == CALLED


def test_who_waits_for_an_answer_is_released_by_it_and_keeps_the_campaign_open(world: World) -> None:
    list_id = make(world, "rnd", "reassigned")
    campaign_id = world.campaign(lists=ASKED)
    contact_id = world.contact(campaign_id, phone=PHONE)

    assert world.claim(campaign_id) == [] and status(world, contact_id) == HELD
    assert complete_campaigns(world.sql) == []

    answers(world, list_id, f"{PHONE},{day(100)},no,")

    assert status(world, contact_id) == ("waiting", None)
    assert len(world.claim(campaign_id)) == 1


def test_an_answer_that_does_not_reach_back_does_so_once_there_is_a_newer_consent(world: World) -> None:
    consent(world, days_ago(100))
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(50)},no,")
    campaign_id = world.campaign(lists=ASKED)
    contact_id = world.contact(campaign_id, phone=PHONE)
    world.claim(campaign_id)
    assert status(world, contact_id) == HELD

    consent(world, days_ago(20))

    assert status(world, contact_id) == ("waiting", None)
    assert len(world.claim(campaign_id)) == 1


def test_an_answer_that_comes_between_claim_and_send_holds(world: World, carrier: CarrierStub) -> None:
    list_id = make(world, "rnd", "reassigned")
    campaign_id = world.campaign()
    contact_id = world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)

    answers(world, list_id, f"{PHONE},{day(100)},yes,")
    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and status(world, contact_id) == GONE


def test_an_answer_that_is_too_old_by_the_send_holds_what_was_claimed(world: World, carrier: CarrierStub) -> None:
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(100)},no,")
    campaign_id = world.campaign(lists=ASKED)
    contact_id = world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)

    world.execute("UPDATE list_entries SET checked_at = checked_at - interval '31 days'")
    world.dialer.dial_call(call_id)

    assert carrier.dials == [] and status(world, contact_id) == HELD


def test_of_several_answers_a_yes_counts_else_the_last(world: World) -> None:
    list_id = make(world, "rnd", "reassigned")
    answers(
        world,
        list_id,
        f"{PHONE},{day(100)},yes,{day(9)}",
        f"{PHONE},{day(100)},no,{day(3)}",
        f"{OTHER},{day(100)},no_data,{day(3)}",
        f"{OTHER},{day(90)},no,{day(9)}",
    )

    assert [world.run(look_up, phone).lists[0].result for phone in (PHONE, OTHER)] == ["yes", "no_data"]


def test_an_answer_of_a_later_batch_counts_by_the_same_rule(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestrator.operations.lists.load_answers._BATCH", 1)
    list_id = make(world, "rnd", "reassigned")
    first, last = f"{PHONE},{day(100)},yes,{day(9)}", f"{PHONE},{day(100)},no,{day(3)}"

    for rows in ((first, last), (last, first)):
        done = answers(world, list_id, *rows)
        assert done.row is not None and (done.row.entries, world.run(look_up, PHONE).lists[0].result) == (1, "yes")


def test_rows_that_are_no_answers_are_refused_by_kind(world: World) -> None:
    done = answers(
        world,
        make(world, "rnd", "reassigned"),
        f"{PHONE},{day(100)},no,",
        f"{OTHER},{day(100)},maybe,",
        f"{OTHER},{day(100)},,",
        f"{OTHER},last year,no,",
        f"{OTHER},{day(100)},no,{day(-3)}",
        f"{OTHER},{day(3)},no,{day(9)}",
        f"nobody,{day(100)},no,",
        f"+1900*,{day(100)},yes,",
    )

    kinds = {(kind["field"], kind["code"]): kind["count"] for kind in done.problems()}
    assert (done.rows, done.accepted) == (8, 1)
    assert kinds.items() >= {
        (("result", "result"), 2),
        (("since", "moment"), 1),
        (("checked_at", "in_the_future"), 1),
        (("since", "since"), 1),
    }
    assert sum(kinds.values()) == 7


@pytest.mark.parametrize(
    "header", ["Phone Number,Date,Response", "phone;consent_date;Disconnected", "phone,since,status"]
)
def test_columns_are_known_by_what_registries_call_them(world: World, header: str) -> None:
    mark = ";" if ";" in header else ","
    file = io.BytesIO(f"{header}\n{mark.join((PHONE, day(100), 'Yes'))}\n".encode())

    load_file(world, make(world, "rnd", "reassigned"), file)

    assert outcome(world) == GONE


def test_a_file_without_answers_is_refused_and_so_are_single_entries(world: World) -> None:
    list_id = make(world, "rnd", "reassigned")

    with pytest.raises(InvalidInput) as refused:
        load_file(world, list_id, io.BytesIO(f"phone,result\n{PHONE},yes\n".encode()))
    assert refused.value.code == "missing_column" and "`since`" in refused.value.errors[0]["detail"]
    with pytest.raises(Conflict, match="answers"):
        world.run(add_entries, list_id, [PHONE])


def test_a_prefix_of_another_list_and_an_answer_do_not_get_in_each_others_way(world: World) -> None:
    answers(world, make(world, "rnd", "reassigned"), f"{OTHER},{day(100)},yes,")

    assert outcome(world) == CALLED


def test_explanations_and_preflights_tell_of_it(world: World) -> None:
    consent(world, days_ago(100))
    answers(world, make(world, "rnd", "reassigned"), f"{PHONE},{day(100)},yes,", f"{OTHER},{day(100)},no,")
    campaign_id = world.campaign(lists=ASKED)
    gone, free, held = (world.contact(campaign_id, phone=phone) for phone in (PHONE, OTHER, "+13125550144"))

    survey = world.run(preflight_campaign, campaign_id, at=None)
    told = world.run(explain_contact, gone, at=None).explanation

    assert {group.reason: (group.contacts, group.example) for group in survey.never} == {
        Reason.NUMBER_REASSIGNED: (1, gone)
    }
    assert {group.reason: (group.contacts, group.example) for group in survey.held} == {Reason.LIST_STALE: (1, held)}
    assert survey.dialable_now == 1 and [(each.name, each.ok) for each in survey.lists] == [("rnd", True)]
    assert told.reason is Reason.NUMBER_REASSIGNED
    [check] = [each for each in told.checks if each.check == "reassigned"]
    [answer] = check.facts["answers"]
    assert (answer["list"], answer["result"], answer["is_current"]) == ("rnd", "yes", True)
    assert abs(check.facts["consented_at"] - days_ago(100)) < timedelta(minutes=1)
    assert world.run(explain_contact, free, at=None).explanation.reason is None


@pytest.mark.parametrize(
    ("consented", "require"), [(None, None), (100, None), (100, "written"), (2, None), (2, "written")]
)
def test_a_phone_that_rings_is_hung_up_when_its_number_is_found_to_be_reassigned(
    world: World, carrier: CarrierStub, consented: float | None, require: str | None
) -> None:
    """As it would not be dialed: not where the new person has consented since."""
    list_id = make(world, "rnd", "reassigned")
    if consented is not None:
        consent(world, days_ago(consented))
    campaign_id = world.campaign(consent={"require": require} if require else {})
    contact_id = world.contact(campaign_id, phone=PHONE)
    [call_id] = world.claim(campaign_id)
    world.dialer.dial_call(call_id)
    world.hear(call_id, "call.initiated")
    world.work(call_id)

    answers(world, list_id, f"{PHONE},{day(90)},yes,{day(3)}")
    world.work(call_id)

    is_hung_up = consented != 2
    assert [asked.path.rsplit("/", 1)[1] for asked in carrier.actions] == (["hangup"] if is_hung_up else [])
    world.hang_up(call_id, cause="originator_cancel")
    assert status(world, contact_id)[0] == ("suppressed" if is_hung_up else "exhausted")
