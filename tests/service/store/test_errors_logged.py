"""What PostgreSQL refuses goes to the log without the rows that it quotes: they hold phone numbers and names."""

from __future__ import annotations

import traceback
from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

PHONE = "+13125550142"


@pytest.fixture
def tx(sql: Engine) -> Iterator[Connection]:
    with sql.connect() as tx:
        tx.execute(text("CREATE TEMPORARY TABLE people (phone text PRIMARY KEY, age integer CHECK (age > 0))"))
        yield tx


def test_a_value_that_is_there_already_or_is_not_allowed_is_not_quoted(tx: Connection) -> None:
    add = text("INSERT INTO people VALUES (:phone, :age)")
    tx.execute(add, {"phone": PHONE, "age": 1})
    for phone, age, rule in ((PHONE, 2, "people_pkey"), (PHONE.replace("42", "43"), -1, "people_age_check")):
        with pytest.raises(DBAPIError) as refused, tx.begin_nested():
            tx.execute(add, {"phone": phone, "age": age})

        said = "".join(traceback.format_exception(refused.value))
        assert rule in said
        assert PHONE[:-2] not in said
        assert isinstance(refused.value.orig, psycopg.Error) and PHONE[:-2] in str(
            refused.value.orig.diag.message_detail
        )


def test_a_row_that_is_copied_is_not_quoted(tx: Connection) -> None:
    with pytest.raises(psycopg.Error) as refused:
        copy_rows(tx, [(PHONE, None)] * 2)

    said = "".join(traceback.format_exception(refused.value))
    assert "people_pkey" in said
    assert PHONE not in said


def copy_rows(tx: Connection, rows: list[tuple[str, None]]) -> None:
    driver = tx.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    with driver.cursor() as cursor, cursor.copy("COPY people FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
