"""A lock that passes leaves nothing wrong behind."""

import sqlite3
from contextlib import closing
from pathlib import Path

from tests.experiments.api.conftest import Serve
from tests.experiments.sources.making import settle

from mestral_experiments.demo import unpack


def test_what_a_lock_hid_is_shown_as_soon_as_it_is_gone(serve: Serve, tmp_path: Path) -> None:
    rc_file = unpack(tmp_path / "data")
    (history,) = (tmp_path / "data").rglob("job_data_a001.db")
    settle(tmp_path / "data")
    client = serve(rc_file)
    path = "/v4/experiments?only_active=false&query=a001"
    with closing(sqlite3.connect(history, isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        hidden = client.get(path)
        writer.execute("ROLLBACK")
    assert hidden.json()["experiments"][0]["total"] == 0
    shown = client.get(path, headers={"if-none-match": hidden.headers["etag"]})
    assert shown.status_code == 200
    assert shown.json()["experiments"][0]["total"] == 104
