"""Which countries a connection dials and which kinds of numbers a campaign does, over REST."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.rest import CALLER_ID, CONNECTION, Rest, fresh_number, pointers

PATH = f"/v1/connections/{CONNECTION}"
PREMIUM, JAMAICA = "+19005551212", "+18765550123"


def test_a_connection_dials_the_countries_of_its_caller_ids_until_it_says_others(rest: Rest) -> None:
    assert rest.get(PATH).json["dial_regions"] is None
    assert rest.patch(PATH, {"dial_regions": ["us", "CA", "US", "001"]}).json["dial_regions"] == ["001", "CA", "US"]
    assert rest.patch(PATH, {"calls_per_second": 2}).json["dial_regions"] == ["001", "CA", "US"]
    assert rest.get(PATH).json["dial_regions"] == ["001", "CA", "US"]
    assert rest.patch(PATH, {"dial_regions": None}).json["dial_regions"] is None


@pytest.mark.parametrize(
    ("regions", "pointer"),
    [
        ([], "/dial_regions"),
        ("US", "/dial_regions"),
        (["US", "XX"], "/dial_regions/1"),
        (["USA"], "/dial_regions/0"),
        (["+1"], "/dial_regions/0"),
        ([1], "/dial_regions/0"),
        ([None], "/dial_regions/0"),
        ({"US": True}, "/dial_regions"),
    ],
)
def test_countries_that_are_none_are_refused(rest: Rest, regions: Any, pointer: str) -> None:
    assert list(pointers(rest.patch(PATH, {"dial_regions": regions}))) == [pointer]
    assert rest.get(PATH).json["dial_regions"] is None


def _call(rest: Rest, to: str, **fields: Any) -> Any:
    document = {"to": to, "from": CALLER_ID, "ignore_hours": True, "because": "a test", **fields}
    return rest.post("/v1/calls", document, headers={"Idempotency-Key": fresh_number()})


def test_a_single_call_goes_by_the_country_of_its_own_caller_id(rest: Rest) -> None:
    refused = _call(rest, JAMAICA)
    other = _call(rest, "+14165550123", **{"from": "+14165550100"})
    rest.patch(PATH, {"dial_regions": ["US", "JM"]})
    placed = _call(rest, JAMAICA)

    assert (refused.status_code, refused.json["code"]) == (409, "region_not_allowed")
    assert "dial_regions" in refused.json["detail"]
    assert (other.status_code, placed.status_code) == (202, 202)


def test_a_campaign_says_which_kinds_it_dials_all_the_same(rest: Rest) -> None:
    silent, saying = rest.campaign(), rest.campaign(allow_number_kinds=["premium", "personal", "premium"])
    path = f"/v1/campaigns/{saying['id']}"

    assert (silent["allow_number_kinds"], saying["allow_number_kinds"]) == ([], ["personal", "premium"])
    assert rest.patch(path, {"name": "x"}).json["allow_number_kinds"] == ["personal", "premium"]
    assert rest.patch(path, {"allow_number_kinds": []}).json["allow_number_kinds"] == []


@pytest.mark.parametrize(
    ("kinds", "pointer"),
    [
        (["emergency"], "/allow_number_kinds/0"),
        (["premium", "geographic"], "/allow_number_kinds/1"),
        (["toll_free"], "/allow_number_kinds/0"),
        (["Premium"], "/allow_number_kinds/0"),
        ([5], "/allow_number_kinds/0"),
        ("premium", "/allow_number_kinds"),
        (None, "/allow_number_kinds"),
        ({"premium": True}, "/allow_number_kinds"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_kinds_that_cannot_be_allowed_are_refused(rest: Rest, kinds: Any, pointer: str, is_new: bool) -> None:
    document = {"allow_number_kinds": kinds}
    if is_new:
        new = {"name": "n", "flow": rest.flow()["id"], "caller_ids": [CALLER_ID]}
        answer = rest.post("/v1/campaigns", {**new, **document})
    else:
        answer = rest.patch(f"/v1/campaigns/{rest.campaign()['id']}", document)

    assert list(pointers(answer)) == [pointer] or (kinds is None and list(pointers(answer)) in ([""], [pointer]))


def test_contacts_of_an_allowed_kind_are_taken_by_request_and_by_file_and_others_are_not(rest: Rest) -> None:
    plain, allowing = rest.campaign()["id"], rest.campaign(allow_number_kinds=["premium"])["id"]
    document = {"contacts": [{"phone": PREMIUM, "variables": {"first_name": "Ann"}}]}
    file = "phone,first_name\n900-555-1213,Ann\n911,Bob\n500-555-1212,Cyd\n"

    refused = rest.post(f"/v1/campaigns/{plain}/contacts", document).json["results"][0]
    taken = rest.post(f"/v1/campaigns/{allowing}/contacts", document).json["results"][0]
    done = rest.upload(allowing, file, "?region=US").json

    assert (refused["error"]["code"], taken["status"]) == ("number_kind", "accepted")
    assert (done["accepted"], done["invalid"]) == (1, 2)
    assert rest.patch(f"/v1/contacts/{taken['id']}", {"variables": {"language": "es"}}).status_code == 200


def test_a_single_call_dials_no_such_kind(rest: Rest) -> None:
    assert pointers(_call(rest, PREMIUM)) == {"/to": "number_kind"}
