"""What a client sees of answers made by readers: bodies, ETags, 304, one computation for many, problems."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.readers.serving import HERE, planned, request, running, serving, until, until_async

from mestral.errors import Problem
from mestral.readers import Plan, fingerprint


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_unchanged_data_is_answered_without_rendering_again(tmp_path: Path, loop: str) -> None:
    pytest.importorskip(loop)
    with serving(tmp_path, loop=loop) as site:
        site.write("a", "one")
        first = site.get("echo", "a")
        assert first.status_code == 200
        assert first.json()["text"] == "one"
        assert first.headers["content-type"] == "application/json"
        etag = first.headers["etag"]
        assert etag.startswith('W/"')
        again = site.get("echo", "a")
        assert (again.content, again.headers["etag"]) == (first.content, etag)
        known = site.get("echo", "a", etag=f'"other", {etag}')
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
        assert known.headers["cache-control"] == "private, no-cache"
        assert "Authorization" in known.headers["vary"]
        assert len(site.renders("a")) == 1
        counted = {"hits": 1, "not_modified": 1, "misses": 1, "restarts": 0}
        assert site.readers.statistics() | {"bytes": 0} == counted | {"bytes": 0}


def test_304_is_given_before_any_work(tmp_path: Path) -> None:
    with serving(tmp_path, cache_bytes=0) as site:
        site.write("a", "one")
        etag = site.get("echo", "a").headers["etag"]
        assert site.get("echo", "a", etag=etag).status_code == 304
        assert len(site.renders("a")) == 1


def test_changed_data_has_another_etag_and_body(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "one")
        first = site.get("echo", "a")
        site.write("a", "two")
        second = site.get("echo", "a", etag=first.headers["etag"])
        assert (second.status_code, second.json()["text"]) == (200, "two")
        assert second.headers["etag"] != first.headers["etag"]


def test_a_file_just_written_never_hides_its_next_change(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "0")
        path = tmp_path / "a"
        etag = None
        for number in range(1, 6):
            # Same size, same inode, mtime set back to what it was: only ctime is left to tell, by a clock
            # that on some file systems is too coarse for it.
            before = path.stat()
            path.write_text(str(number))
            os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
            answer = site.get("echo", "a", by="stamp", etag=etag)
            assert (answer.status_code, answer.json()["text"]) == (200, str(number))
            etag = answer.headers["etag"]
        assert site.get("echo", "a", by="stamp", etag=etag).status_code == 304
        assert len(site.renders("a")) == 6
        assert site.readers.statistics()["bytes"] == 0


def test_an_etag_of_unsettled_data_tells_bodies_apart_whatever_the_fingerprint(tmp_path: Path) -> None:
    """The clock did not move between two writes: equal stamps, different content."""

    async def run() -> None:
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")
            plan = planned(tmp_path, "echo", "a", by="stamp")
            first = await readers.respond(request(), lambda: plan)
            (tmp_path / "a").write_text("two")
            second = await readers.respond(request(first.headers["etag"]), lambda: plan)
            assert (second.status_code, b"two" in second.content) == (200, True)

    asyncio.run(run())


def test_a_file_is_kept_once_it_is_settled(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a", "one")

        def settled() -> bool:
            site.get("echo", "a", by="stamp")
            return site.readers.statistics()["hits"] > 0

        until(settled)
        rendered = len(site.renders("a"))
        etag = site.get("echo", "a", by="stamp").headers["etag"]
        assert site.get("echo", "a", by="stamp", etag=etag).status_code == 304
        assert len(site.renders("a")) == rendered


def test_data_that_changes_while_it_is_rendered_is_rendered_again(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        site.write("a", "one")
        answer = threads.submit(site.get, "waiting", "a")
        until(lambda: site.renders("a"))
        site.write("a", "two")
        site.write("a.go")
        assert answer.result().json()["text"] == "two"
        assert len(site.renders("a")) == 2
        assert site.get("waiting", "a").headers["etag"] == answer.result().headers["etag"]
        assert len(site.renders("a")) == 2


def test_a_learned_file_that_changes_while_the_answer_is_made_is_seen(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        site.write("b", "one")
        site.write("a", "b")
        answer = threads.submit(site.get, "included_waiting", "a")
        until(lambda: site.renders("a"))
        site.write("b", "two")
        site.write("a.go")
        assert answer.result().json()["text"] == "two"


def test_data_that_never_rests_is_answered_and_not_kept(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")
            looks = iter(range(100))

            def plan() -> Plan:
                return Plan(
                    render=f"{HERE}:echo",
                    args=(str(tmp_path / "a"),),
                    fingerprint=fingerprint([], content=str(next(looks))),
                    affinity="a",
                )

            answer = await readers.respond(request(), plan)
            assert b"one" in answer.content
            assert readers.statistics()["bytes"] == 0
            assert len((tmp_path / "a.renders").read_text().split()) == 3

    asyncio.run(run())


def test_files_that_turned_out_to_take_part_are_watched_too(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("b", "one")
        site.write("a", "b")

        def settled() -> bool:
            site.get("included", "a")
            return site.readers.statistics()["hits"] > 0

        until(settled)
        etag = site.get("included", "a").headers["etag"]
        assert site.get("included", "a", etag=etag).status_code == 304
        site.write("b", "two")
        changed = site.get("included", "a", etag=etag)
        assert (changed.status_code, changed.json()["text"]) == (200, "two")
        assert changed.headers["etag"] != etag


def test_an_etag_with_learned_files_is_recognised_after_the_answer_was_forgotten(tmp_path: Path) -> None:
    with serving(tmp_path, cache_bytes=0) as site:
        site.write("b", "one")
        site.write("a", "b")

        def settled() -> bool:
            etag = site.get("included", "a").headers["etag"]
            return "-" not in etag and site.get("included", "a", etag=etag).status_code == 304

        until(settled)


def test_many_who_ask_for_one_thing_share_one_rendering(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor(8) as threads:
        site.write("a", "one")
        answers = [threads.submit(site.get, "waiting", "a") for _ in range(8)]
        until(lambda: site.readers.statistics()["misses"] == 8)
        site.write("a.go")
        assert {answer.result().content for answer in answers} == {answers[0].result().content}
        assert len(site.renders("a")) == 1


def test_nobody_shares_a_rendering_of_unsettled_data_that_was_begun_before_he_asked(tmp_path: Path) -> None:
    with serving(tmp_path) as site, ThreadPoolExecutor() as threads:
        site.write("a", "one")
        first = threads.submit(site.get, "waiting", "a", by="stamp")
        until(lambda: site.renders("a"))
        second = threads.submit(site.get, "waiting", "a", by="stamp")
        until(lambda: site.readers.statistics()["misses"] == 2)
        site.write("a.go")
        assert first.result().json()["text"] == second.result().json()["text"] == "one"
        assert len(site.renders("a")) == 2


def test_a_client_that_goes_away_does_not_stop_the_answer_of_others(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")
            first = asyncio.create_task(readers.respond(request(), lambda: planned(tmp_path, "waiting", "a")))
            await until_async((tmp_path / "a.renders").exists)
            second = asyncio.create_task(
                readers.respond(request(), lambda: planned(tmp_path, "waiting", "a"))
            )
            await until_async(lambda: readers.statistics()["misses"] == 2)
            first.cancel()
            await asyncio.wait([first])
            (tmp_path / "a.go").touch()
            assert b"one" in (await second).content
            assert len((tmp_path / "a.renders").read_text().split()) == 1

    asyncio.run(run())


def test_answers_that_depend_on_now_are_made_anew_with_the_clock(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")

            async def etag(render: str, seconds: int) -> str:
                def plan() -> Plan:
                    return planned(tmp_path, render, "a", clock=seconds)

                return str((await readers.respond(request(), plan)).headers["etag"])

            never, again, rarely = [await etag("echo", seconds) for seconds in (0, 0, 10**9)]
            assert never == again != rarely
            for render, seconds in (("echo", 1), ("each_second", 0)):
                before = await etag(render, seconds)
                for _ in range(100):
                    if await etag(render, seconds) != before:
                        break
                    await asyncio.sleep(0.05)
                assert await etag(render, seconds) != before
            assert await etag("echo", 0) == never
            assert await etag("echo", 10**9) == rarely

    asyncio.run(run())


@pytest.mark.parametrize("clock", [0, 1])
def test_an_answer_that_takes_longer_than_its_clock_is_made_once(tmp_path: Path, clock: int) -> None:
    async def run() -> None:
        async with running(tmp_path) as readers:
            (tmp_path / "a").write_text("one")

            def plan() -> Plan:
                return planned(tmp_path, "slower_than_the_clock", "a", clock=clock)

            answer = await readers.respond(request(), plan)
            assert answer.content == b"one"
            assert len((tmp_path / "a.renders").read_text().split()) == 1
            assert readers.statistics()["bytes"] > 0
            await readers.respond(request(answer.headers["etag"]), plan)
            assert len((tmp_path / "a.renders").read_text().split()) == 2

    asyncio.run(run())


def test_the_answers_kept_never_exceed_their_bytes(tmp_path: Path) -> None:
    with serving(tmp_path, cache_bytes=100_000) as site:
        site.client.headers["accept-encoding"] = "identity"  # compressed they would all fit
        for name, size in (("a", 40), ("b", 40), ("c", 10)):
            site.write(name, str(size))
            site.get("kilobytes", name)
        assert site.readers.statistics()["bytes"] <= 100_000
        site.get("kilobytes", "a")  # now b is what was not used for longest
        site.write("d", "30")
        site.get("kilobytes", "d")
        assert site.readers.statistics()["bytes"] <= 100_000
        site.write("huge", "101")
        assert len(site.get("kilobytes", "huge").content) == 101_000
        site.get("kilobytes", "huge")
        for name in "acdb":
            site.get("kilobytes", name)
        assert {name: len(site.renders(name)) for name in ("a", "b", "c", "d", "huge")} == {
            "a": 1,
            "b": 2,
            "c": 1,
            "d": 1,
            "huge": 2,
        }


def test_a_problem_of_a_render_function_arrives_as_it_was_raised(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a")
        answer = site.get("refusing", "a")
        assert (answer.status_code, answer.json()) == (409, {"why": ["a", 1]})
        assert answer.headers["retry-after"] == "7"

    async def run() -> None:
        async with running(tmp_path) as readers:
            with pytest.raises(Problem) as raised:
                await readers.respond(request(), lambda: planned(tmp_path, "refusing", "a"))
            assert (raised.value.message, raised.value.code) == ("Not like this.", "conflict")

    asyncio.run(run())


@pytest.mark.parametrize("render", ["failing", "recursing", "leaving", "unfit", "missing"])
def test_a_bug_of_a_render_function_is_a_500_and_nothing_more(
    tmp_path: Path, render: str, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(tmp_path) as site:
        site.write("a", "one")
        answer = site.get(render, "a")
        assert answer.status_code == 500
        assert answer.json()["error"] is True
        assert "secret" not in answer.text
        assert f"{HERE}:{render} failed" in caplog.text
        assert "Traceback" in caplog.text
        assert site.get("echo", "a").json()["text"] == "one"
        assert site.readers.statistics()["restarts"] == 0


def test_a_problem_of_the_plan_function_passes_and_costs_nothing(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(tmp_path) as readers:

            def plan() -> Plan:
                raise Problem(404, "No such thing.")

            with pytest.raises(Problem, match="No such thing"):
                await readers.respond(request(), plan)

    asyncio.run(run())


def test_services_are_made_again_in_the_reader_which_stays_light(tmp_path: Path) -> None:
    with serving(tmp_path) as site:
        site.write("a")
        assert site.get("service", "a").json() == {"paint": f"blue in {tmp_path.name}", "litestar": False}
