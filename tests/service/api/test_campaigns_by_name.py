"""A campaign is found by its name without reading those of other names."""

from __future__ import annotations

from sqlalchemy import text

from orchestrator.services import Services
from orchestrator.store.sql.campaigns import list_campaigns
from tests.support.rest import Rest

_MANY = """
INSERT INTO campaigns (id, name, kind, status, flow_id, connection_id, caller_ids)
SELECT 'cmp_' || lpad(n::text, 26, '0'), 'campaign ' || n, 'campaign', 'draft', flow_id, connection_id, caller_ids
FROM campaigns, generate_series(1, 20000) AS n WHERE campaigns.id = :id
"""
_EXPLAINED = """
EXPLAIN SELECT * FROM campaigns WHERE name = 'nobody' AND kind = 'campaign' ORDER BY id DESC LIMIT 11
"""


def test_a_name_is_looked_up_in_the_index(rest: Rest, services: Services) -> None:
    with services.sql.begin() as tx:
        tx.execute(text(_MANY), {"id": rest.campaign(name="mine")["id"]})
    with services.sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        tx.execute(text("ANALYZE campaigns"))
        plan = "\n".join(tx.execute(text(_EXPLAINED)).scalars())
        found = list_campaigns(tx, {"name": "mine"}, after=None, limit=10)

    assert "campaigns_by_name" in plan
    assert [row.name for row in found] == ["mine"]
