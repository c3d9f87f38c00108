"""Where less is done than a rule asks for that no check of the gate holds, it is said before the start."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import orchestrator
from orchestrator.policy.law.kinds import Kind
from orchestrator.policy.law.law import law_for
from orchestrator.policy.law.packs import all_packs
from orchestrator.policy.law_warnings import Practice, law_warnings
from orchestrator.policy.lists.registries import Registry
from orchestrator.policy.purposes import Purpose, Voice
from orchestrator.policy.retention import Retention

NOW, DAY = datetime(2027, 1, 4, 17, tzinfo=UTC), timedelta(days=1)
US, CA, GB, AU, FR = ("US", "US-NY"), ("CA", "CA-ON"), ("GB",), ("AU",), ("FR",)
FRESH = Registry("national", NOW - DAY, 31 * DAY, frozenset({"US", "CA"}))
DONE = Practice(at=NOW, abandon=0.03, registries=(FRESH,), retention=Retention())


def told(
    done: Practice, regions: tuple[str, ...], purpose: Purpose = Purpose.SALES, voice: Voice = Voice.AGENT
) -> list[tuple[str, str]]:
    return [(each.code, each.pointer) for each in law_warnings(done, law_for(regions, purpose, voice))]


@pytest.mark.parametrize(
    ("regions", "share", "warned"),
    [
        (US, 0.03, False),
        (US, 0.031, True),
        (US, None, True),
        (CA, 0.03, False),
        (CA, 0.05, True),
        (GB, 0.01, True),
        (FR, None, False),
    ],
)
def test_a_guard_that_is_laxer_than_the_law_is_told(
    regions: tuple[str, ...], share: float | None, warned: bool
) -> None:
    codes = told(replace(DONE, abandon=share), regions)

    assert (("abandon_by_law", "/guards/abandon") in codes) == warned


def test_the_british_target_is_told_with_its_source() -> None:
    [warning] = law_warnings(DONE, law_for(GB, Purpose.INFORMATIONAL))

    assert "the law pack gb allows no abandoned call (Ofcom statement" in warning.detail
    assert warning.detail.endswith("the guard abandon pauses at 0.03 of the people of 30 days")


@pytest.mark.parametrize(
    ("registry", "codes"),
    [
        ({}, []),
        ({"max_age": 60 * DAY}, ["list_age_by_law"]),
        ({"as_of": NOW - 31 * DAY}, ["list_age_by_law"]),
        ({"as_of": NOW - 40 * DAY, "max_age": 90 * DAY}, ["list_age_by_law"] * 2),
        ({"regions": frozenset({"FR"})}, ["list_asked_by_law"]),
        ({"regions": frozenset()}, []),
    ],
)
@pytest.mark.parametrize("regions", [US, CA])
def test_a_copy_of_a_registry_that_may_be_older_than_the_law_allows_is_told(
    regions: tuple[str, ...], registry: dict[str, Any], codes: list[str]
) -> None:
    fields = {"as_of": FRESH.as_of, "max_age": FRESH.max_age, "regions": FRESH.regions, **registry}

    found = told(replace(DONE, registries=(Registry("national", **fields),)), regions)

    assert [code for code, pointer in found if pointer == "/lists/registry"] == codes


def test_a_registry_binds_only_the_purposes_that_its_rule_names() -> None:
    nothing = replace(DONE, registries=())

    assert told(nothing, US, Purpose.INFORMATIONAL) == told(nothing, FR) == []
    assert told(nothing, US) == [("list_asked_by_law", "/lists/registry")]


@pytest.mark.parametrize(
    ("regions", "retention", "parts"),
    [
        (US, {"calls": "5y", "consents": "5y after revoke"}, []),
        (US, {"calls": "1826d"}, ["calls"]),
        (US, {"calls": "1827d"}, []),
        (US, {"calls": "90d", "consents": "4y after revoke"}, ["calls", "consents"]),
        (CA, {"calls": "3y"}, []),
        (CA, {"calls": "2y"}, ["calls"]),
        (GB, {"calls": "1d"}, []),
    ],
)
def test_records_that_are_erased_before_the_law_allows_it_are_told(
    regions: tuple[str, ...], retention: dict[str, str], parts: list[str]
) -> None:
    done = replace(DONE, retention=Retention.model_validate(retention))

    found = [each for each in law_warnings(done, law_for(regions, Purpose.SALES)) if each.code == "retention_by_law"]

    assert [each.detail.split("records of ")[1].split()[0] for each in found] == parts


@pytest.mark.parametrize(
    ("done", "regions", "pointers"),
    [
        ({"unanswered": ["+12125550111"]}, US, ["/caller_ids"]),
        ({"unanswered": ["+12125550111"]}, AU, ["/caller_ids"]),
        ({"is_hidden": True}, CA, ["/flow"]),
        ({"is_local_choice": True}, US, []),
        ({"is_local_choice": True}, GB, ["/caller_id_pool"]),
        ({"unanswered": ["+12125550111"], "is_hidden": True}, FR, []),
    ],
)
def test_a_caller_id_that_the_law_would_not_have_is_told(
    done: dict[str, Any], regions: tuple[str, ...], pointers: list[str]
) -> None:
    found = law_warnings(replace(DONE, **done), law_for(regions, Purpose.SALES))

    assert [each.pointer for each in found if each.code == "caller_id_by_law"] == pointers


def test_every_kind_of_rule_that_a_pack_has_is_read_by_some_code() -> None:
    modules = [path.read_text() for path in Path(str(orchestrator.__file__)).parent.rglob("*.py")]
    readers = "\n".join(text for text in modules if "law.kinds import" in text)

    used = {rule.row.kind for pack in all_packs().values() for rule in pack.rules}

    assert used == set(Kind)
    assert {kind.value for kind in used if f"Kind.{kind.name}" not in readers} == set()
