"""How long it takes to find people among very many, and what it costs to write the words they are found by.

At two million contacts it needs some 6 GB of disk and, on two cores, a quarter of an hour.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from benchmarks.measures import Measure, Target, share
from orchestrator.local_stack.embedded_servers import start_postgres
from orchestrator.operations.contacts.search_contacts import search_contacts
from orchestrator.operations.contacts.write_words import write_words
from orchestrator.store.sql.engine import open_sql
from orchestrator.store.sql.migrate import upgrade

_AT_ONCE = 100_000
_CAMPAIGN = (
    "INSERT INTO connections (id, calls_per_second, max_live_calls) VALUES ('conn', 1, 1)",
    "INSERT INTO campaigns (id, name, connection_id) VALUES ('cmp_1', 'n', 'conn')",
)
# First names as frequent as they are, 40,000 last names of three to five syllables, an account, a street.
_CONTACTS = text(
    """
    INSERT INTO contacts (id, campaign_id, phone, external_id, variables)
    SELECT 'con_' || lpad(n::text, 26, '0'), 'cmp_1', '+1' || (2012000000 + n), 'crm-' || n,
        jsonb_build_object('first_name', first[1 + (h % 97) * (h % 97) / 97 % 32], 'account', h * 7919 % 100000000,
            'last_name', syllable[1 + h % 20] || syllable[1 + h / 20 % 20] || syllable[1 + h / 400 % 20]
                || syllable[1 + h / 8000 % 5], 'street', syllable[1 + h / 13 % 20] || syllable[1 + h / 17 % 20]
                || 'strasse ' || h % 200, 'appointment', 'Monday at ' || h % 12)
    FROM generate_series(CAST(:first AS bigint), :last) n, LATERAL (SELECT abs(CAST(hashint8(n) AS bigint)) AS h) k,
        (SELECT string_to_array('maria ann john peter paul george lena laura sofia emma mia noah liam oliver james '
            || 'lucas elena ivan olga pedro juan jose luis carlos marta julia hanna klaus juergen bjoern ada kurt', ' ')
            AS first, string_to_array('ba ke mi ro su ta ne lo vi da pe ger man son berg stein hof wil der bach', ' ')
            AS syllable) words
    """
)
_ASKED = (
    "maria", "Maria Bakemi", "kemiro", "crm-1234567", "bergstein", "stein", "monday", "zzzq", "kurt bachbachbach",
    "99999", "ada hofwil", "strasse", "josé", "quentin", "+1 201 200 0123", "201-234-5678", "sonsonson ivan",
)  # fmt: skip
# A frequent word with a status and a disposition that nobody has, and one that everybody has.
_WITH_FILTERS = (
    ("maria", {"status": "completed"}),
    ("monday", {"status": "waiting", "disposition": "human"}),
    ("ada hofwil", {"status": "waiting"}),
)
_QUESTIONS = (*((q, {}) for q in _ASKED), *_WITH_FILTERS)


def measure_searches(*, contacts: int, times: int = 20) -> list[Measure]:
    """Fill a database, write the words, and search for each text, and with filters, so many times."""
    with tempfile.TemporaryDirectory(prefix="searches-") as folder:
        server = start_postgres(Path(folder), durable=False)
        upgrade(server.url)
        sql = open_sql(server.url)
        try:
            _fill(sql, contacts)
            write_s, longest_s = _write(sql)
            took = {(q, *filters.items()): _times(sql, q, filters, times) for q, filters in _QUESTIONS}
        finally:
            sql.dispose()
            server.stop()
    every_one = [each for of_one in took.values() for each in of_one]
    slowest = max(took, key=lambda asked: share(took[asked], 0.99))
    what, note = f"a search among {contacts:,} contacts", f"slowest: {slowest!r}"
    return [
        Measure(f"{what}: p50", share(every_one, 0.5), "ms"),
        Measure(f"{what}: p99", share(every_one, 0.99), "ms", None, Target("most", 50), note),
        Measure("writing the words of a contact", write_s / contacts * 1e6, "µs"),
        Measure("the longest turn of the sweep that writes words", longest_s * 1e3, "ms"),
    ]


def _fill(sql: Engine, contacts: int) -> None:
    with sql.begin() as tx:
        for statement in _CAMPAIGN:
            tx.execute(text(statement))
    for first in range(1, contacts + 1, _AT_ONCE):
        with sql.begin() as tx:
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.connection.driver_connection.wait_at_most_s = 3600  # type: ignore[union-attr]
            tx.execute(_CONTACTS, {"first": first, "last": min(contacts, first + _AT_ONCE - 1)})


def _write(sql: Engine) -> tuple[float, float]:
    """Write the words of all; return how many seconds that took, and its longest turn."""
    turns: list[float] = []
    while True:
        began = time.monotonic()
        written = write_words(sql)
        turns.append(time.monotonic() - began)
        if not written:
            return sum(turns), max(turns)


def _times(sql: Engine, q: str, filters: Mapping[str, Any], times: int) -> list[float]:
    """Search so many times; return how many milliseconds each took."""
    took = []
    for _ in range(times):
        began = time.perf_counter()
        search_contacts(
            q, filters, region="US", after=None, limit=50, sql=sql, clock=lambda: datetime.now(UTC), caller_id=None
        )
        took.append((time.perf_counter() - began) * 1e3)
    return took
