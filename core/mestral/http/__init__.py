"""HTTP rules that core holds for every plugin, and what plugins need to write routes.

The outer layer (`outer`) wraps Litestar and gives every answer, errors included, its request id, CORS and
cache headers; inside it `auth.guard` checks access and `errors` shapes what is not a success. The names in
`__all__` are public for plugins.
"""

from mestral.auth.guard import identity_of
from mestral.http.answers import Answers
from mestral.http.query import parse_params, parse_query
from mestral.http.responses import json_response
from mestral.http.routing import delete, get, patch, post, put

__all__ = [
    "Answers",
    "delete",
    "get",
    "identity_of",
    "json_response",
    "parse_params",
    "parse_query",
    "patch",
    "post",
    "put",
]
