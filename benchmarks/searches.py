"""How long it takes to find people among very many, and what it costs to write the words they are found by.

`python -m benchmarks.searches --contacts 2000000`; needs some 6 GB of disk and, on two cores, a quarter of an hour.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Engine, text

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


def main(arguments: Sequence[str] | None = None) -> None:
    """Fill a database, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--contacts", type=int, default=2_000_000)
    parser.add_argument("--times", type=int, default=20)
    asked = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="searches-") as folder:
        server = start_postgres(Path(folder), durable=False)
        upgrade(server.url)
        sql = open_sql(server.url)
        try:
            _fill(sql, asked.contacts)
            _write(sql, asked.contacts)
            _search(sql, asked.times)
        finally:
            sql.dispose()
            server.stop()


def _fill(sql: Engine, contacts: int) -> None:
    began = time.monotonic()
    with sql.begin() as tx:
        for statement in _CAMPAIGN:
            tx.execute(text(statement))
    for first in range(1, contacts + 1, _AT_ONCE):
        with sql.begin() as tx:
            tx.execute(text("SET LOCAL statement_timeout = 0"))
            tx.connection.driver_connection.wait_at_most_s = 3600  # type: ignore[union-attr]
            tx.execute(_CONTACTS, {"first": first, "last": min(contacts, first + _AT_ONCE - 1)})
    _told("contacts inserted", began, contacts)


def _write(sql: Engine, contacts: int) -> None:
    began, longest = time.monotonic(), 0.0
    while True:
        step = time.monotonic()
        if not write_words(sql):
            break
        longest = max(longest, time.monotonic() - step)
    _told("words written", began, contacts)
    with sql.connect() as tx:
        sizes = tx.execute(
            text(
                "SELECT pg_size_pretty(pg_total_relation_size('contact_words')), "
                "pg_size_pretty(pg_relation_size('contact_words_trigrams')), "
                "pg_size_pretty(pg_relation_size('contacts'))"
            )
        ).one()
    print(
        f"longest turn of the sweep {longest * 1e3:.0f} ms; words {sizes[0]}, trigrams {sizes[1]}, contacts {sizes[2]}"
    )


def _told(what: str, began: float, n: int) -> None:
    took = time.monotonic() - began
    print(f"{what}: {took:.0f} s, {took / n * 1e6:.0f} µs each", flush=True)


def _search(sql: Engine, times: int) -> None:
    all_of_them: list[float] = []
    for q in _ASKED:
        took = []
        for _ in range(times):
            began = time.perf_counter()
            found = search_contacts(
                q, {}, region="US", after=None, limit=50, sql=sql, clock=lambda: datetime.now(UTC), caller_id=None
            )
            took.append((time.perf_counter() - began) * 1e3)
        all_of_them += took
        took.sort()
        print(
            f"{q!r}: {len(found.rows)} found, median {took[len(took) // 2]:.1f} ms, slowest {took[-1]:.1f} ms",
            flush=True,
        )
    all_of_them.sort()
    median, slow = (all_of_them[int(len(all_of_them) * part)] for part in (0.5, 0.99))
    print(f"all: median {median:.1f} ms, p99 {slow:.1f} ms")


if __name__ == "__main__":
    main()
