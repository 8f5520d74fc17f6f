"""The fixtures of `http`: the app with the probe alone."""

from tests.http.conftest import client, make_client

__all__ = ["client", "make_client"]
