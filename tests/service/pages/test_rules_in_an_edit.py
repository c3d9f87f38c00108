"""What a campaign may not do is edited on its page: the law, lists of numbers and the guards that pause it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.edit_form import edit_form
from tests.support.rest import Rest
from tests.support.visitor import Visitor, text_of


@pytest.fixture
def campaign(rest: Rest) -> dict[str, Any]:
    return rest.campaign(law={}, guards={"opt_outs": {"pause": 0.02}})


def edit(admin: Visitor, rest: Rest, campaign: dict[str, Any], changes: dict[str, str]) -> Any:
    """Save the form with these changes, and return the campaign as REST shows it."""
    place = f"/campaigns/{campaign['id']}"
    answer = admin.send(f"{place}/edit", edit_form(admin, campaign["id"]) | changes)
    assert answer.status_code == 303, text_of(answer)
    return rest.get(f"/v1{place}").json


def test_the_law_is_edited_with_its_reason(admin: Visitor, rest: Rest, campaign: dict[str, Any]) -> None:
    form = edit_form(admin, campaign["id"])
    assert {name: form[name] for name in form if name.startswith("law.")} == {
        "law.mode": "enforce",
        "law.packs": "",
        "law.because": "",
    }
    said = {"law.mode": "warn", "law.packs": "us, us-fl", "law.because": "our own staff"}

    assert edit(admin, rest, campaign, said)["law"] == {
        "mode": "warn",
        "packs": ["us", "us-fl"],
        "because": "our own staff",
    }
    assert edit(admin, rest, campaign, {"law.mode": "enforce", "law.packs": "", "law.because": ""})["law"] == {
        "mode": "enforce",
        "packs": "auto",
        "because": None,
    }


def test_lists_are_edited_by_their_names(admin: Visitor, rest: Rest, campaign: dict[str, Any]) -> None:
    for name, kind in {"vip": "suppress", "dnc": "registry", "customers": "allow", "moved": "reassigned"}.items():
        rest.post("/v1/lists", {"name": name, "kind": kind, **({"regions": ["US"]} if kind == "registry" else {})})
    page = text_of(admin.get(f"/campaigns/{campaign['id']}/edit"))
    assert "There are: vip." in page and "There are: customers." in page
    said = {"lists.suppress": "vip", "lists.allow": "customers", "lists.reassigned": "moved"}
    said |= {"lists.registry.which": "named", "lists.registry": "dnc"}

    assert edit(admin, rest, campaign, said)["lists"] == {
        "suppress": ["global", "vip"],
        "registry": ["dnc"],
        "allow": "customers",
        "reassigned": ["moved"],
        "because": None,
    }
    off = {"lists.registry.which": "off", "lists.because": "calls to our own staff"}
    assert edit(admin, rest, campaign, off)["lists"]["registry"] == "off"
    back = edit(admin, rest, campaign, {"lists.registry.which": "auto", "lists.suppress": "", "lists.allow": ""})
    assert back["lists"] == {
        "suppress": ["global"],
        "registry": "auto",
        "allow": None,
        "reassigned": ["moved"],
        "because": None,
    }


def test_guards_are_edited_as_percentages_and_one_that_is_not_touched_stays_unsaid(
    admin: Visitor, rest: Rest, campaign: dict[str, Any]
) -> None:
    form = edit_form(admin, campaign["id"])
    assert (form["guards.no_answers.pause"], form["guards.opt_outs.pause"], form["guards.abandon.warn"]) == (
        "33.3",
        "2",
        "2",
    )
    said = {"guards.silence.pause": "2.5", "guards.failures.pause": "", "guards.failures.because": "a lab"}

    after = edit(admin, rest, campaign, said)["guards"]

    assert after == campaign["guards"] | {
        "silence": {"pause": 0.025, "because": None},
        "failures": {"pause": None, "because": "a lab"},
    }
    assert (after["abandon"], after["opt_outs"]["pause"]) == (None, 0.02)


@pytest.mark.parametrize(
    ("field", "value", "beside", "said"),
    [
        ("law.mode", "off", "law.because", "law.mode off needs"),
        ("law.mode", "never", "law.mode", ""),
        ("law.packs", "us, atlantis", "law.packs", "There is no pack atlantis"),
        ("lists.suppress", "nowhere", "lists.suppress", "nowhere"),
        ("lists.allow", "nowhere", "lists.allow", "nowhere"),
        ("lists.reassigned", "nowhere", "lists.reassigned", "nowhere"),
        ("lists.registry.which", "named", "lists.registry", ""),
        ("lists.registry.which", "off", "lists.because", "needs `because`"),
        ("guards.silence.pause", "", "guards.silence.because", "laxer than its default"),
        ("guards.silence.pause", "150", "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.silence.pause", "few", "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.silence.pause", "nan", "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.silence.pause", "sNaN", "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.silence.pause", "9" * 400, "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.silence.pause", "1e9999999", "guards.silence.pause", "a percentage above 0, 100 at most"),
        ("guards.abandon.warn", "3.1", "guards.abandon.warn", "at most the one at which it pauses"),
    ],
)
def test_what_is_wrong_with_a_rule_stands_beside_its_field(
    admin: Visitor, rest: Rest, campaign: dict[str, Any], field: str, value: str, beside: str, said: str
) -> None:
    place = f"/campaigns/{campaign['id']}/edit"

    answer = admin.send(place, edit_form(admin, campaign["id"]) | {field: value})

    assert answer.status_code == 422
    assert f'id="e-{beside}"' in answer.text and f'id="f-{beside}"' in answer.text
    assert said in text_of(answer)
