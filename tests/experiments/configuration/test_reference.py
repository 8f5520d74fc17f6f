"""Real experiments: what Autosubmit itself made of the same files is what we make of them."""

import json
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from mestral_experiments.model import Brief
from mestral_experiments.sources.configuration import brief, load_configuration, yaml
from mestral_experiments.sources.configuration.limits import Budget

SHARED = Path(__file__).resolve().parents[3].parent / "shared" / "experiments"
pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="the reference experiments are not here")

# HPC, version and wrapper of each; the ini experiment shows its platform as written.
BRIEFS = {
    "reference": {
        "a003": ("LOCAL", "4.0.0", None),
        "a007": ("LOCAL", "4.0.95", None),
        "a1ve": ("LOCAL", "4.1.11", None),
        "a1vj": ("LOCAL", "4.1.12", None),
        "a1vx": ("LOCAL", "4.1.13", None),
        "a3tb": ("marenostrum4", "3.13.0", None),
        "a6zj": ("MARENOSTRUM4", "4.0.101", "VERTICAL"),
        "a8qc": ("MARENOSTRUM5", "4.1.11", None),
        "aa6f": ("LOCAL", "4.1.17", "VERTICAL"),
    },
    "real/autosubmit": {
        "a000": ("LOCAL", "4.1.17.1", None),
        "a001": ("FAKECLUSTER", "4.1.17.1", "VERTICAL"),
        "a002": ("FAKECLUSTER", "4.1.17.1", "HORIZONTAL"),
        "a003": ("LOCAL", "4.2.0", None),
        "a004": ("FAKECLUSTER", "4.2.0", "VERTICAL"),
        "a005": ("FAKECLUSTER", "4.2.0", "HORIZONTAL"),
    },
}


def copy(tree: str, expid: str, tmp_path: Path) -> Path:
    """A copy of the experiment without the parts that do not matter here."""
    folder = tmp_path / expid
    skip = shutil.ignore_patterns("tmp", "pkl", "plot", "db")
    shutil.copytree(SHARED / tree / expid, folder, ignore=skip)
    return folder


def description(tree: str, expid: str) -> str:
    database = f"file:{SHARED / tree / 'autosubmit.db'}?mode=ro&immutable=1"
    with closing(sqlite3.connect(database, uri=True)) as db:
        [(text,)] = db.execute("SELECT description FROM experiment WHERE name = ?", (expid,))
    return str(text)


def with_root(data: Any, root: Path) -> Any:
    return json.loads(json.dumps(data).replace(str(root), "@ROOT@"))


@pytest.mark.parametrize("expid", ["a003", "a007", "a1ve", "a1vj", "a1vx", "a6zj", "a8qc", "aa6f"])
def test_the_reference_experiments_equal_what_autosubmit_makes_of_them(expid: str, tmp_path: Path) -> None:
    folder = copy("reference", expid, tmp_path)
    configuration, _ = load_configuration(folder, expid, description=description("reference", expid))
    data = with_root(configuration.data, tmp_path)
    autosubmit = data.pop("AUTOSUBMIT")  # left out where the expected results were recorded
    assert data == json.loads((SHARED / "expected" / f"config_{expid}.json").read_text())
    commit = {"WORKFLOW_COMMIT": "947903ff8b5859ac623abeae4cbc3cf40d36a013"}
    assert autosubmit == (commit if expid == "a1vx" else {})
    assert not configuration.as3


@pytest.mark.parametrize("expid", BRIEFS["real/autosubmit"])
def test_generated_experiments_equal_what_autosubmit_saved_when_it_ran(expid: str, tmp_path: Path) -> None:
    folder = copy("real/autosubmit", expid, tmp_path)
    configuration, _ = load_configuration(folder, expid, description=description("real/autosubmit", expid))
    data = with_root(configuration.data, tmp_path)
    saved = yaml.load((folder / "conf/metadata/experiment_data.yml").read_bytes(), Budget())
    saved = json.loads(json.dumps(saved).replace("/srv/asdemo/small/autosubmit", "@ROOT@"))
    compared = {key for key in data if not key.startswith("HPC")}
    assert {key: data[key] for key in compared} == {key: saved[key] for key in compared}
    assert {"MODEL", "SITE", "JOBS", "PLATFORMS", "ROOTDIR", "PROJDIR"} <= compared


def test_pre_and_post_files_early_placeholders_and_wrappers(tmp_path: Path) -> None:
    data = load_configuration(copy("real/autosubmit", "a002", tmp_path), "a002")[0].data
    assert data["SITE"] == {"LEVEL": 127, "LABEL": "exp-a002"}  # POST over PRE
    assert data["MODEL"]["RES"] == "T63"  # bound before POST came
    assert data["DEFAULT"]["CUSTOM_CONFIG"]["POST"] == f"{tmp_path}/a002/conf/extra/post.yml"
    assert data["WRAPPERS"]["WRAPPER_H"]["JOBS_IN_WRAPPER"] == ["SIM", "DA"]
    assert data["HPCROOTDIR"] == "/srv/asdemo/small/scratch/toyproj/root/a002"
    assert data["HPCUSER"] == "root"


def test_the_ini_experiment_as_the_contract_shows_it(tmp_path: Path) -> None:
    configuration, _ = load_configuration(copy("reference", "a3tb", tmp_path), "a3tb")
    data = configuration.data
    assert configuration.as3
    assert list(data) == ["conf", "exp", "platforms", "jobs", "proj"]
    assert data["conf"]["config"]["AUTOSUBMIT_VERSION"] == "3.13.0"
    assert data["exp"]["experiment"] == {
        "DATELIST": "19930101 19930501",
        "MEMBERS": "fc01",
        "CHUNKSIZEUNIT": "month",
        "CHUNKSIZE": "1",
        "NUMCHUNKS": "3",
        "CALENDAR": "standard",
        "EXPID": "a3tb",
        "HPCARCH": "marenostrum4",
    }
    assert data["jobs"]["SIM"]["WALLCLOCK"] == "1:30"
    assert "DEFAULT" not in data["exp"]


@pytest.mark.parametrize(("tree", "expid"), [(tree, expid) for tree in BRIEFS for expid in BRIEFS[tree]])
def test_the_three_values_of_a_search_row(tree: str, expid: str, tmp_path: Path) -> None:
    configuration, _ = load_configuration(copy(tree, expid, tmp_path), expid)
    assert brief(configuration) == Brief(*BRIEFS[tree][expid])
