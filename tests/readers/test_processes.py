"""What happens to reader processes: who gets which job, limits, crashes, renewal, the end."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.readers.serving import Site, planned, request, running, serving, until, until_async

from mestral.errors import Problem
from mestral.readers import Plan


def gone(pid: int) -> bool:
    """Whether a process has ended and, unless it has another parent by now, was reaped."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return True
    state, parent = stat.rpartition(")")[2].split()[:2]
    return state in "ZX" and int(parent) != os.getpid()


def works(site: Site) -> bool:
    """Whether a fresh question gets its answer."""
    name = f"works{len(list(site.directory.iterdir()))}"
    site.write(name, "yes")
    return bool(site.get("echo", name).json()["text"] == "yes")


def apart(site: Site) -> list[str]:
    """Two files that different readers are asked about, of two."""
    found: dict[int, str] = {}
    for name in map(str, range(100)):
        site.write(name)
        found[site.get("echo", name).json()["pid"]] = name
        if len(found) == 2:
            break
    return list(found.values())


def test_one_affinity_is_one_process_and_work_is_spread(tmp_path: Path) -> None:
    with serving(tmp_path, count=2) as site:
        names = [f"n{number}" for number in range(12)]
        for text in ("one", "two"):
            for name in names:
                site.write(name, text)
                assert site.get("echo", name).json()["text"] == text
        assert all(len(set(site.renders(name))) == 1 for name in names)
        assert len({pid for name in names for pid in site.renders(name)}) == 2


def test_a_parsed_copy_is_shared_by_the_answers_of_one_reader(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "one")
        assert site.get("memorised", "a").json()["text"] == "one"
        site.write("a", "two")  # the render function claims that nothing changed
        assert site.get("memorised", "a").json()["text"] == "one"
        assert len(site.renders("a")) == 2


