"""A call says what the person heard and what it cost, and a campaign's guards count both without reading its calls."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_HEARD = ("silent", "opted_out")
_INDEX = (
    "CREATE INDEX calls_people_of ON calls (campaign_id, answered_at DESC) INCLUDE (silent, opted_out) "
    "WHERE silent IS NOT NULL"
)
_CHANGES = {"INSERT": (("added", 1),), "UPDATE": (("added", 1), ("removed", -1)), "DELETE": (("removed", -1),)}

# What a call counts as, beside its state and its answers (0011).
_SHORT = "CASE WHEN length({0}) > 200 THEN left({0}, 200) || '…' || md5({0}) ELSE {0} END"
_STATE = f"ARRAY[state, disposition, {_SHORT.format('outcome')}]"
_CALLS = f"SELECT campaign_id, {_STATE} AS parts, {{sign}} AS n FROM {{rows}}"  # noqa: S608 texts of this file
_ANSWERS = f"""
    SELECT k.campaign_id, ARRAY[{_SHORT.format("a.key")}, {_SHORT.format("a.value")}] AS parts, {{sign}} AS n
    FROM {{rows}} k CROSS JOIN LATERAL jsonb_each_text(k.answers) a
    WHERE k.answers <> '{{{{}}}}' AND left(a.key, 1) <> '_'
"""  # noqa: S608 texts of this file
_DAY = "to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"
# A person counts once as one, and once for each thing that is true of the call.
_PEOPLE = f"""
    SELECT k.campaign_id, ARRAY[{_DAY.format("k.answered_at")}, x.what] AS parts, {{sign}} AS n
    FROM {{rows}} k CROSS JOIN LATERAL (
        VALUES ('people', true), ('abandoned', k.abandoned), ('silent', k.silent), ('opted_out', k.opted_out)
    ) AS x(what, holds)
    WHERE k.silent IS NOT NULL AND k.answered_at IS NOT NULL AND x.holds
"""  # noqa: S608 texts of this file
_SPENT = f"""
    SELECT campaign_id, ARRAY[{_DAY.format("reserved_at")}] AS parts, {{sign}} * ceil(spent * 1000000)::bigint AS n
    FROM {{rows}} WHERE spent IS NOT NULL AND state <> 'withdrawn'
"""  # noqa: S608 texts of this file
_IS_COUNTED = "silent IS NOT NULL OR spent IS NOT NULL"
_BEFORE = {"calls": _CALLS, "answers": _ANSWERS}
_SINCE = {"people": _PEOPLE, "spent": _SPENT}


def _changed(subject: str, shape: str, action: str) -> str:
    rows = " UNION ALL ".join(shape.format(rows=rows, sign=sign) for rows, sign in _CHANGES[action])
    return (
        f"INSERT INTO tally_changes (campaign_id, subject, parts, n) SELECT campaign_id, '{subject}', parts, sum(n) "  # noqa: S608 built from constants
        f"FROM ({rows}) c GROUP BY campaign_id, parts HAVING sum(n) <> 0;"
    )


def _count(also: dict[str, str]) -> None:
    for action, tables in _CHANGES.items():
        body = " ".join(_changed(subject, shape, action) for subject, shape in _BEFORE.items())
        if also:  # most changes are of calls that are not over yet
            known = " OR ".join(f"EXISTS (SELECT FROM {rows} WHERE {_IS_COUNTED})" for rows, _ in tables)
            more = " ".join(_changed(subject, shape, action) for subject, shape in also.items())
            body += f" IF {known} THEN {more} END IF;"
        op.execute(
            f"CREATE OR REPLACE FUNCTION tally_calls_{action.lower()}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN {body} RETURN NULL; END $$"
        )


def upgrade() -> None:
    op.add_column("calls", sa.Column("heard_after_ms", sa.Integer()))
    for name in _HEARD:
        op.add_column("calls", sa.Column(name, sa.Boolean()))
    op.add_column("calls", sa.Column("spent", sa.Numeric()))
    op.add_column("campaigns", sa.Column("guards", JSONB(), nullable=False, server_default=sa.text("'{}'")))
    op.add_column("campaigns", sa.Column("spend", JSONB()))
    op.alter_column("tally_changes", "n", type_=sa.BigInteger())
    _count(also=_SINCE)
    op.execute(_INDEX)


def downgrade() -> None:
    op.execute("DROP INDEX calls_people_of")
    _count(also={})
    for table in ("tally_changes", "tallies"):
        op.execute(f"DELETE FROM {table} WHERE subject IN ('people', 'spent')")  # noqa: S608 a constant
    op.alter_column("tally_changes", "n", type_=sa.Integer())
    for name in ("spend", "guards"):
        op.drop_column("campaigns", name)
    for name in ("spent", *_HEARD, "heard_after_ms"):
        op.drop_column("calls", name)
