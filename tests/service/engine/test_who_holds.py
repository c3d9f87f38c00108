"""An explanation names who holds a number: the law with its source, the installation, the campaign or the pool."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from orchestrator.clock import utc_now
from orchestrator.operations.campaigns.preflight_campaign import preflight_campaign
from orchestrator.operations.contacts.explain_contact import explain_contact
from orchestrator.operations.contacts.explained import Explained
from orchestrator.policy.explain import Checked, Verdict
from orchestrator.policy.hold_reasons import Reason
from orchestrator.policy.hold_sentences import sentence_of_check
from tests.support.caller_id_pools import ONE, OTHER, history, pool, pooled, rest_number
from tests.support.dial_history import recorded, sent_at
from tests.support.world import BECAUSE, World

ALWAYS = {"always": True, "because": BECAUSE}
ENFORCED = {"mode": "enforce", "packs": "auto", "because": None}
WARNED = {"mode": "warn", "packs": "auto", "because": BECAUSE}
CHICAGO, PORTLAND, LONDON = "+13125550142", "+12075550142", "+447400123456"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def waiting(world: World, phone: str = CHICAGO, **campaign: Any) -> str:
    """Return a contact of a campaign that obeys the law's caps and rests at any hour: law.mode speaks of all."""
    return world.contact(world.campaign(**{"law": ENFORCED, "calling_hours": ALWAYS, **campaign}), phone=phone)


def explained(world: World, contact_id: str) -> Explained:
    return world.run(explain_contact, contact_id, at=None)


def check(told: Explained, name: str) -> Checked:
    return next(each for each in told.explanation.checks if each.check == name)


def sentence(world: World, contact_id: str, reason: Reason) -> str:
    """Return what is said of a hold, whatever else holds: by the clock of a test the law's hours may be closed."""
    return sentence_of_check(check(explained(world, contact_id), reason), reason)


def test_a_rest_of_the_law_is_said_by_the_law_where_no_cap_says_one(world: World) -> None:
    world.set_caps()
    recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")

    said = sentence(world, waiting(world, purpose="debt"), Reason.REST_AFTER_HUMAN)

    assert said.endswith("This is said by the law of the person's place (12 CFR 1006.14(b)(2)(i)(B)): 7d.")


def test_the_british_rest_is_said_by_the_law_whatever_the_caps_are(world: World) -> None:
    world.set_caps()
    recorded(world, hours_ago=10, phone=LONDON, disposition="human", abandoned=True)

    said = sentence(world, waiting(world, LONDON, purpose="sales"), Reason.REST_AFTER_ABANDONED)

    assert "the law of the person's place (Ofcom statement on persistent misuse, 2016-12-20): 3d" in said
    assert "caps" not in said


@pytest.mark.parametrize(
    ("everybodys", "own", "said_by"),
    [
        (None, None, ["law"]),
        (7, None, ["law", "installation"]),
        (6, None, ["installation"]),
        (None, 5, ["campaign"]),
        (8, 7, ["law", "campaign"]),
    ],
)
def test_of_several_caps_those_are_named_that_hold(
    world: World, everybodys: int | None, own: int | None, said_by: list[str]
) -> None:
    world.set_caps(per_number_7d=everybodys)
    for hours in (150, 130, 110, 90, 70, 50, 30):
        recorded(world, hours_ago=hours, phone=CHICAGO)
    contact_id = waiting(world, purpose="debt", caps={"per_number_7d": own} if own else {})

    facts = check(explained(world, contact_id), "number_week_limit").facts

    assert facts["said_by"] == said_by
    assert ("12 CFR" in sentence(world, contact_id, Reason.NUMBER_WEEK_LIMIT)) == ("law" in said_by)


def test_a_gap_is_said_by_the_campaign_by_the_caps_or_by_the_law(world: World) -> None:
    recorded(world, hours_ago=1, phone=PORTLAND)
    kinds: tuple[dict[str, Any], ...] = (
        {"number_gap_s": 7200},
        {"number_gap_s": 0, "caps": {"min_gap": "3h"}},
        {"number_gap_s": 0, "purpose": "sales", "voice": "recorded"},
    )

    said = [sentence(world, waiting(world, PORTLAND, **kind), Reason.NUMBER_GAP) for kind in kinds]

    assert [each.partition("This is said by ")[2].split(" (")[0] for each in said] == [
        "the number_gap of the campaign: 2h between dials for different contacts.",
        "the min_gap in the caps of the campaign: 3h between dials for different contacts.",
        "the law of the person's place",
    ]
    assert said[2].endswith("8h between any two dials.")


def test_who_is_not_known_to_say_it_is_not_named(world: World) -> None:
    for reason in (Reason.REST_AFTER_HUMAN, Reason.NUMBER_WEEK_LIMIT, Reason.NUMBER_GAP):
        assert "the law of the person's place" in reason.sentence and "installation" in reason.sentence


# -- a law that the campaign is only warned of ---------------------------------------------------------------------


def test_a_campaign_that_is_warned_calls_and_is_told_what_would_hold(world: World) -> None:
    world.set_caps()
    recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")
    contact_id = waiting(world, purpose="debt", law=WARNED)

    told = explained(world, contact_id)

    assert told.explanation.verdict is Verdict.GO
    rest = check(told, "rest_after_human")
    assert (rest.facts["mode"], rest.facts["would_hold"], rest.facts["rest"]) == ("warn", "rest_after_human", None)
    assert rest.facts["limit_of_law"] == 7 * DAY
    assert [source.source for source in rest.sources] == ["12 CFR 1006.14(b)(2)(i)(B)"]
    assert "rest_after_human" in told.sentence and "12 CFR 1006.14(b)(2)(i)(B)" in told.sentence
    assert check(told, "number_week_limit").facts["would_hold"] is None
    assert world.claim(world.contact_row(contact_id)["campaign_id"]) != []


