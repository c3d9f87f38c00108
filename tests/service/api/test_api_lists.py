"""Lists over REST: created, filled, looked up, named by campaigns, deleted; and every wrong field is named."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text
from werkzeug.test import TestResponse

from orchestrator.clock import rfc3339, utc_now
from orchestrator.services import Services
from tests.support.rest import Rest, fresh_number, pointers


def make(rest: Rest, name: str = "internal", kind: str = "suppress", **fields: Any) -> str:
    made = rest.post("/v1/lists", {"name": name, "kind": kind, **fields})
    assert made.status_code == 201, made.text
    return str((made.json or {})["id"])


def put(rest: Rest, list_id: str, rows: str, query: str = "") -> TestResponse:
    return rest.request("PUT", f"/v1/lists/{list_id}/content{query}", data=f"phone\n{rows}", content_type="text/csv")


def holding(rest: Rest, phone: str) -> list[tuple[str, str]]:
    found = rest.get(f"/v1/lists/lookup?phone={phone.replace('+', '%2B')}").json or {}
    return [(each["name"], each["entry"]) for each in found["lists"]]


def shown(rest: Rest, list_id: str) -> dict[str, Any]:
    return dict(rest.get(f"/v1/lists/{list_id}").json or {})


def history(rest: Rest, list_id: str) -> list[tuple[str, str | None, str, str | None]]:
    page = rest.get(f"/v1/lists/{list_id}/changes").json or {}
    return [(line["action"], line["number"], line["by"], line["because"]) for line in page["data"]]


def test_a_list_is_created_shown_and_listed(rest: Rest) -> None:
    made = (
        rest.post(
            "/v1/lists",
            {
                "name": "us-national",
                "kind": "registry",
                "regions": ["US"],
                "purposes": ["sales"],
                "owner": "compliance",
            },
        ).json
        or {}
    )

    assert made["max_age"] == "31d"
    assert (made["version"], made["entries"], made["as_of"], made["stale_from"]) == (0, 0, None, None)
    assert shown(rest, made["id"]) == made
    assert (rest.get("/v1/lists?kind=registry").json or {})["data"] == [made]
    assert (rest.get("/v1/lists?name=other").json or {})["data"] == []
    assert history(rest, made["id"]) == [("create", None, "api", None)]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "", "string_too_short"),
        ("name", "a\u202eb", "bad_character"),
        ("name", "global", "reserved_name"),
        ("name", "lst_1", "reserved_name"),
        ("kind", "black", "enum"),
        ("regions", ["XX"], "unknown_region"),
        ("regions", ["us"], "unknown_region"),
        ("regions", "US", "tuple_type"),
        ("max_age", "31", "duration"),
        ("max_age", "0s", "max_age"),
        ("max_age", "400d", "duration"),
        ("purposes", ["fun"], "enum"),
        ("owner", "", "string_too_short"),
        ("color", "red", "unknown_field"),
    ],
)
def test_each_wrong_field_of_a_list_is_named(rest: Rest, field: str, value: Any, code: str) -> None:
    document = {"name": "x", "kind": "registry", field: value}

    found = pointers(rest.post("/v1/lists", document))

    assert [place.split("/")[1] for place in found] == [field] and set(found.values()) == {code}


@pytest.mark.parametrize(("field", "value"), [("max_age", "31d"), ("regions", ["US"]), ("purposes", ["sales"])])
@pytest.mark.parametrize("kind", ["suppress", "allow"])
def test_what_only_a_registry_has_is_refused_elsewhere(rest: Rest, kind: str, field: str, value: Any) -> None:
    assert pointers(rest.post("/v1/lists", {"name": "x", "kind": kind, field: value})) == {f"/{field}": field}
    list_id = make(rest, kind=kind)
    assert pointers(rest.patch(f"/v1/lists/{list_id}", {field: value})) == {f"/{field}": field}


def test_a_name_is_taken_once(rest: Rest) -> None:
    make(rest, "internal")

    again = rest.post("/v1/lists", {"name": "internal", "kind": "allow"})

    assert (again.status_code, (again.json or {})["code"]) == (409, "name_taken")


def test_a_list_is_changed_and_says_so(rest: Rest) -> None:
    list_id = make(rest, "florida", "registry")

    changed = (
        rest.patch(
            f"/v1/lists/{list_id}",
            {"regions": ["US-FL"], "max_age": "10d", "owner": "ann", "because": "state list", "by": "ann"},
        ).json
        or {}
    )

    assert (changed["regions"], changed["max_age"], changed["owner"]) == (["US-FL"], "10d", "ann")
    assert history(rest, list_id)[0] == ("change", None, "ann", "state list")
    assert pointers(rest.patch(f"/v1/lists/{list_id}", {"name": "x"})) == {"/name": "unknown_field"}
    assert pointers(rest.patch(f"/v1/lists/{list_id}", {"because": ""})) == {"/because": "string_too_short"}


def test_a_file_replaces_the_content_and_counts(rest: Rest) -> None:
    list_id = make(rest)
    put(rest, list_id, "+12125550101\n+12125550102\n")

    done = put(
        rest, list_id, "+12125550102\n(212) 555-0103\n+1 900*\nnobody\n", "?region=US&by=ann&because=monthly"
    ).json

    assert done and (done["rows"], done["accepted"], done["invalid"], done["changed_since"]) == (4, 3, 1, 0)
    assert [(error["row"], error["code"]) for error in done["errors"]] == [(5, "not_a_number")]
    assert (done["list"]["version"], done["list"]["entries"]) == (2, 3)
    assert [holding(rest, phone) for phone in ("+12125550101", "+12125550102", "+12125550103", "+19005551212")] == [
        [],
        [("internal", "+12125550102")],
        [("internal", "+12125550103")],
        [("internal", "+1900*")],
    ]
    assert history(rest, list_id)[0] == ("import", None, "ann", "monthly")


def test_the_same_number_twice_in_a_file_is_one_entry(rest: Rest) -> None:
    list_id = make(rest)

    done = put(rest, list_id, "+12125550101\n+1 212 555 0101\n" * 3000).json or {}

    assert (done["accepted"], done["list"]["entries"]) == (6000, 1)


def test_of_a_cell_that_may_mean_several_numbers_all_are_kept_out_and_none_is_let_in(rest: Rest) -> None:
    suppress, allow = make(rest, "internal"), make(rest, "agreed", "allow")

    out = put(rest, suppress, '"030 12345/12346"\n', "?region=DE").json or {}
    let = put(rest, allow, '"030 12345/12346"\n', "?region=DE").json or {}

    assert (out["accepted"], out["list"]["entries"], len(out["notes"])) == (1, 2, 1)
    assert (let["accepted"], let["list"]["entries"], let["errors"][0]["code"]) == (0, 0, "several_numbers")


@pytest.mark.parametrize("prefix", ["1900*", "+*", "+0900*", "+1900x*", "*", "+1900**", "+123456789012345*"])
def test_a_prefix_that_is_none_is_refused(rest: Rest, prefix: str) -> None:
    list_id = make(rest)

    assert pointers(rest.post(f"/v1/lists/{list_id}/entries", {"entries": [prefix]})) == {"/entries/0": "prefix"}
    assert (put(rest, list_id, f"{prefix}\n+12125550101\n").json or {})["errors"][0]["code"] == "prefix"


def test_a_file_of_a_moment_to_come_is_refused(rest: Rest) -> None:
    list_id = make(rest)
    later = rfc3339(utc_now() + timedelta(minutes=5))

    assert pointers(put(rest, list_id, "+12125550101\n", f"?as_of={later}")) == {"?as_of": "in_the_future"}
    assert pointers(put(rest, list_id, "+12125550101\n", "?as_of=yesterday")) == {"?as_of": "moment"}
    assert pointers(put(rest, list_id, "+12125550101\n", "?accept_older=perhaps")) == {"?accept_older": "bool_parsing"}
    assert shown(rest, list_id)["version"] == 0


def test_a_file_older_than_the_content_is_refused_unless_it_is_accepted(rest: Rest) -> None:
    list_id = make(rest, kind="registry")
    put(rest, list_id, "+12125550101\n", "?as_of=2026-03-01T00:00:00Z")

    refused = put(rest, list_id, "+12125550102\n", "?as_of=2026-02-01T00:00:00Z")

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "older_content")
    assert holding(rest, "+12125550101") and not holding(rest, "+12125550102")
    done = put(rest, list_id, "+12125550102\n", "?as_of=2026-02-01T00:00:00Z&accept_older=true").json or {}
    assert done["list"]["as_of"] == "2026-02-01T00:00:00.000Z"
    assert done["list"]["stale_from"] == "2026-03-04T00:00:00.000Z"


@pytest.mark.parametrize("rows", ["", "nobody\n", "+12125550101\n"])
def test_a_file_that_would_let_most_of_a_list_go_is_refused_unless_it_is_accepted(rest: Rest, rows: str) -> None:
    list_id = make(rest)
    put(rest, list_id, "+12125550101\n+12125550102\n+12125550103\n")

    refused = put(rest, list_id, rows)

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "much_smaller")
    assert shown(rest, list_id)["entries"] == 3
    assert put(rest, list_id, rows, "?accept_smaller=true").status_code == 200
    assert shown(rest, list_id)["entries"] == rows.count("+")


def test_an_allow_list_may_shrink_as_it_likes(rest: Rest) -> None:
    list_id = make(rest, kind="allow")
    put(rest, list_id, "+12125550101\n+12125550102\n+12125550103\n")

    assert (put(rest, list_id, "").json or {})["list"]["entries"] == 0


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "empty_file"),
        ("name\nAnn\n", "missing_column"),
        ("phone,mobile\n+12125550101,+12125550102\n", "duplicate_column"),
    ],
)
def test_a_file_that_cannot_be_used_changes_nothing(rest: Rest, body: str, code: str) -> None:
    list_id = make(rest)
    put(rest, list_id, "+12125550101\n")

    refused = rest.request("PUT", f"/v1/lists/{list_id}/content", data=body, content_type="text/csv")

    assert (refused.status_code, (refused.json or {})["code"]) == (422, code)
    assert (shown(rest, list_id)["version"], shown(rest, list_id)["entries"]) == (1, 1)


def test_entries_are_added_once_and_every_wrong_one_is_named(rest: Rest) -> None:
    list_id = make(rest)

    first = rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+12125550101", "+1 (900)*"], "because": "asked"})
    again = rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+12125550101", "+12125550102"], "by": "ann"})
    wrong = rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+12125550103", "2125550104", "x"]})

    assert [((each.json or {})["added"], (each.json or {})["kept"]) for each in (first, again)] == [(2, 0), (1, 1)]
    assert pointers(wrong) == {"/entries/1": "no_region", "/entries/2": "not_a_number"}
    assert shown(rest, list_id)["entries"] == 3 and holding(rest, "+12125550103") == []
    assert history(rest, list_id)[:3] == [
        ("add", "+12125550102", "ann", None),
        ("add", "+1900*", "api", "asked"),
        ("add", "+12125550101", "api", "asked"),
    ]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/entries"),
        ({"entries": []}, "/entries"),
        ({"entries": "+12125550101"}, "/entries"),
        ({"entries": [12125550101]}, "/entries/0"),
        ({"entries": ["+12125550101"] * 1001}, "/entries"),
        ({"entries": ["+12125550101"], "because": "x" * 501}, "/because"),
        ({"entries": ["+12125550101"], "by": ""}, "/by"),
    ],
)
def test_each_wrong_field_of_new_entries_is_named(rest: Rest, body: Any, pointer: str) -> None:
    list_id = make(rest)

    assert list(pointers(rest.post(f"/v1/lists/{list_id}/entries", body))) == [pointer]


def test_an_entry_is_deleted_with_a_reason_and_stays_in_the_history(rest: Rest) -> None:
    list_id = make(rest)
    rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+12125550101"]})
    path = f"/v1/lists/{list_id}/entries?entry=%2B12125550101"

    assert pointers(rest.delete(path)) == {"?because": "required"}
    assert rest.delete(f"{path}&because=wrong+number&by=ann").status_code == 204
    assert rest.delete(f"{path}&because=wrong+number").status_code == 404

    assert holding(rest, "+12125550101") == [] and shown(rest, list_id)["entries"] == 0
    assert history(rest, list_id)[0] == ("delete", "+12125550101", "ann", "wrong number")
    assert pointers(rest.delete(f"/v1/lists/{list_id}/entries?entry=x&because=y")) == {"?entry": "not_a_number"}


def test_what_was_added_or_deleted_after_the_file_was_made_stays_as_it_was_made(rest: Rest) -> None:
    list_id = make(rest)
    put(rest, list_id, "+12125550101\n+12125550102\n")
    made_at = rfc3339(utc_now())
    rest.post(f"/v1/lists/{list_id}/entries", {"entries": ["+12125550109", "+1900*", "+12125550108"]})
    rest.delete(f"/v1/lists/{list_id}/entries?entry=%2B12125550108&because=typo")
    rest.delete(f"/v1/lists/{list_id}/entries?entry=%2B12125550102&because=typo")

    done = put(rest, list_id, "+12125550101\n+12125550102\n+12125550108\n", f"?as_of={made_at}").json or {}

    assert (done["changed_since"], done["list"]["entries"]) == (4, 3)
    phones = ("+12125550101", "+12125550102", "+12125550108", "+12125550109", "+19005551212")
    assert [bool(holding(rest, phone)) for phone in phones] == [True, False, False, True, True]


def test_a_lookup_shows_every_list_and_the_suppressions(rest: Rest) -> None:
    internal, agreed = make(rest, "internal"), make(rest, "agreed", "allow")
    make(rest, "empty")
    phone = "+12125550101"
    rest.post(f"/v1/lists/{internal}/entries", {"entries": [phone, "+1212*", "+1*"]})
    rest.post(f"/v1/lists/{agreed}/entries", {"entries": [phone]})
    rest.post("/v1/suppressions", {"phone": phone, "reason": "asked"})

    found = rest.get("/v1/lists/lookup?phone=(212)+555-0101&region=US").json or {}

    assert found["phone"] == phone
    assert [(each["name"], each["entry"]) for each in found["lists"]] == [
        ("agreed", phone),
        ("internal", "+1*"),
        ("internal", "+1212*"),
        ("internal", phone),
    ]
    assert [each["reason"] for each in found["suppressions"]] == ["asked"]
    assert pointers(rest.get("/v1/lists/lookup")) == {"?phone": "required"}
    assert pointers(rest.get("/v1/lists/lookup?phone=x")) == {"?phone": "not_a_number"}


def test_a_campaign_names_lists_by_name_or_id_and_shows_their_names(rest: Rest) -> None:
    internal, registry, agreed = (
        make(rest, "internal"),
        make(rest, "national", "registry"),
        make(rest, "agreed", "allow"),
    )
    nothing_said = rest.campaign()

    campaign = rest.campaign(lists={"suppress": [internal], "registry": ["national", registry], "allow": agreed})

    unsaid = {"suppress": ["global"], "registry": "auto", "allow": None, "reassigned": "auto", "because": None}
    assert nothing_said["lists"] == unsaid
    assert campaign["lists"] == {
        "suppress": ["global", "internal"],
        "registry": ["national"],
        "allow": "agreed",
        "reassigned": "auto",
        "because": None,
    }
    changed = rest.patch(f"/v1/campaigns/{campaign['id']}", {"lists": {"registry": "off", "because": "own customers"}})
    assert (changed.json or {})["lists"] == unsaid | {"registry": "off", "because": "own customers"}


@pytest.mark.parametrize(
    ("lists", "pointer", "code"),
    [
        ({"suppress": ["global", "nobody"]}, "/lists/suppress/1", "unknown_list"),
        ({"suppress": ["agreed"]}, "/lists/suppress/0", "wrong_kind"),
        ({"suppress": "internal"}, "/lists/suppress", "tuple_type"),
        ({"suppress": [""]}, "/lists/suppress/0", "string_too_short"),
        ({"registry": ["internal"]}, "/lists/registry/0", "wrong_kind"),
        ({"registry": ["nobody"]}, "/lists/registry/0", "unknown_list"),
        ({"registry": ["internal", "\x01"]}, "/lists/registry/1", "bad_character"),
        ({"registry": "some"}, "/lists/registry", "literal_error"),
        ({"reassigned": ["some", " "]}, "/lists/reassigned/1", "string_too_short"),
        ({"allow": "nobody"}, "/lists/allow", "unknown_list"),
        ({"allow": "internal"}, "/lists/allow", "wrong_kind"),
        ({"allow": ["agreed"]}, "/lists/allow", "string_type"),
        ({"registry": "off"}, "/lists/because", "because"),
        ({"registry": "auto", "because": "x"}, "/lists/because", "because"),
        ({"registry": "off", "because": ""}, "/lists/because", "string_too_short"),
        ({"block": []}, "/lists/block", "unknown_field"),
        (None, "/lists", "model_type"),
    ],
)
@pytest.mark.parametrize("is_new", [True, False])
def test_each_wrong_list_of_a_campaign_is_named(rest: Rest, lists: Any, pointer: str, code: str, is_new: bool) -> None:
    make(rest, "internal"), make(rest, "agreed", "allow")
    if is_new:
        document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": ["+12125550100"], "lists": lists}
        answer = rest.post("/v1/campaigns", document)
    else:
        answer = rest.patch(f"/v1/campaigns/{rest.campaign()['id']}", {"lists": lists})

    assert pointers(answer) == {pointer: "lists" if lists is None and not is_new else code}


@pytest.mark.parametrize("lists", [{"registry": []}, {"registry": "some"}, {"registry": 5}])
def test_a_registry_is_auto_off_or_named(rest: Rest, lists: Any) -> None:
    document = {"name": "x", "flow": rest.flow()["id"], "caller_ids": ["+12125550100"], "lists": lists}

    assert set(pointers(rest.post("/v1/campaigns", document))) == {"/lists/registry"}


@pytest.mark.parametrize("kind", ["suppress", "registry", "allow"])
def test_a_list_in_use_is_not_deleted(rest: Rest, kind: str) -> None:
    list_id = make(rest, "mine", kind, **({"purposes": ["sales"]} if kind == "registry" else {}))
    naming = {"suppress": {"suppress": ["mine"]}, "registry": {}, "allow": {"allow": "mine"}}[kind]
    rest.campaign()
    campaign = rest.campaign(purpose="sales", lists=naming)["id"]

    refused = rest.delete(f"/v1/lists/{list_id}")

    assert (refused.status_code, (refused.json or {})["code"]) == (409, "list_in_use")
    assert campaign in (refused.json or {})["detail"]
    rest.post(f"/v1/campaigns/{campaign}/cancel")
    assert rest.delete(f"/v1/lists/{list_id}?because=merged&by=ann").status_code == 204
    assert rest.get(f"/v1/lists/{list_id}").status_code == 404
    assert history(rest, list_id)[0] == ("remove", None, "ann", "merged")
    assert rest.delete(f"/v1/lists/{list_id}").status_code == 404
    assert make(rest, "mine", kind) != list_id


def test_what_names_no_list_is_not_found(rest: Rest) -> None:
    nobody = f"lst_{'0' * 26}"

    answers = [
        rest.get(f"/v1/lists/{nobody}"),
        rest.get(f"/v1/lists/{nobody}/changes"),
        rest.patch(f"/v1/lists/{nobody}", {"owner": "ann"}),
        put(rest, nobody, "+12125550101\n"),
        rest.post(f"/v1/lists/{nobody}/entries", {"entries": ["+12125550101"]}),
        rest.delete(f"/v1/lists/{nobody}/entries?entry=%2B12125550101&because=x"),
        rest.delete(f"/v1/lists/{nobody}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 7


def test_a_single_call_asks_the_registries(rest: Rest, services: Services) -> None:
    list_id, phone = make(rest, "national", "registry"), fresh_number()
    call = {"to": phone, "ignore_hours": True, "because": "a test"}

    stale = rest.post("/v1/calls", call, headers={"Idempotency-Key": "a"})
    put(rest, list_id, f"{phone}\n")
    listed = rest.post("/v1/calls", call, headers={"Idempotency-Key": "b"})

    assert [(each.status_code, (each.json or {})["code"]) for each in (stale, listed)] == [
        (409, "list_stale"),
        (409, "suppressed"),
    ]
    for each in (stale, listed):
        assert (each.json or {})["lists"] == ["national"] and "for national." in (each.json or {})["detail"]
    with services.sql.connect() as tx:
        assert tx.execute(text("SELECT count(*) FROM calls")).scalar_one() == 0
