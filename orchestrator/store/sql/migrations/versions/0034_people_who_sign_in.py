"""People who sign in to the web page: their passwords' digests, their sessions, and links that sign in once."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def _moment(name: str, *, has_default: bool = False, nullable: bool = True) -> sa.Column[object]:
    default = sa.text("now()") if has_default else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("login", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        _moment("created_at", has_default=True, nullable=False),
        _moment("updated_at", has_default=True, nullable=False),
        _moment("password_changed_at", has_default=True, nullable=False),
        _moment("disabled_at"),
        _moment("last_sign_in_at"),
    )
    op.create_index("users_by_login", "users", ["login"], unique=True)
    op.create_table(
        "sign_in_sessions",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("user_id", sa.Text(), sa.ForeignKey("users.id", ondelete="CASCADE")),
        sa.Column("name", sa.Text()),
        sa.Column("role", sa.Text()),
        sa.Column("csrf", sa.Text(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("last_used_at", nullable=False),
        _moment("expires_at", nullable=False),
        sa.CheckConstraint("(user_id IS NULL) = (name IS NOT NULL AND role IS NOT NULL)", name="a_session_is_of_one"),
    )
    op.create_index("sign_in_sessions_by_user", "sign_in_sessions", ["user_id"])
    op.create_index("sign_in_sessions_by_end", "sign_in_sessions", ["expires_at"])
    op.create_table(
        "sign_in_links",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        _moment("created_at", nullable=False),
        _moment("expires_at", nullable=False),
        _moment("used_at"),
    )
    op.create_index("sign_in_links_by_end", "sign_in_links", ["expires_at"])
    op.add_column("audit_events", sa.Column("user_id", sa.Text()))


def downgrade() -> None:
    op.drop_column("audit_events", "user_id")
    op.drop_table("sign_in_links")
    op.drop_table("sign_in_sessions")
    op.drop_table("users")
