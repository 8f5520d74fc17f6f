"""A secret kept in a file of its own (`secret_key_file`, `SECRET_KEY_FILE`), as container platforms do."""

from pathlib import Path

_MOST_BYTES = 64 * 1024


def read_secret(path: Path) -> str:
    """The content of the file without the white space around it.

    Raises:
        ValueError: It cannot be used; the text says why and what to do, never what is in it.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ValueError(
            f"the secret's file {path} cannot be read: {error.strerror}. Name a file that this user may read."
        ) from error
    if len(content) > _MOST_BYTES:
        raise ValueError(f"the secret's file {path} is larger than {_MOST_BYTES} bytes. Name the right one.")
    try:
        text = content.decode().strip()
    except UnicodeDecodeError:
        raise ValueError(f"the secret's file {path} is not UTF-8 text. Put text there.") from None
    if not text:
        raise ValueError(f"the secret's file {path} is empty. Put the secret there.")
    return text


def readable_by_all(path: Path) -> bool:
    """Whether every account of the machine may read the file."""
    return bool(path.stat().st_mode & 0o004)
