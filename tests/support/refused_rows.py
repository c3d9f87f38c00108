"""Lets PostgreSQL refuse certain rows, with whatever error a test asks for."""

from __future__ import annotations

from tests.support.world import World

TOO_LARGE = "54000"


def refuse_rows(world: World, table: str, condition: str, *, sqlstate: str = TOO_LARGE) -> None:
    """Refuse each row that is written to `table` and meets the condition, which names it NEW."""
    world.execute(
        f"""
        CREATE OR REPLACE FUNCTION refuse_row() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '{sqlstate}'; END $$
        """
    )
    world.execute(
        f"CREATE TRIGGER refuse_row BEFORE INSERT OR UPDATE ON {table} FOR EACH ROW WHEN ({condition}) "
        "EXECUTE FUNCTION refuse_row()"
    )


def take_rows(world: World, table: str) -> None:
    """Refuse no rows any more."""
    world.execute(f"DROP TRIGGER refuse_row ON {table}")