def test_a_gap_that_a_campaign_is_warned_of_is_told(world: World) -> None:
    recorded(world, hours_ago=1, phone=PORTLAND)

    told = explained(world, waiting(world, PORTLAND, purpose="sales", voice="tts", law=WARNED, number_gap_s=0))

    gap = check(told, "number_gap")
    assert (gap.passed, gap.facts["would_hold"], gap.facts["limit_of_law"]) == (True, "number_gap", 8 * HOUR)


def test_a_law_that_is_off_says_nothing_of_caps_and_rests(world: World) -> None:
    recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")

    told = explained(world, waiting(world, purpose="debt", law={**WARNED, "mode": "off"}))

    rest = check(told, "rest_after_human")
    assert "would_hold" not in rest.facts and rest.sources == ()


def test_a_preflight_counts_who_is_called_against_the_law(world: World) -> None:
    world.set_caps()
    recorded(world, hours_ago=72, phone=CHICAGO, disposition="human")
    campaign_id = world.campaign(purpose="debt", law=WARNED, calling_hours=ALWAYS, status="draft")
    world.contact(campaign_id, phone=CHICAGO)
    world.contact(campaign_id, phone="+13125550199")

    told = world.run(preflight_campaign, campaign_id, at=None)

    assert told.dialable_now == 2
    [warned] = [
        each for each in told.warnings if each.code == "would_hold" and str(Reason.REST_AFTER_HUMAN) in each.detail
    ]
    assert warned.pointer == "/law/mode"
    assert warned.detail.startswith("1 contacts") and "12 CFR 1006.14(b)(2)(i)(B)" in warned.detail


# -- pools ---------------------------------------------------------------------------------------------------------


def test_the_hour_of_a_pool_is_named_with_the_dials_of_each_number(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER, per_hour=2), calling_hours=ALWAYS)
    history(world, ONE, 2, ago=10 * MINUTE)
    history(world, OTHER, 2, ago=20 * MINUTE)
    oldest = world.query("SELECT min(last_sent_at) FROM calls WHERE from_number = :n", n=ONE)[0][0]

    told = explained(world, world.contact(campaign_id, phone="+13125550177"))

    assert told.explanation.reason is Reason.CALLER_ID_QUOTA
    quota = check(told, "caller_id_quota").facts
    assert (quota["per_hour"], quota["per_day"], quota["per_day_said_by"]) == (2, 75, ["pool"])
    assert quota["full"][0] == {"number": ONE, "dials_in_24h": 2, "dials_in_1h": 2, "frees_at": oldest + HOUR}
    assert [each["number"] for each in quota["full"]] == [ONE, OTHER]
    assert told.sentence.endswith("2 of 2 made the 2 calls within an hour that the pool allows.")


def test_a_day_of_a_pool_that_the_caps_shorten_is_said_by_them(world: World) -> None:
    world.set_caps(per_caller_id_24h=3)
    campaign_id = pooled(world, pool(world, ONE, OTHER), calling_hours=ALWAYS)
    history(world, ONE, 3, ago=2 * HOUR)
    rest_number(world, OTHER, utc_now() + 5 * HOUR)

    told = explained(world, world.contact(campaign_id, phone="+13125550177"))

    assert check(told, "caller_id_quota").facts["per_day_said_by"] == ["installation"]
    assert told.sentence.endswith(
        "1 of 2 made the 3 calls within 24 hours that the caps of the installation allow, 1 of 2 rest."
    )


def test_a_pool_that_rests_says_which_numbers_until_when_and_why(world: World) -> None:
    campaign_id = pooled(world, pool(world, ONE, OTHER), calling_hours=ALWAYS)
    now = utc_now()
    for number, until in ((ONE, now + 2 * HOUR), (OTHER, now + HOUR)):
        rest_number(world, number, until)
    world.execute("""UPDATE caller_id_states SET rested_for = '{"detail": "too few were answered"}'""")

    told = explained(world, world.contact(campaign_id, phone="+13125550177"))

    assert told.explanation.reason is Reason.CALLER_ID_RESTING
    resting = check(told, "caller_id_resting").facts["resting"]
    assert [(each["number"], each["resting_until"]) for each in resting] == [(ONE, now + 2 * HOUR), (OTHER, now + HOUR)]
    assert {each["because"] for each in resting} == {"too few were answered"}
    assert OTHER in told.sentence and told.sentence.endswith(": too few were answered.")


def test_the_cap_of_a_caller_id_is_said_by_who_sets_it(world: World) -> None:
    world.set_caps(per_caller_id_24h=4)
    dial = recorded(world, hours_ago=2, phone="+17085550177")
    contact_id = waiting(world, law=WARNED, caller_ids=["+13125550100"], caps={"per_caller_id_24h": 1})

    told = explained(world, contact_id)

    assert told.explanation.reason is Reason.CALLER_ID_QUOTA and told.explanation.until == sent_at(world, dial) + DAY
    assert check(told, "caller_id_quota").facts["said_by"] == ["campaign"]
    assert "that the caps of the campaign allow" in told.sentence
