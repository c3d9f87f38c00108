"""Counts are kept as rows change, and every list and every look of a loop finds its rows by an index."""

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def _short(text: str) -> str:
    """Return the SQL of a text that an index takes, however long it was: its beginning and its hash."""
    return f"CASE WHEN length({text}) > 200 THEN left({text}, 200) || '…' || md5({text}) ELSE {text} END"


# What a row counts as. Statuses that tell nothing of where people wait count without zone and reason.
_PARTS = {
    "contacts": "ARRAY[status, CASE status WHEN 'held' THEN reason WHEN 'waiting' THEN zone END]",
    "calls": f"ARRAY[state, disposition, {_short('outcome')}]",
}
# One row for each answer of a call.
_ANSWERS = f"""
    SELECT k.campaign_id, ARRAY[{_short("a.key")}, {_short("a.value")}] AS parts, {{sign}} AS n
    FROM {{rows}} k CROSS JOIN LATERAL jsonb_each_text(k.answers) a
    WHERE k.answers <> '{{{{}}}}' AND left(a.key, 1) <> '_'
"""  # noqa: S608 texts of this file
_ROWS = "SELECT campaign_id, {parts} AS parts, {sign} AS n FROM {rows}"
_CHANGES = {"INSERT": (("added", 1),), "UPDATE": (("added", 1), ("removed", -1)), "DELETE": (("removed", -1),)}
_TABLES = {"INSERT": "NEW TABLE AS added", "DELETE": "OLD TABLE AS removed"}
_TABLES["UPDATE"] = f"{_TABLES['DELETE']} {_TABLES['INSERT']}"

_MAY_BE_DUE = "status IN ('waiting', 'held') AND due_at IS NOT NULL"
_INDEXES = (
    ("contacts_due", f"contacts (campaign_id, zone, due_at) INCLUDE (id, priority) WHERE {_MAY_BE_DUE}"),
    ("contacts_by_status", "contacts (status, id)"),
    ("contacts_standing", "contacts (campaign_id, status, zone, id)"),
    ("calls_reserved", "calls (campaign_id, reserved_at)"),
    ("calls_unjudged", "calls (absent_at) WHERE state = 'unknown' AND disposition IS NULL"),
    ("calls_by_disposition", "calls (disposition, id) WHERE disposition IS NOT NULL"),
    ("calls_of_disposition", "calls (campaign_id, disposition, id) WHERE disposition IS NOT NULL"),
    ("calls_by_outcome", 'calls ("left"(outcome, 200), id) WHERE outcome IS NOT NULL'),
    ("calls_of_outcome", 'calls (campaign_id, "left"(outcome, 200), id) WHERE outcome IS NOT NULL'),
    ("calls_withdrawn", "calls (id) WHERE state = 'withdrawn'"),
    ("calls_ended", "calls (ended_at) WHERE ended_at IS NOT NULL"),
    ("calls_inbound", "calls (id) WHERE direction = 'inbound'"),
)


def _counted(table: str, subject: str, rows: str) -> str:
    columns = f"campaign_id, '{subject}', parts, sum(n)"
    return (
        f"INSERT INTO {table} (campaign_id, subject, parts, n) SELECT {columns} FROM ({rows}) c "  # noqa: S608 built from constants
        "GROUP BY campaign_id, parts"
    )


def _changed(subject: str, action: str) -> str:
    shape = _ANSWERS if subject == "answers" else _ROWS
    rows = [shape.format(parts=_PARTS.get(subject), rows=rows, sign=sign) for rows, sign in _CHANGES[action]]
    return f"{_counted('tally_changes', subject, ' UNION ALL '.join(rows))} HAVING sum(n) <> 0;"


def _count_changes(table: str, subjects: tuple[str, ...]) -> None:
    for action in _CHANGES:
        name = f"tally_{table}_{action.lower()}"
        body = " ".join(_changed(subject, action) for subject in subjects)
        op.execute(f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN NULL; END $$")
        op.execute(
            f"CREATE TRIGGER {name} AFTER {action} ON {table} REFERENCING {_TABLES[action]} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        )


def _count_what_is_there(table: str, subject: str) -> None:
    shape = _ANSWERS if subject == "answers" else _ROWS
    rows = shape.format(parts=_PARTS.get(subject), rows=table, sign=1)
    op.execute(_counted("tallies", subject, rows))


def upgrade() -> None:
    op.execute(
        "CREATE TABLE tallies (campaign_id text NOT NULL, subject text NOT NULL, parts text[] NOT NULL, "
        "n bigint NOT NULL, PRIMARY KEY (campaign_id, subject, parts))"
    )
    op.execute("CREATE INDEX tallies_largest ON tallies (campaign_id, subject, n DESC, parts)")
    op.execute("CREATE INDEX tallies_empty ON tallies (campaign_id) WHERE n = 0")
    op.execute(
        "CREATE TABLE tally_changes (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, campaign_id text NOT NULL, "
        "subject text NOT NULL, parts text[] NOT NULL, n integer NOT NULL)"
    )
    op.execute("CREATE INDEX tally_changes_by_campaign ON tally_changes (campaign_id, subject)")
    for table, subjects in {"contacts": ("contacts",), "calls": ("calls", "answers")}.items():
        op.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        for subject in subjects:
            _count_what_is_there(table, subject)
        _count_changes(table, subjects)
    for name, columns in _INDEXES:
        op.execute(f"CREATE INDEX {name} ON {columns}")


def downgrade() -> None:
    for name, _ in _INDEXES:
        op.execute(f"DROP INDEX {name}")
    for table in ("contacts", "calls"):
        for action in _CHANGES:
            op.execute(f"DROP TRIGGER tally_{table}_{action.lower()} ON {table}")
            op.execute(f"DROP FUNCTION tally_{table}_{action.lower()}()")
    op.execute("DROP TABLE tally_changes")
    op.execute("DROP TABLE tallies")
