"""What became of a campaign's calls is counted by the minute, so that no chart reads millions of calls."""

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_CHANGES = {"INSERT": (("added", 1),), "UPDATE": (("added", 1), ("removed", -1)), "DELETE": (("removed", -1),)}
_TABLES = {"INSERT": "NEW TABLE AS added", "DELETE": "OLD TABLE AS removed"}
_TABLES["UPDATE"] = f"{_TABLES['DELETE']} {_TABLES['INSERT']}"

# A call is counted when it is over: once for each thing that happened to it, in the minute in which that happened.
_IS_OVER = "state = 'ended' AND ended_at IS NOT NULL"
_SHORT = "CASE WHEN length({0}) > 200 THEN left({0}, 200) || '…' || md5({0}) ELSE {0} END"
_MINUTES = f"""
    SELECT k.campaign_id,
        ARRAY[to_char(x.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI'), x.what, x.value] AS parts, {{sign}} AS n
    FROM {{rows}} k CROSS JOIN LATERAL (
        VALUES ('dial', k.dialed_at, NULL), ('answer', k.answered_at, NULL), ('end', k.ended_at, NULL),
            ('disposition', k.ended_at, k.disposition),
            ('outcome', CASE WHEN k.outcome IS NOT NULL THEN k.ended_at END, {_SHORT.format("k.outcome")})
    ) AS x(what, at, value)
    WHERE k.{_IS_OVER} AND x.at IS NOT NULL
"""  # noqa: S608 texts of this file


def _count(table: str, rows: str) -> str:
    return (
        f"INSERT INTO {table} (campaign_id, subject, parts, n) SELECT campaign_id, 'minutes', parts, sum(n) "  # noqa: S608 built from constants
        f"FROM ({rows}) c GROUP BY campaign_id, parts HAVING sum(n) <> 0"
    )


def upgrade() -> None:
    for action, changes in _CHANGES.items():
        name = f"tally_minutes_{action.lower()}"
        is_any_over = " OR ".join(f"EXISTS (SELECT FROM {rows} WHERE {_IS_OVER})" for rows, _ in changes)
        counted = _count("tally_changes", " UNION ALL ".join(_MINUTES.format(rows=rows, sign=n) for rows, n in changes))
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN IF {is_any_over} THEN {counted}; END IF; RETURN NULL; END $$"
        )
        op.execute(
            f"CREATE TRIGGER {name} AFTER {action} ON calls REFERENCING {_TABLES[action]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )
    op.execute(_count("tallies", _MINUTES.format(rows="calls", sign=1)))


def downgrade() -> None:
    for action in _CHANGES:
        op.execute(f"DROP TRIGGER tally_minutes_{action.lower()} ON calls")
        op.execute(f"DROP FUNCTION tally_minutes_{action.lower()}()")
    for table in ("tally_changes", "tallies"):
        op.execute(f"DELETE FROM {table} WHERE subject = 'minutes'")  # noqa: S608 a constant
