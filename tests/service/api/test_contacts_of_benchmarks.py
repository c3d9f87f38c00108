"""The contacts that a benchmark writes within the database are those that an import would have written."""

from __future__ import annotations

from contextlib import closing
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.waiting_contacts import WaitingContacts
from tests.support.rest import Rest

_OF_ITS_OWN = {"id", "campaign_id", "import_id", "phone", "due_at", "created_at", "updated_at"}
_COUNTED = "SELECT parts, n FROM tallies WHERE campaign_id = :id AND subject = 'contacts' AND n <> 0"


def test_contacts_that_wait_for_a_measurement_are_as_an_import_leaves_them(
    rest: Rest, sql: Engine, database_url: str
) -> None:
    imported, written = rest.campaign()["id"], rest.campaign()["id"]
    with closing(WaitingContacts(database_url, written)) as waiting:
        lines = "".join(f"+1312200000{n},Ada,Monday at 9,{waiting.zone},address\n" for n in range(1, 4))
        done = rest.upload(imported, f"phone,first_name,appointment,timezone,timezone_source\n{lines}").json
        waiting.fill_up_to(2)
        waiting.fill_up_to(3)

    assert done["accepted"] == 3, done
    assert _contacts(sql, written) == _contacts(sql, imported)
    assert _all(sql, "SELECT zone FROM campaign_zones WHERE campaign_id = :id", written) == _all(
        sql, "SELECT zone FROM campaign_zones WHERE campaign_id = :id", imported
    )
    assert _all(sql, _COUNTED, written) == _all(sql, _COUNTED, imported)
    assert rest.get(f"/v1/campaigns/{written}/stats").json["contacts"]["total"] == 3


def _contacts(sql: Engine, campaign_id: str) -> list[dict[str, Any]]:
    rows = _all(sql, "SELECT * FROM contacts WHERE campaign_id = :id ORDER BY phone", campaign_id)
    assert all(row["due_at"] is not None and row["import_id"] for row in rows)
    return [{name: value for name, value in row.items() if name not in _OF_ITS_OWN} for row in rows]


def _all(sql: Engine, query: str, campaign_id: str) -> list[dict[str, Any]]:
    with sql.connect() as tx:
        return [dict(row) for row in tx.execute(text(query), {"id": campaign_id}).mappings()]
