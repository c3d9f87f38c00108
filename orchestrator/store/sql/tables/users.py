"""People who sign in to the web page, and how they are known while they are signed in."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, Text

from orchestrator.store.sql.tables.columns import NOW, metadata, moment

users = Table(
    "users",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("login", Text, nullable=False),  # in lower case
    Column("role", Text, nullable=False),  # viewer, operator or admin
    Column("password_hash", Text, nullable=False),  # argon2id, with its parameters and its salt
    Column("created_by", Text, nullable=False),
    moment("created_at", nullable=False, server_default=NOW),
    moment("updated_at", nullable=False, server_default=NOW),  # not by signing in
    moment("password_changed_at", nullable=False, server_default=NOW),
    moment("disabled_at"),
    moment("last_sign_in_at"),
)
Index("users_by_login", users.c.login, unique=True)

sign_in_sessions = Table(
    "sign_in_sessions",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the token, which stands nowhere
    Column("user_id", Text, ForeignKey("users.id", ondelete="CASCADE")),  # NULL: who came by a link
    Column("name", Text),  # of who came by a link; a user's name and role are those of `users`
    Column("role", Text),
    Column("csrf", Text, nullable=False),
    moment("created_at", nullable=False),
    moment("last_used_at", nullable=False),  # to the minute
    moment("expires_at", nullable=False),
    CheckConstraint("(user_id IS NULL) = (name IS NOT NULL AND role IS NOT NULL)", name="a_session_is_of_one"),
)
Index("sign_in_sessions_by_user", sign_in_sessions.c.user_id)
Index("sign_in_sessions_by_end", sign_in_sessions.c.expires_at)

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # SHA-256 of the token, which stands nowhere
    Column("role", Text, nullable=False),
    Column("created_by", Text, nullable=False),
    moment("created_at", nullable=False),
    moment("expires_at", nullable=False),
    moment("used_at"),
)
Index("sign_in_links_by_end", sign_in_links.c.expires_at)
