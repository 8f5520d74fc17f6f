"""Credentials in configurations that people wrote: nobody gets them from this server.

Guarantees: the text of an option that is named like a credential, and the password in an address
(`https://user:password@host`), are masked at every depth, also in what is repeated of the main platform
(`HPCPASSWORD`); `DATABASE_CONN_URL` is "". What hides a credential under a harmless name cannot be told from
other text.
"""

import re
from typing import Any

from mestral import Secret, mask_urls

_NAMES = re.compile(
    r"(?:.*_|HPC)?(?:PASSWORD|PASSWD|PASSPHRASE|SECRET|TOKEN|CREDENTIALS?|(?:API|SECRET|ACCESS|PRIVATE)_?KEY)",
    re.IGNORECASE,
)
_CONNECTION = "DATABASE_CONN_URL"


def without_credentials(value: Any) -> Any:
    """A copy of a value of a configuration (dictionaries, lists, scalars) with its credentials masked."""
    if isinstance(value, dict):
        return {key: _of_option(key, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [without_credentials(inner) for inner in value]
    return mask_urls(value) if isinstance(value, str) else value


def _of_option(key: object, value: Any) -> Any:
    if isinstance(key, str):
        if key.upper() == _CONNECTION:
            return ""
        if _NAMES.fullmatch(key):
            return _masked(value)
    return without_credentials(value)


def _masked(value: Any) -> Any:
    """What is no text or number, or an empty text, tells nothing and shows that nothing is set."""
    if isinstance(value, list):
        return [_masked(inner) for inner in value]
    if isinstance(value, bool) or not isinstance(value, str | int | float) or value == "":
        return without_credentials(value)
    return Secret.MASK
