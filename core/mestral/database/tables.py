"""Core's tables. Times are whole seconds since 1970 (UTC) unless a column says otherwise.

Guarantees: this is what `versions/` makes; a test compares them. Secrets are kept as SHA-256 alone.
"""

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

metadata = MetaData()

_serial = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER counts by itself in SQLite

tokens = Table(
    "mestral_token",
    metadata,
    Column("id", Text, primary_key=True),
    Column("digest", Text, nullable=False, unique=True, comment="SHA-256 of the token, hexadecimal"),
    Column("name", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("username", Text, nullable=False),
    Column("groups", Text, nullable=False, comment="JSON list"),
    Column("scopes", Text, nullable=False, comment="words: read operate"),
    Column("created", BigInteger, nullable=False),
    Column("expires", BigInteger, nullable=False),
    Column("used", BigInteger, comment="last use, to a minute"),
    Column("revoked", BigInteger),
)
"""Personal tokens."""

revocations = Table(
    "mestral_revocation",
    metadata,
    Column("number", _serial, primary_key=True, autoincrement=True),
    Column("jti", Text, nullable=False, unique=True),
    Column("expires", BigInteger, nullable=False, comment="when the token would have expired by itself"),
    sqlite_autoincrement=True,  # a number never comes again, or fronts would take it for one they know
)
"""Tokens of logins that are valid no more."""

sessions = Table(
    "mestral_session",
    metadata,
    Column("jti", Text, primary_key=True),
    Column("provider", Text, nullable=False),
    Column("session", Text, nullable=False, comment="SHA-256 of the provider's session id"),
    Column("expires", BigInteger, nullable=False),
    Index("mestral_session_of", "provider", "session"),
)
"""Which tokens a session at a provider gave, for its single logout."""

once = Table(
    "mestral_once",
    metadata,
    Column("digest", Text, primary_key=True, comment="SHA-256 of kind and word"),
    Column("value", Text),
    Column("expires", BigInteger, nullable=False),
)
"""Words that may be used once: states of logins, codes that are exchanged for a token."""

attempts = Table(
    "mestral_attempt",
    metadata,
    Column("kind", Text, primary_key=True),
    Column("client", Text, primary_key=True),
    Column("began", BigInteger, primary_key=True, comment="of the window"),
    Column("count", Integer, nullable=False),
)
"""How often somebody tried, for the rate limits."""

audit = Table(
    "mestral_audit",
    metadata,
    Column("number", _serial, primary_key=True, autoincrement=True),
    Column("at", Float, nullable=False, comment="seconds since 1970 (UTC)"),
    Column("action", Text, nullable=False),
    Column("result", Text, nullable=False),
    Column("who", Text, nullable=False, comment="provider:subject; empty: nobody known"),
    Column("username", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("client", Text, nullable=False, comment="address"),
    Column("request_id", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("mestral_audit_at", "at"),
    sqlite_autoincrement=True,
)
"""The audit log."""

preferences = Table(
    "user_preferences",
    metadata,
    Column("user_id", Text, primary_key=True),
    Column("preferred_username", Text),
    Column("created", Text, comment="local ISO 8601 with offset, date and time joined by `-`"),
    Column("modified", Text),
)
"""As Autosubmit API has it (formats section 5)."""
