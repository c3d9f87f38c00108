"""The list of campaigns with the counts of each: one answer for a front page, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from orchestrator.services import Services
from orchestrator.store.sql.tallies import fold_tallies
from tests.support.rest import CONNECTION, Rest, fresh_number, pointers

_CALL = f"""
    INSERT INTO calls (id, campaign_id, contact_id, connection_id, to_number, from_number, attempt, state, command_id,
        ring_limit_s, talk_limit_s, disposition)
    SELECT 'call_1', campaign_id, id, '{CONNECTION}', phone, '+12125550100', 1, 'ended', 'c', 30, 600, 'human'
    FROM contacts WHERE id = :id
"""


def _listed(rest: Rest, query: str = "") -> dict[str, Any]:
    answer = rest.get(f"/v1/campaigns?include=stats{query}")
    assert answer.status_code == 200, answer.text
    return {each["id"]: each["stats"] for each in (answer.json or {})["data"]}


@pytest.mark.parametrize("is_folded", [False, True])
def test_each_campaign_has_the_counts_that_its_own_stats_have(rest: Rest, services: Services, is_folded: bool) -> None:
    first, second, empty = (rest.campaign(tags=["spring"])["id"] for _ in range(3))
    called, *_ = rest.contacts(first, *(fresh_number() for _ in range(3)))
    rest.contacts(second, fresh_number())
    with services.sql.begin() as tx:
        tx.execute(text(_CALL), {"id": called})
        tx.execute(text("UPDATE contacts SET status = 'completed' WHERE id = :id"), {"id": called})
    while is_folded and fold_tallies(services.sql):
        pass

    listed = _listed(rest, "&tag=spring")

    assert set(listed) == {first, second, empty}
    assert (listed[first]["contacts"]["total"], listed[first]["contacts"]["completed"]) == (3, 1)
    assert listed[first]["calls"]["by_disposition"] == {"human": 1}
    assert (listed[second]["contacts"]["waiting"], listed[empty]["contacts"]["total"]) == (1, 0)
    for campaign, summary in listed.items():
        whole = rest.get(f"/v1/campaigns/{campaign}/stats").json or {}
        assert summary["contacts"] == whole["contacts"]
        assert summary["calls"] == {name: whole["calls"][name] for name in summary["calls"]}
        assert summary["limit"] == whole["rate"]["limit"]


def test_what_contacts_are_held_for_has_the_shape_it_has_in_stats(rest: Rest, services: Services) -> None:
    first, second = (rest.campaign()["id"] for _ in range(2))
    nowhere = rest.campaign(calling_hours={"timezone": "contact"})["id"]
    rest.contacts(nowhere, "+18005550123")
    held = "UPDATE contacts SET status = 'held', reason = :reason, due_at = CAST(:due_at AS timestamptz) WHERE id = :id"
    people = [*rest.contacts(first, *(fresh_number() for _ in range(3))), *rest.contacts(second, fresh_number())]
    gaps = zip(people, ("2030-01-02", "2030-01-01", None, "2030-01-03"), strict=True)
    with services.sql.begin() as tx:
        for contact, due_at in gaps:
            reason = "number_gap" if due_at else "unknown_attempt"
            tx.execute(text(held), {"id": contact, "reason": reason, "due_at": due_at})

    listed = _listed(rest)

    assert listed[first]["held_by_reason"]["number_gap"]["contacts"] == 2
    assert listed[first]["held_by_reason"]["number_gap"]["next_at"] == "2030-01-01T00:00:00.000Z"
    assert listed[first]["held_by_reason"]["unknown_attempt"]["next_at"] is None
    assert listed[nowhere]["held_by_reason"]["zone_unknown"]["contacts"] == 1
    for campaign, summary in listed.items():
        assert summary["held_by_reason"] == (rest.get(f"/v1/campaigns/{campaign}/stats").json or {})["held_by_reason"]


def test_more_campaigns_ask_no_more_queries(rest: Rest, services: Services) -> None:
    asked: list[str] = []
    event.listen(services.sql, "before_cursor_execute", lambda *each: asked.append(each[2]))
    counts = []
    for _ in range(2):
        for _ in range(5):
            rest.contacts(rest.campaign()["id"], fresh_number())
        asked.clear()
        _listed(rest)
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_stats_are_left_out_unless_they_are_asked_for(rest: Rest) -> None:
    rest.campaign()

    assert [each["stats"] for each in (rest.get("/v1/campaigns").json or {})["data"]] == [None]


def test_a_list_with_stats_is_bounded(rest: Rest) -> None:
    assert list(pointers(rest.get("/v1/campaigns?include=stats&limit=101"))) == ["?limit"]
    assert rest.get("/v1/campaigns?include=stats&limit=100").status_code == 200
    assert rest.get("/v1/campaigns?limit=101").status_code == 200
