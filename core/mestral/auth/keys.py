"""The signing key of tokens: configured, or generated once and kept in the state folder; and former ones.

Guarantees: there is no default key (contract/AUTH.md B1). A generated key file has mode 0600 from its first
moment and appears with its whole content, so that two servers that start together agree on one key. Former
keys check what they signed and sign nothing. What is derived for one purpose is good for no other.
"""

import errno
import hashlib
import hmac
import logging
import os
import secrets
from pathlib import Path

from mestral.settings.access import AuthSettings
from mestral.settings.model import Finding, Settings, SettingsError
from mestral.settings.secret_key import LEAST_BYTES

logger = logging.getLogger(__name__)

KEY_FILE = "secret_key"

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_NEW_ONE = "Remove the file to have a new one made (every token becomes invalid)"


def signing_key(settings: Settings) -> str:
    """The key that signs and checks tokens.

    Raises:
        SettingsError: The generated key cannot be read, written, or is too short.
    """
    if settings.auth.secret_key:
        return settings.auth.secret_key.reveal()
    path = settings.state_dir / KEY_FILE
    try:
        if not path.exists():
            _generate(path)
        if path.stat().st_mode & 0o077:
            logger.warning("Other accounts can read the signing key %s: run `chmod 600 %s`.", path, path)
        key = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise _unusable(path, f"it cannot be read or written ({error})", _remedy(path, error)) from error
    except UnicodeDecodeError as error:
        raise _unusable(path, f"it cannot be read ({error})") from error
    if len(key.encode()) < LEAST_BYTES:
        raise _unusable(path, f"it holds fewer than {LEAST_BYTES} bytes")
    return key


def all_keys(key: str, settings: AuthSettings) -> tuple[str, ...]:
    """The key that signs, and behind it the former ones, which only check."""
    return tuple(dict.fromkeys((key, *(old.reveal() for old in settings.old_secret_keys))))


def derive(key: str, purpose: str) -> bytes:
    """A key of its own for one purpose."""
    return hmac.new(key.encode(), purpose.encode(), hashlib.sha256).digest()


def key_id(key: str) -> str:
    """The `kid` of tokens that a key signs: tells keys apart and nothing of them."""
    return derive(key, "mestral key id")[:8].hex()


def _generate(path: Path) -> None:
    """Write a new key beside its place, then link it there: the link fails when another server was first."""
    draft = path.with_name(f"{KEY_FILE}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48) + "\n")
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
    logger.warning(
        "No auth.secret_key (SECRET_KEY) is set: a signing key was generated in %s. Tokens of Autosubmit API "
        "are accepted only when its SECRET_KEY is set here too.",
        path,
    )


def _remedy(path: Path, error: OSError) -> str:
    if error.errno in _NO_ROOM:
        return f"Make room on the disk or in the quota of {path.parent}"
    if error.errno == errno.EROFS:
        return f"The folder {path.parent} cannot be written: set state_dir to one that can"
    return _NEW_ONE


def _unusable(path: Path, why: str, remedy: str = _NEW_ONE) -> SettingsError:
    return SettingsError(
        (
            Finding(
                level="error",
                where=str(path),
                key="auth.secret_key",
                message=f"the generated signing key is unusable: {why}. {remedy}, or set auth.secret_key "
                "(SECRET_KEY).",
            ),
        )
    )
