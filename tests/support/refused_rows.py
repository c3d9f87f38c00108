"""Lets PostgreSQL refuse certain rows, with whatever error a test asks for, or end the connection that writes them."""

from __future__ import annotations

from tests.support.world import World

TOO_LARGE = "54000"


def refuse_rows(world: World, table: str, condition: str, *, sqlstate: str = TOO_LARGE) -> None:
    """Refuse each row that is written to `table` and meets the condition, which names it NEW."""
    _meet_rows(world, table, condition, f"RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}';")


def end_who_writes(world: World, table: str, condition: str) -> None:
    """End the connection that writes such a row to `table`."""
    _meet_rows(world, table, condition, "PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW;")


def _meet_rows(world: World, table: str, condition: str, how: str) -> None:
    world.execute(f"CREATE OR REPLACE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {how} END $$")
    world.execute(
        f"CREATE TRIGGER refuse_row BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
        "EXECUTE FUNCTION refuse_row()"
    )


def take_rows(world: World, table: str) -> None:
    """Take all rows again."""
    world.execute(f"DROP TRIGGER refuse_row ON {table}")
