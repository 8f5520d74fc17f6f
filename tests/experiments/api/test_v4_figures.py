"""Performance, statistics, summary and histories for programs: the numbers of v3 under plain names."""

import pytest
from tests.experiments.api.asking import Client, get


def test_performance_is_that_of_v3(everything: Client, expids: list[str]) -> None:
    for name in expids:
        old, new = (
            get(everything, f"/v3/performance/{name}"),
            get(everything, f"/v4/experiments/{name}/performance"),
        )
        for here, there in {
            "simulated_years": "SY",
            "sypd": "SYPD",
            "asypd": "ASYPD",
            "rsypd": "RSYPD",
            "core_hours_per_simulated_year": "CHSY",
            "joules_per_simulated_year": "JPSY",
            "energy_joules": "Total_energy",
            "footprint_g_co2": "Total_footprint",
            "processing_elements": "Parallelization",
        }.items():
            assert (new[here] or 0) == old[there], (name, here)
        assert new["warnings"] == old["warnings_job_data"]
        rows = [*((row, True) for row in old["considered"]), *((row, False) for row in old["not_considered"])]
        assert [
            (job["name"], job["queue_seconds"], job["run_seconds"], job["considered"]) for job in new["jobs"]
        ] == [(row["name"], row["queue"], row["running"], counts) for row, counts in rows]


def test_statistics_are_those_of_v3(everything: Client, expids: list[str]) -> None:
    for name in expids:
        old = get(everything, f"/v3/stats/{name}/0/Any")
        new = get(everything, f"/v4/experiments/{name}/statistics")
        found = old["Statistics"]["JobStatistics"] if old["Statistics"] else []
        assert [job["name"] for job in new["jobs"]] == [row["name"] for row in found]
        for job, row in zip(new["jobs"], found, strict=True):
            assert job["completed"]["run_seconds"] == pytest.approx(row["completedRunTime"] * 3600)
            assert job["failed"]["queue_seconds"] == pytest.approx(row["failedQueueTime"] * 3600)
            assert job["wallclock_seconds"] == pytest.approx(row["wallclock"] * 3600)
            assert job["processing_elements"] == row["processors"]
            assert (job["submissions"], job["completed"]["submissions"], job["failed"]["submissions"]) == (
                row["submittedCount"],
                row["completedCount"],
                row["failedCount"],
            )
        for part in ("completed", "failed"):
            for key, total in new[part].items():
                assert total == sum(job[part][key] for job in new["jobs"])
        assert new["submissions"] == sum(job["submissions"] for job in new["jobs"])
        assert new["since"] is None
        assert new["until"].endswith(":00+00:00")
        sim = get(everything, f"/v4/experiments/{name}/statistics?section=SIM")
        assert [job["name"] for job in sim["jobs"]] == [
            job["name"] for job in new["jobs"] if job["name"].endswith("_SIM")
        ]


def test_the_summary_is_that_of_v3(everything: Client, expids: list[str]) -> None:
    for name in expids:
        old, new = get(everything, f"/v3/summary/{name}"), get(everything, f"/v4/experiments/{name}/summary")
        for state in ("running", "suspended", "queuing", "failed", "submitted"):
            assert new["counters"][state.upper()] == old[f"n_{state}"]
        jobs = get(everything, f"/v4/experiments/{name}/jobs?view=quick")["jobs"]
        assert sum(new["counters"].values()) + new["suspicious"] == len(jobs)
        assert (new["sim_jobs"], new["sim_times"]["queue_jobs"], new["sim_times"]["run_jobs"]) == (
            old["n_sim"],
            old["sim_queue_considered"],
            old["sim_run_considered"],
        )
        assert new["failed_jobs"] == old["failed_jobs"]


def test_the_mean_wait_of_the_reference_is_the_contract_s(reference: Client) -> None:
    found = get(reference, "/v4/experiments/a3tb/summary")
    assert (found["times"]["queue_seconds"], found["times"]["queue_jobs"]) == (8000 / 24, 24)
    assert found["suspicious"] == 1


def test_histories_are_those_of_v3(everything: Client, expids: list[str]) -> None:
    for name in expids:
        for job in get(everything, f"/v4/experiments/{name}/jobs?view=quick&page_size=5")["jobs"]:
            old = get(everything, f"/v3/history/{name}/{job['name']}")["history"] or []
            new = get(everything, f"/v4/experiments/{name}/history?job_name={job['name']}")
            assert new["job_name"] == job["name"]
            for here, there in zip(new["attempts"], old, strict=True):
                assert (here["counter"], here["run_id"], here["status"]) == (
                    there["counter"],
                    there["run_id"],
                    there["status"],
                )
                assert here["sypd"] == (None if there["SYPD"] == "NA" else there["SYPD"])
                assert (here["submit"] is None) is (there["submit"] is None)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("zzzz/performance", 404),
        ("zzzz/statistics", 404),
        ("zzzz/summary", 404),
        ("zzzz/history?job_name=x", 404),
        ("a001/history", 422),
        ("a001/statistics?hours=-1", 422),
        ("a001/statistics?hours=x", 422),
    ],
)
def test_errors_are_errors(client: Client, path: str, status: int) -> None:
    answer = client.get(f"/v4/experiments/{path}")
    assert answer.status_code == status
    assert answer.json()["error"] is True


def test_a_job_that_never_ran_has_no_attempts(client: Client) -> None:
    assert get(client, "/v4/experiments/a001/history?job_name=gone") == {"job_name": "gone", "attempts": []}
