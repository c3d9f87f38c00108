"""Contacts by the million that wait for their call, written within the database as an import leaves them."""

from __future__ import annotations

from sqlalchemy import Engine, create_engine, text

from orchestrator.cli.demo_people import NOON, zone_where_it_is
from orchestrator.clock import utc_now
from orchestrator.ids import new_id
from orchestrator.policy.zones.zones_version import zones_version
from orchestrator.store.sql.campaigns import add_zones
from orchestrator.store.sql.imports import close_import, count_batch, insert_import
from orchestrator.store.sql.tallies import fold_tallies

_AT_ONCE = 20_000
# The columns an import fills. Triggers count the rows, as they do for every insert.
_INSERT = text(
    """
    INSERT INTO contacts (id, campaign_id, import_id, phone, timezone, timezone_source, zone, zones_version, variables,
                          due_at)
    SELECT 'con_' || lpad(n::text, 26, '0'), :campaign_id, :import_id, '+1312' || (2000000 + n), :zone, 'address',
           :zone, :zones_version, '{"first_name": "Ada", "appointment": "Monday at 9"}', now()
    FROM generate_series(CAST(:first AS bigint), :last) n
    """
)
_WAITING = text("SELECT count(*) FROM contacts WHERE campaign_id = :campaign_id AND status = 'waiting'")


class WaitingContacts:
    """Keeps a campaign filled with people who live in `zone`, where it is day; the first number is the one `after`."""

    def __init__(self, database_url: str, campaign_id: str, *, after: int = 0) -> None:
        self._sql: Engine = create_engine(database_url)
        self._campaign_id, self._written = campaign_id, after
        self.zone = zone_where_it_is(NOON, utc_now())

    def fill_up_to(self, count: int) -> None:
        """Write what is missing for so many waiting contacts, and let the planner know of them."""
        with self._sql.connect() as tx:
            missing = count - int(tx.execute(_WAITING, {"campaign_id": self._campaign_id}).scalar_one())
        if missing > 0:
            self._import(missing)
        while fold_tallies(self._sql):
            pass
        with self._sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
            tx.execute(text("VACUUM ANALYZE"))  # as autovacuum does within minutes, which would be measured otherwise

    def close(self) -> None:
        """Close the connections."""
        self._sql.dispose()

    def _import(self, count: int) -> None:
        import_id, first = new_id("imp"), self._written + 1
        self._written += count
        with self._sql.begin() as tx:
            insert_import(tx, import_id, self._campaign_id, {})
            add_zones(tx, self._campaign_id, [self.zone])
        for start in range(first, self._written + 1, _AT_ONCE):
            last = min(start + _AT_ONCE - 1, self._written)
            names = {"campaign_id": self._campaign_id, "import_id": import_id, "zone": self.zone}
            names |= {"zones_version": zones_version().name}
            rows = last - start + 1
            with self._sql.begin() as tx:
                tx.execute(_INSERT, {**names, "first": start, "last": last})
                count_batch(tx, import_id, {"rows": rows, "accepted": rows}, problems=[])
        with self._sql.begin() as tx:
            close_import(tx, import_id, status="completed")
