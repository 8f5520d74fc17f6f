"""Tokens, revocations, sessions, words to be used once, attempts, the audit log, preferences."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables; `user_preferences` may be there, made by Autosubmit API."""
    serial = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "mestral_token",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("digest", sa.Text, nullable=False, unique=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("groups", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("created", sa.BigInteger, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sa.Column("used", sa.BigInteger),
        sa.Column("revoked", sa.BigInteger),
    )
    op.create_table(
        "mestral_revocation",
        sa.Column("number", serial, primary_key=True, autoincrement=True),
        sa.Column("jti", sa.Text, nullable=False, unique=True),
        sa.Column("expires", sa.BigInteger, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "mestral_session",
        sa.Column("jti", sa.Text, primary_key=True),
        sa.Column("provider", sa.Text, nullable=False),
        sa.Column("session", sa.Text, nullable=False),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_index("mestral_session_of", "mestral_session", ["provider", "session"])
    op.create_table(
        "mestral_once",
        sa.Column("digest", sa.Text, primary_key=True),
        sa.Column("value", sa.Text),
        sa.Column("expires", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "mestral_attempt",
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("client", sa.Text, primary_key=True),
        sa.Column("began", sa.BigInteger, primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
    )
    op.create_table(
        "mestral_audit",
        sa.Column("number", serial, primary_key=True, autoincrement=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("who", sa.Text, nullable=False),
        sa.Column("username", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("detail", sa.Text, nullable=False),
        sqlite_autoincrement=True,
    )
    op.create_index("mestral_audit_at", "mestral_audit", ["at"])
    op.create_table(
        "user_preferences",
        sa.Column("user_id", sa.Text, primary_key=True),
        sa.Column("preferred_username", sa.Text),
        sa.Column("created", sa.Text),
        sa.Column("modified", sa.Text),
        if_not_exists=True,
    )


def downgrade() -> None:
    """Not offered: what is kept here must not be lost by a step back."""
    raise NotImplementedError("Restore a copy of the database instead.")
