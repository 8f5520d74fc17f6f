"""The way to a provider and back, bound to the browser that began it (RFC 6749 10.12, RFC 7636, RFC 9700).

Guarantees: state, nonce and PKCE verifier travel in a signed cookie that scripts cannot read and only the
callback of that login gets; each attempt has a cookie of its own, so that tabs do not disturb each other. It
ends after `SECONDS`, and its state counts once on all fronts. The key of the cookies signs nothing else.
"""

import hashlib
import hmac
import secrets
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import jwt
import msgspec
from litestar.datastructures import Cookie

from mestral.auth.keys import all_keys, derive
from mestral.auth.once import Once
from mestral.contributions import LoginAttempt
from mestral.errors import LoginRefused
from mestral.settings.model import Settings

SECONDS = 600

_ALGORITHM = "HS256"
_NAME = "mestral_login_"
_EXPIRED = "The login took too long, or was begun in another browser: begin again."


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """An attempt, and where it is to end.

    Attributes:
        attempt: For the backend.
        return_to: Page of a GUI that gets a code; empty: the callback answers with the token itself.
        challenge: S256 challenge of that page: whoever exchanges the code must know its verifier.
    """

    attempt: LoginAttempt
    return_to: str = ""
    challenge: str = ""


class Attempts:
    """Begins and ends attempts.

    Args:
        settings: For the public address and the root path.
        key: The signing key of tokens; a key for cookies is derived from it, and from former ones, so that a
            login may begin before the key changes and end after it.
        once: Where states are used up.
    """

    def __init__(self, settings: Settings, key: str, once: Once) -> None:
        self._root = settings.server.root_path
        self._keys = [derive(each, "mestral login cookie") for each in all_keys(key, settings.auth)]
        self._once = once

    def begin(self, provider: str, base: str, return_to: str, challenge: str) -> tuple[Begun, Cookie]:
        """A new attempt and the cookie that binds it.

        Args:
            provider: Id of the login.
            base: Public address of this server, without a slash at its end.
            return_to, challenge: As in `Begun`.
        """
        attempt = LoginAttempt(
            callback=f"{base}/v4/auth/{provider}/callback",
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
        )
        begun = Begun(attempt=attempt, return_to=return_to, challenge=challenge)
        claims = {"aud": provider, "exp": int(time.time()) + SECONDS, "begun": msgspec.to_builtins(begun)}
        return begun, self._cookie(provider, attempt, jwt.encode(claims, self._keys[0], _ALGORITHM), SECONDS)

    async def end(self, provider: str, state: str, cookies: dict[str, str]) -> tuple[Begun, Cookie]:
        """The attempt that came back, and the cookie that takes it out of the browser.

        Raises:
            LoginRefused: It was not begun in this browser, is too old, or came back before.
        """
        value = cookies.get(_name(state), "")
        try:
            begun = msgspec.convert(self._decoded(value, provider)["begun"], Begun)
        except (jwt.PyJWTError, msgspec.ValidationError) as error:
            raise LoginRefused(_EXPIRED, f"no cookie of this attempt: {error}") from error
        if not state or not hmac.compare_digest(begun.attempt.state, state):
            raise LoginRefused(_EXPIRED, "the state is not the one of the cookie")
        if not await self._once.use("state", state, SECONDS):
            raise LoginRefused("This login was finished already: begin again.", "the state was used before")
        return begun, self._cookie(provider, begun.attempt, "", 0)

    def _decoded(self, value: str, provider: str) -> dict[str, Any]:
        for key in self._keys[:-1]:
            with suppress(jwt.InvalidSignatureError):
                return _decode(value, key, provider)
        return _decode(value, self._keys[-1], provider)

    def _cookie(self, provider: str, attempt: LoginAttempt, value: str, seconds: int) -> Cookie:
        return Cookie(
            key=_name(attempt.state),
            value=value,
            max_age=seconds,
            path=f"{self._root}/v4/auth/{provider}/callback",
            httponly=True,
            secure=urlsplit(attempt.callback).scheme == "https",
            samesite="lax",
        )


def _decode(value: str, key: bytes, provider: str) -> dict[str, Any]:
    return jwt.decode(
        value, key, algorithms=[_ALGORITHM], audience=provider, options={"require": ["exp", "aud"]}
    )


def _name(state: str) -> str:
    return _NAME + hashlib.sha256(state.encode()).hexdigest()[:16]
