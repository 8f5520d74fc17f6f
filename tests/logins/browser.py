"""A browser that does what a person does at the pages of an identity server: follow, fill in, send."""

import html
import re
from urllib.parse import parse_qs, urljoin, urlsplit

import httpx2

_MOST_PAGES = 12


def sign_in(url: str, back: str, name: str = "alice") -> str:
    """Log in and consent, whatever the server asks.

    Args:
        url: Where the login begins.
        back: How the address begins to which the server is to send the browser in the end.
        name: Who logs in.

    Returns:
        That address.
    """
    with httpx2.Client() as browser:
        answer = browser.get(url)
        for _ in range(_MOST_PAGES):
            if (target := answer.headers.get("location")) is not None:
                target = urljoin(str(answer.url), target)
                if target.startswith(back):
                    return target
                answer = browser.get(target)
            else:
                answer = _fill_in(browser, answer, name)
    raise AssertionError("the pages of the server have no end")


def asked_of(url: str) -> dict[str, str]:
    """The query of an address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


def _fill_in(browser: httpx2.Client, page: httpx2.Response, name: str) -> httpx2.Response:
    form = re.search(r"<form.*?</form>", page.text, re.DOTALL)
    assert form is not None, f"{page.status_code}: {page.text}"
    action = re.search(r'<form[^>]*action="([^"]+)"', form[0])
    fields = {
        _attribute(tag, "name"): _attribute(tag, "value") for tag in re.findall(r"<input[^>]*>", form[0])
    }
    for field in ("login", "sub", "username"):
        if field in fields:
            fields[field] = name
    if "password" in fields:
        fields["password"] = "any"
    target = html.unescape(action[1]) if action is not None else str(page.url)
    return browser.post(urljoin(str(page.url), target), data=fields)


def _attribute(tag: str, name: str) -> str:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found is not None else ""
