"""Fingerprints and what is kept under them follow the files."""

import time
from pathlib import Path

from tests.experiments.sources.making import experiment, job_pickle, settle, source, tuples, writing
from tests.experiments.sources.pair import NEW, OLD, database_of

from mestral_experiments.sources.protocol import JobQuery, Part


def test_fingerprints_follow_the_files(root: Path) -> None:
    settle(root)
    reading = source(root)
    rows = [OLD, NEW]

    def taken(*parts: Part) -> tuple[str, str, str]:
        return (
            reading.fingerprint_list(rows, *parts).content,
            reading.fingerprint(OLD, *parts).digest(),
            reading.fingerprint(NEW, *parts).digest(),
        )

    nothing, jobs, runs, everything = taken(), taken(Part.JOBS), taken(Part.HISTORY), taken(*Part)
    assert (taken(), taken(Part.JOBS), taken(Part.HISTORY), taken(*Part)) == (nothing, jobs, runs, everything)

    job_pickle(root, "a001", tuples("a001_SIM", "a001_POST"))
    assert taken() == nothing
    assert taken(Part.HISTORY) == runs
    assert taken(Part.JOBS)[0] != jobs[0]
    assert (taken(Part.JOBS)[1] != jobs[1], taken(Part.JOBS)[2] != jobs[2]) == (True, False)

    with writing(database_of(root), "wal") as connection:
        before = taken(Part.JOBS)
        connection.execute("UPDATE jobs SET status = 'COMPLETED'")
        after = taken(Part.JOBS)
        assert (after[0] != before[0], after[2] != before[2]) == (True, True)

    with writing(root / "metadata" / "data" / "job_data_a001.db", "wal") as connection:
        before = taken(Part.HISTORY)
        connection.execute("INSERT INTO experiment_run (run_id) VALUES (9)")
        after = taken(Part.HISTORY)
        assert (after[0] != before[0], after[1] != before[1], after[2] == before[2]) == (True, True, True)

    before = taken(Part.CONFIGURATION)
    (root / "a001" / "conf").mkdir()
    (root / "a001" / "conf" / "minimal.yml").write_text("a: 1")
    after = taken(Part.CONFIGURATION)
    assert (after[0] != before[0], after[1] != before[1]) == (True, True)
    assert reading.fingerprint(experiment("a001", "4.1.16")).digest() != nothing[1]


def test_a_kept_list_is_the_one_on_the_disk(root: Path) -> None:
    reading = source(root)
    for number in range(1, 4):
        job_pickle(root, "a001", tuples(*(f"a001_{n}" for n in range(number))))
        assert reading.jobs(OLD, JobQuery()).total == number
    time.sleep(2.1)  # a file that was just written is not kept
    assert [reading.jobs(OLD, JobQuery()).total for _ in range(2)] == [3, 3]
    job_pickle(root, "a001", tuples("a001_0"))
    assert reading.jobs(OLD, JobQuery()).total == 1


def test_of_many_a_log_that_begins_later_takes_part(root: Path) -> None:
    rows = [NEW, *(experiment(f"b{number:03}") for number in range(1100))]
    reading = source(root)
    time.sleep(2.1)  # databases that changed just now are looked at in full

    def taken() -> str:
        return reading.fingerprint_list(rows, Part.JOBS).content

    before = taken()
    assert taken() == before
    with writing(database_of(root), "wal") as connection:
        in_wal_mode = taken()
        connection.execute("UPDATE jobs SET status = 'COMPLETED'")
        assert len({before, in_wal_mode, taken()}) == 3
