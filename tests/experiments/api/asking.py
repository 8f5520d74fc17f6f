"""Questions that must be answered."""

from typing import Any

from litestar.testing import TestClient

Client = TestClient[Any]


def get(client: Client, path: str) -> Any:
    """The JSON of an answer, which must be 200."""
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def good(client: Client, path: str) -> Any:
    """The same of v3, where a failure is a 200 as well."""
    answer = get(client, path)
    assert (answer["error"], answer["error_message"]) == (False, ""), path
    return answer
