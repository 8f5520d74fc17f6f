"""A browser without pictures: it keeps cookies, goes where it is sent and fills forms, as a person would."""

from html.parser import HTMLParser
from itertools import count
from types import TracebackType
from typing import Self
from urllib.parse import urljoin

import httpx2

_ADDRESSES = (f"10.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in count(1))


class Browser:
    """One person's browser on this machine (it checks no certificates).

    Each comes from an address of its own, as servers behind a proxy see it.
    """

    def __init__(self) -> None:
        headers = {"X-Forwarded-For": next(_ADDRESSES), "Accept": "text/html"}
        self._client = httpx2.Client(headers=headers, timeout=60, trust_env=False, verify=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()

    def visit(
        self, url: str, *, until: str | None = None, headers: dict[str, str] | None = None
    ) -> httpx2.Response:
        """Open a page and go wherever it sends.

        Args:
            url: Its address.
            until: Stop before an address that begins so; the answer is then the redirect to it.
            headers: More headers of the first request.
        """
        return self._follow(self._client.get(url, headers=headers), until)

    def submit(self, page: httpx2.Response, *, until: str | None = None, **fields: str) -> httpx2.Response:
        """Fill the form of a page, of several the one with a password, and send it; arguments as for
        `visit`."""
        form = _form(page.text)
        target = urljoin(str(page.url), form.action)
        return self._follow(
            self._client.post(target, data={**form.fields, **fields}, headers={"Referer": str(page.url)}),
            until,
        )

    def post(self, url: str, data: dict[str, str]) -> httpx2.Response:
        """Send a form that no page showed."""
        return self._client.post(url, data=data)

    @property
    def cookies(self) -> httpx2.Cookies:
        """Those that it keeps."""
        return self._client.cookies

    def _follow(self, answer: httpx2.Response, until: str | None) -> httpx2.Response:
        for _ in range(20):
            if not answer.has_redirect_location:
                return answer
            target = urljoin(str(answer.url), answer.headers["location"])
            if until is not None and target.startswith(until):
                return answer
            answer = self._client.get(target)
        raise AssertionError(f"it goes round in circles: {answer.url}")


class _Form:
    def __init__(self, action: str) -> None:
        self.action = action
        self.fields: dict[str, str] = {}
        self.secret = False


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[_Form] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(_Form(given.get("action", "")))
        elif tag == "input" and self.forms:
            form, kind = self.forms[-1], given.get("type", "text")
            form.secret |= kind == "password"
            if kind not in ("checkbox", "radio", "submit", "button") and "name" in given:
                form.fields[given["name"]] = given.get("value", "")


def _form(text: str) -> _Form:
    forms = _Forms()
    forms.feed(text)
    found = [form for form in forms.forms if form.secret] or [form for form in forms.forms if form.fields]
    assert len(found) == 1, f"there is not one form to fill:\n{text}"
    return found[0]
