"""What CAS servers say (CAS protocol 3.0, 2.5 and 2.3.3): the check of a ticket, and the end of a session.

Guarantees: elements are found by namespace and name; who is vouched for is said exactly once, or not at all.
"""

import re
from xml.etree.ElementTree import Element

import msgspec

from mestral_auth_cas.safe_xml import XmlError, parse

_CAS = "{http://www.yale.edu/tp/cas}"
_SAML = "{urn:oasis:names:tc:SAML:2.0:protocol}"
_CODE = re.compile(r"[A-Z][A-Z_]{0,39}")


class Vouched(msgspec.Struct, frozen=True, kw_only=True):
    """The server knows the ticket.

    Attributes:
        user: Whose it is.
        groups: Values of the attribute that was asked for.
        proxied: Whether it was given to another service that acts for the user.
    """

    user: str
    groups: tuple[str, ...]
    proxied: bool


class Refused(msgspec.Struct, frozen=True):
    """The server does not accept the ticket, or has a fault of its own.

    Attributes:
        code: Its word for why: `INVALID_TICKET`, `INVALID_SERVICE`, `INVALID_REQUEST`, `INTERNAL_ERROR`, ...
    """

    code: str


def read_validation(document: bytes, charset: str | None, groups_attribute: str | None) -> Vouched | Refused:
    """What the check of a ticket answered.

    Args:
        document, charset: As for `parse`.
        groups_attribute: Name of the attribute that holds groups.

    Raises:
        XmlError: It is no answer of CAS.
    """
    root = parse(document, charset)
    if root.tag != f"{_CAS}serviceResponse":
        raise XmlError("its root is not serviceResponse in the namespace of CAS")
    verdict = _only(root, "authenticationSuccess", "authenticationFailure")
    if verdict.tag == f"{_CAS}authenticationFailure":
        code = verdict.get("code", "").strip()
        return Refused(code if _CODE.fullmatch(code) else "no known code")
    user = _only(verdict, "user")
    if len(user):
        raise XmlError("its user is no text")
    values = verdict.findall(f"{_CAS}attributes/{_CAS}{groups_attribute}") if groups_attribute else []
    return Vouched(
        user=_text(user),
        groups=tuple(filter(None, map(_text, values))),
        proxied=verdict.find(f"{_CAS}proxies") is not None,
    )


def read_logout(document: bytes) -> str:
    """The ticket of the session that ended.

    Raises:
        XmlError: It is no LogoutRequest of SAML, or names no session.
    """
    root = parse(document)
    if root.tag != f"{_SAML}LogoutRequest":
        raise XmlError("its root is not LogoutRequest in the namespace of SAML 2.0")
    found = root.findall(f"{_SAML}SessionIndex")
    if len(found) != 1 or not _text(found[0]):
        raise XmlError("it has not one SessionIndex")
    return _text(found[0])


def _only(parent: Element, *names: str) -> Element:
    """The one child that has one of these names."""
    tags = [_CAS + name for name in names]
    found = [child for child in parent if child.tag in tags]
    if len(found) != 1:
        raise XmlError(f"it has not one {' or '.join(names)}")
    return found[0]


def _text(element: Element) -> str:
    return (element.text or "").strip()
