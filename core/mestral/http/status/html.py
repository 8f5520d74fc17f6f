"""HTML that is escaped by construction.

Guarantees: text becomes markup in one place only, here; every other text, attribute values included, is
escaped, and loses what is not printable: no data turns the direction of what follows it. Names of tags and
attributes are written by code, never taken from data.
"""

from html import escape


class Html(str):
    """Markup that is finished: it is not escaped again."""

    __slots__ = ()


Child = Html | str | int


def element(tag: str, *children: Child, **attributes: str) -> Html:
    """An element with its children.

    Args:
        tag: Its name.
        children: Markup as it is, text escaped.
        attributes: `class_` is `class`, `aria_label` is `aria-label`; empty ones are left out.
    """
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{_escape(value)}"'
        for name, value in attributes.items()
        if value
    )
    return Html(f"<{tag}{given}>{join(*children)}</{tag}>")


def join(*children: Child) -> Html:
    """Children one after another."""
    return Html("".join(child if isinstance(child, Html) else _escape(str(child)) for child in children))


def _escape(text: str) -> str:
    if not text.isprintable():
        text = "".join(c if c.isprintable() or c in "\t\n" else "\ufffd" for c in text)
    return escape(text)