def test_the_server_answers_others_while_a_large_answer_is_made(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        site.write("a")
        large = threads.submit(site.get, "large", "a")
        until(lambda: site.renders("a"))
        assert site.client.get("/ping").text == "pong"
        assert not large.done()
        site.write("a.go")
        assert len(large.result().content) == 50_000_000


def test_one_slow_answer_does_not_hold_up_those_of_another_reader(tmp_path: Path) -> None:
    with serving(tmp_path, count=2) as site, ThreadPoolExecutor() as threads:
        one, other = apart(site)
        slow = threads.submit(site.get, "waiting", one)
        until(lambda: len(site.renders(one)) == 2)
        site.write(other, "quick")
        assert site.get("echo", other).json()["text"] == "quick"
        assert not slow.done()
        site.write(one + ".go")
        assert slow.result().status_code == 200


def test_an_answer_over_its_time_limit_is_a_503_and_the_reader_is_replaced(tmp_path: Path) -> None:
    with serving(tmp_path, time_seconds=0.5) as site:
        site.write("a")
        answer = site.get("endless", "a")
        assert answer.status_code == 503
        assert answer.json()["error_message"] == "The answer takes longer than is allowed."
        assert works(site)
        assert gone(site.renders("a")[0])


def test_a_plan_that_hangs_is_a_503_and_others_are_answered(tmp_path: Path) -> None:
    """Twenty hung file systems do not use up the threads that look at others."""

    async def run() -> None:
        os.mkfifo(tmp_path / "hung")
        (tmp_path / "a").write_text("one")

        def plan() -> Plan:
            (tmp_path / "hung").read_text()
            raise AssertionError("nobody writes into it")

        async with running(tmp_path, time_seconds=0.5) as readers:
            hung = [asyncio.create_task(readers.respond(request(), plan)) for _ in range(20)]
            for task in hung:
                with pytest.raises(Problem) as raised:
                    await task
                assert raised.value.status == 503
            answer = await readers.respond(request(), lambda: planned(tmp_path, "echo", "a"))
            assert b"one" in answer.content

    asyncio.run(run())


def test_an_answer_over_the_memory_limit_is_a_503_and_the_reader_is_renewed(tmp_path: Path) -> None:
    with serving(tmp_path, memory_bytes=256 * 1024**2) as site:
        site.write("a")
        answer = site.get("hungry", "a")
        assert answer.status_code == 503
        assert answer.json()["error_message"] == "The answer needs more memory than is allowed."
        assert works(site)
        assert gone(site.renders("a")[0])


def test_a_reader_that_has_grown_is_renewed_before_its_next_job(tmp_path: Path) -> None:
    with serving(tmp_path, recycle_bytes=64 * 1024**2) as site:
        site.write("a", "one")
        grown = site.get("growing", "a").json()["pid"]
        site.write("b", "two")
        assert site.get("echo", "b").json()["pid"] != grown
        assert gone(grown)
        assert site.get("echo", "a").json()["pid"] == site.renders("b")[0]


@pytest.mark.parametrize(("megabytes", "built"), [(64, 2), (128, 1)])
def test_what_all_memos_of_a_reader_keep_follows_the_size_at_which_it_is_renewed(
    tmp_path: Path, megabytes: int, built: int
) -> None:
    """5/16 of it: 20 MB are too little for three values of 8 MB, 40 MB suffice."""
    with serving(tmp_path, count=1, cache_bytes=0, recycle_bytes=megabytes * 1024**2) as site:
        for name in "abc":
            site.write(name)
            assert site.get("memorised_apart", name).json() == {"built": 1}
        assert site.get("memorised_apart", "c").json() == {"built": 1}
        assert site.get("memorised_apart", "a").json() == {"built": built}
        assert site.readers.statistics()["restarts"] == 0


def test_a_large_reader_gives_its_memory_back_when_it_is_idle(tmp_path: Path) -> None:
    with serving(tmp_path, recycle_bytes=192 * 1024**2, idle_seconds=0.1) as site:
        site.write("a", "one")
        grown = site.get("growing", "a").json()["pid"]
        until(lambda: gone(grown))
        site.write("b", "two")
        small = site.get("echo", "b").json()["pid"]
        time.sleep(0.4)  # well over idle_seconds: a small reader stays
        assert site.readers.statistics()["restarts"] == 1
        assert not gone(small)


def test_a_crash_costs_the_job_in_hand_and_no_other(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        for name in ("a", "b", "c"):
            site.write(name, name)
        first = threads.submit(site.get, "waiting", "a")
        until(lambda: site.renders("a"))
        queued = [threads.submit(site.get, "echo", name) for name in ("b", "c")]
        until(lambda: site.readers.statistics()["misses"] == 3)
        os.kill(site.renders("a")[0], signal.SIGKILL)
        assert first.result().status_code == 503
        assert first.result().headers["retry-after"] == "1"
        assert [answer.result().json()["text"] for answer in queued] == ["b", "c"]
        assert site.readers.statistics()["restarts"] == 1


def test_a_render_function_that_kills_its_process_is_a_503(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a")
        assert site.get("dying", "a").status_code == 503
        assert works(site)


def test_a_reader_killed_without_a_job_is_replaced_before_anybody_notices(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "one")
        pid = site.get("echo", "a").json()["pid"]
        os.kill(pid, signal.SIGKILL)
        until(lambda: gone(pid))
        assert works(site)


def test_signals_for_the_whole_service_do_not_end_a_reader(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        site.write("a", "one")
        answer = threads.submit(site.get, "waiting", "a")
        until(lambda: site.renders("a"))
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(site.renders("a")[0], number)
        site.write("a.go")
        assert answer.result().json()["text"] == "one"


def test_readers_that_do_not_start_are_a_503(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "false").write_text("#!/bin/sh\nexit 3\n")
    (tmp_path / "false").chmod(0o755)
    with serving(tmp_path) as site, monkeypatch.context() as patched:
        site.write("a", "one")
        site.write("b", "two")
        patched.setattr(sys, "executable", str(tmp_path / "false"))
        os.kill(site.get("echo", "a").json()["pid"], signal.SIGKILL)
        until(lambda: "does not start" in site.get("echo", "b").text)
        assert site.get("echo", "b").status_code == 503
        patched.undo()
        until(lambda: site.get("echo", "b").status_code == 200)


def test_too_many_waiting_answers_are_refused(tmp_path: Path) -> None:
    async def run() -> None:
        for number in range(80):
            (tmp_path / str(number)).write_text("x")
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")
            plans = [planned(tmp_path, "waiting", str(number)) for number in range(80)]
            tasks = [
                asyncio.create_task(readers.respond(request(), lambda plan=plan: plan))  # type: ignore[misc]
                for plan in plans
            ]
            await until_async(lambda: any(task.done() for task in tasks))
            for number in range(80):
                (tmp_path / f"{number}.go").touch()
            results = await asyncio.gather(*tasks, return_exceptions=True)
            refused = [result for result in results if isinstance(result, Problem)]
            assert 0 < len(refused) < 20
            assert {(problem.status, problem.headers["Retry-After"]) for problem in refused} == {(503, "1")}
            assert all(
                result.status_code == 200 for result in results if not isinstance(result, BaseException)
            )

    asyncio.run(run())


def test_stopping_lets_answers_finish_and_leaves_no_process(tmp_path: Path) -> None:
    async def run() -> None:
        (tmp_path / "a").write_text("one")
        async with running(tmp_path, count=2) as readers:
            answer = asyncio.create_task(
                readers.respond(request(), lambda: planned(tmp_path, "waiting", "a"))
            )
            await until_async((tmp_path / "a.renders").exists)
            children = child_processes()
            stopping = asyncio.create_task(readers.stop())
            await asyncio.sleep(0)
            with pytest.raises(Problem) as refused:
                await readers.respond(request(), lambda: planned(tmp_path, "echo", "a"))
            assert refused.value.status == 503
            assert not stopping.done()
            (tmp_path / "a.go").touch()
            assert b"one" in (await answer).content
            await stopping
            assert len(children) == 2
            assert not any(map(exists, children))
            await readers.start()
            again = await readers.respond(request(), lambda: planned(tmp_path, "echo", "a"))
            assert b"one" in again.content

    asyncio.run(run())


def test_stopping_does_not_wait_longer_than_the_server_may(tmp_path: Path) -> None:
    async def run() -> None:
        (tmp_path / "a").write_text("one")
        async with running(tmp_path, server={"shutdown_seconds": 0}) as readers:
            answer = asyncio.create_task(
                readers.respond(request(), lambda: planned(tmp_path, "endless", "a"))
            )
            await until_async((tmp_path / "a.renders").exists)
            children = child_processes()
            await readers.stop()
            with pytest.raises(Problem, match="stopping"):
                await answer
            assert not any(map(exists, children))

    asyncio.run(run())


def exists(pid: int) -> bool:
    """Whether there is such a process, also one that was not reaped."""
    return Path(f"/proc/{pid}").exists()


def child_processes() -> list[int]:
    """The reader processes of this test."""
    found = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    return [pid for pid in map(int, found) if b"mestral.readers" in Path(f"/proc/{pid}/cmdline").read_bytes()]


def test_no_reader_outlives_a_front_that_was_killed(tmp_path: Path) -> None:
    with serving(tmp_path, count=2) as site:
        names = apart(site)
        earlier = {name: len(site.renders(name)) for name in names}
        front = subprocess.Popen([sys.executable, "-m", "tests.readers.front", str(tmp_path), *names])
        try:
            until(lambda: all(len(site.renders(name)) > earlier[name] for name in names))
        finally:
            front.kill()
            front.wait()
        busy, idle = (site.renders(name)[-1] for name in names)
        assert busy != idle
        until(lambda: gone(busy) and gone(idle))
