"""What is asked of many events and deliveries costs a few pages: each by an index, and nothing is read whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import text

from orchestrator.local_stack.embedded_servers import RunningServer
from orchestrator.operations.notify.forget_events import forget_events
from orchestrator.operations.notify.order_events import EventOrder
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.told_events import newest_event, read_events
from orchestrator.store.sql.webhook_deliveries import list_deliveries
from orchestrator.store.sql.webhook_endpoints import is_any_told_of_answers
from tests.support.databases import clone_database, drop_database
from tests.support.plans import explained
from tests.support.raw_server import raw_server
from tests.support.told import Teller, answers

EVENTS = 100_000
MOST_PAGES = 1_000  # fewer than either table has

_FILL = """
    INSERT INTO events (id, type, subject, at, data)
    SELECT 'evt_0' || lpad(upper(to_hex(n)), 13, '0') || '0123456789AB', CASE WHEN n % 3 = 0 THEN 'call.answered'
        WHEN n % 3 = 1 THEN 'call.ended' ELSE 'contact.finished' END, 'call_' || n / 3, now(), '{}'
    FROM generate_series(1, :events) n;
    INSERT INTO webhook_deliveries (endpoint_id, seq, event_id, type, subject, status, due_at)
    SELECT w.id, e.seq, e.id, e.type, e.subject, CASE WHEN e.seq % 5 = 0 THEN 'pending' ELSE 'delivered' END,
        CASE WHEN e.seq % 5 = 0 THEN now() + interval '1 hour' END
    FROM events e, webhook_endpoints w;
"""


@pytest.fixture(scope="module")
def teller(postgres_server: RunningServer) -> Iterator[Teller]:
    """Return an endpoint that has received many events, and still waits for many; what is asked changes few of them."""
    url = clone_database(postgres_server.url, "many_events")
    sql = open_sql(url)
    teller = Teller(sql)
    teller.endpoint("http://127.0.0.1:1/", events=[])
    with sql.connect().execution_options(isolation_level="AUTOCOMMIT") as tx:
        for statement in _FILL.split(";")[:2]:
            tx.execute(text(statement), {"events": EVENTS} if ":events" in statement else {})
        tx.execute(text("VACUUM ANALYZE events, webhook_deliveries, webhook_endpoints, new_events"))
    yield teller
    sql.dispose()
    drop_database(url)


def _read(teller: Teller, *, after: int, types: tuple[str, ...] = (), subject: str | None = None) -> None:
    with teller.sql.connect() as tx:
        read_events(tx, after=after, types=types, subject=subject, limit=101)


def _list(teller: Teller, status: str | None) -> None:
    filters = {"status": status} if status else {}
    with teller.sql.connect() as tx:
        list_deliveries(tx, teller.endpoint_row().id, filters, after=None, limit=50)


def _deliver(teller: Teller) -> None:
    with raw_server(answers(200)) as server:
        teller.execute(f"UPDATE webhook_endpoints SET url = '{server.url}'")
        teller.tell(*(f"call.ended call_{n}" for n in range(20)), *("call.ended call_new" for _ in range(5)))
        teller.deliverer(server.url).deliver_events()


def _ask(teller: Teller) -> None:
    with teller.sql.connect() as tx:
        newest_event(tx)
        is_any_told_of_answers(tx)


ASKED: dict[str, Callable[[Teller], object]] = {
    "order": lambda teller: EventOrder(teller.sql).order_events(),
    "deliver": _deliver,
    "nothing is due": lambda teller: teller.deliverer().deliver_events(),
    "forget": lambda teller: forget_events(teller.sql),
    "the newest": _ask,
    "read all": lambda teller: _read(teller, after=EVENTS // 2),
    "read a type": lambda teller: _read(teller, after=10, types=("call.ended",)),
    "read types that are rare": lambda teller: _read(teller, after=0, types=("guard.tripped", "campaign.paused")),
    "read a subject": lambda teller: _read(teller, after=0, subject="call_9", types=("call.ended",)),
    "list": lambda teller: _list(teller, None),
    "list what failed": lambda teller: _list(teller, "failed"),
    "list what is pending": lambda teller: _list(teller, "pending"),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("kept", [True, False], ids=["kept", "once"])
def test_what_is_asked_of_many_events_reads_a_few_pages(teller: Teller, name: str, kept: bool) -> None:
    with explained(teller.sql, kept=kept) as plans:
        ASKED[name](teller)

    assert plans
    assert not [str(plan) for plan in plans if plan.pages > MOST_PAGES]
