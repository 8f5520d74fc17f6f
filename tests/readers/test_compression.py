"""Content codings as clients meet them: negotiated, made once by the reader, one ETag for all of them."""

import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest
from tests.readers.serving import Site, serving

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

KILOBYTES = 300
UNPACK: dict[str, Callable[[bytes], bytes]] = {
    "zstd": zstd.decompress,
    "gzip": lambda body: zlib.decompress(body, 31),
    "": lambda body: body,
}


def raw(site: Site, accept: str | None, etag: str | None = None) -> tuple[httpx2.Response, bytes]:
    """The answer and its body as it came over the wire."""
    headers = {"accept-encoding": accept or "identity"} | ({"if-none-match": etag} if etag else {})
    request = site.client.build_request("GET", "/content/kilobytes/a", headers=headers)
    if accept is None:
        del request.headers["accept-encoding"]
    response = site.client.send(request, stream=True)
    return response, b"".join(response.iter_raw())


@pytest.mark.parametrize(
    ("accept", "coding"),
    [
        (None, ""),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("GZIP", "gzip"),
        ("zstd;q=0.5, gzip;q=0.9", "gzip"),
        ("zstd;q=0, *", "gzip"),
        ("*", "zstd"),
        ("gzip;q=0.5, identity", ""),
        ("gzip;q=0", ""),
        ("gzip;q=nan", ""),
        ("gzip;q=high", ""),
        ("br, deflate", ""),
        (";;,, ;q=1", ""),
    ],
)
def test_a_client_gets_the_best_coding_it_accepts(tmp_path: Path, accept: str | None, coding: str) -> None:
    with serving(tmp_path) as site:
        site.write("a", str(KILOBYTES))
        response, body = raw(site, accept)
        assert response.headers.get("content-encoding", "") == coding
        assert UNPACK[coding](body) == b"x" * 1000 * KILOBYTES
        assert int(response.headers["content-length"]) == len(body)
        assert "Accept-Encoding" in response.headers["vary"]


def test_each_coding_is_made_once_and_all_share_one_etag(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", str(KILOBYTES))
        tags = {raw(site, accept)[0].headers["etag"] for accept in ("zstd", "gzip", None) * 2}
        assert len(tags) == 1
        assert len(site.renders("a")) == 3
        response, body = raw(site, "gzip", etag=tags.pop())
        assert (response.status_code, body) == (304, b"")
        assert "content-encoding" not in response.headers


def test_a_small_body_stays_as_it_is(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "1")
        response, body = raw(site, "zstd, gzip")
        assert "content-encoding" not in response.headers
        assert body == b"x" * 1000
