"""Measure Mestral, and Autosubmit API beside it, on copies of one generated tree.

    python -m benchmarks.run TREE --work DIR --mestral 'mestral serve --host 127.0.0.1 --port {port}' \\
        [--peer 'autosubmit_api start -b 127.0.0.1:{port}'] [--postgres URL] [--settle 2.1] \\
        [--output benchmarks/RESULTS.md]

Requests alternate between the servers. Each endpoint is asked with unchanged files and again after changing
the files that it depends on. Then ``/`` is asked while four of the largest job lists are being made.
Everything is bounded: rounds, seconds per endpoint, seconds per request.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import os
import shutil
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, suppress
from dataclasses import asdict
from importlib import metadata
from pathlib import Path

from benchmarks import configuration, report
from benchmarks.changes import change_experiment
from benchmarks.endpoints import Endpoint, big_ones, endpoints, storm_paths, target_of
from benchmarks.report import Measured, Resources, Results, Storm
from benchmarks.server import MemoryWatch, Server, fetch, parent_of
from benchmarks.yardstick import unpickling

_MESTRAL = "Mestral"
_CALM = 2.0
"""Seconds after the first answer in which a server may still start what it has in the background."""

ENCODINGS = {"browser": "gzip, deflate, br, zstd", "none": "identity"}


def main(arguments: list[str] | None = None) -> int:
    options = _options(arguments)
    commands = {_MESTRAL: options.mestral, "Autosubmit API": options.peer}
    servers = [
        _prepare(label, command, options.tree, options.work) for label, command in commands.items() if command
    ]
    if options.postgres:
        servers.append(_prepare_postgres(options))
    results = Results(settings=_settings(options), machine=report.machine(), load_before=os.getloadavg()[0])
    results.unpickling = {
        big: took for big in big_ones(options.tree) if (took := unpickling(options.tree, big)) is not None
    }
    headers = {"Accept-Encoding": ENCODINGS[options.encoding]}
    for server in servers:
        results.resources[server.label] = Resources(
            starts=[_start_once(server) for _ in range(options.starts)],
            listings=[_list_plugins(server) for _ in range(2 * options.starts + 1)]
            if server.label == _MESTRAL
            else [],
        )
    with ExitStack() as stack:
        for server in servers:
            stack.enter_context(server.running())
            results.versions[server.label] = _version(server, headers)
            results.resources[server.label].idle = server.tree.resident()
            time.sleep(_CALM)
            results.resources[server.label].in_a_row = server.cpu_in_a_row("/", headers)
        watches = {server.label: stack.enter_context(MemoryWatch(server.tree)) for server in servers}
        for endpoint in endpoints(options.tree):
            if fnmatch.fnmatch(endpoint.title, options.only):
                _measure(endpoint, servers, headers, options, results)
        if options.storms:
            for server in servers:
                results.storms[server.label] = _storm(server, headers, options)
        for server in servers:
            results.resources[server.label].peak = watches[server.label].peak
        time.sleep(options.rest)
        for server in servers:
            results.resources[server.label].rest = server.tree.resident()
    results.load_after = os.getloadavg()[0]
    options.output.write_text(report.markdown(results))
    if options.json:
        options.json.write_text(json.dumps(asdict(results), indent=1, default=sorted))
    print(f"written: {options.output}")
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("tree", type=Path, help="a tree of benchmarks.generate; it is copied, never changed")
    parser.add_argument(
        "--work", type=Path, required=True, help="folder for copies, state and logs (copies are reused)"
    )
    parser.add_argument("--mestral", help="command with {port}; any server of the same API")
    parser.add_argument("--peer", help="command of the server to compare with")
    parser.add_argument(
        "--postgres", metavar="URL", help="an empty database on this machine: measure Mestral on it as well"
    )
    parser.add_argument("--output", type=Path, default=Path(__file__).with_name("RESULTS.md"))
    parser.add_argument("--json", type=Path, help="also write all numbers")
    parser.add_argument("--only", default="*", help="pattern of endpoint titles, e.g. 'v4 jobs*10k'")
    parser.add_argument("--rounds", type=int, default=25, help="requests with unchanged files")
    parser.add_argument("--changes", type=int, default=5, help="requests after a change (0: none)")
    parser.add_argument("--settle", type=float, default=2.1, help="seconds between a change and the request")
    parser.add_argument("--budget", type=float, default=20.0, help="seconds per endpoint, server and state")
    parser.add_argument(
        "--encoding", choices=sorted(ENCODINGS), default="browser", help="what the client accepts"
    )
    parser.add_argument(
        "--storms", type=int, default=5, help="times that four big lists are asked for at once"
    )
    parser.add_argument("--starts", type=int, default=3, help="starts to measure")
    parser.add_argument(
        "--rest", type=float, default=10.0, help="seconds of rest before the last look at memory"
    )
    options = parser.parse_args(arguments)
    if not (options.mestral or options.peer):
        parser.error("give at least one of --mestral and --peer")
    if options.postgres and not options.mestral:
        parser.error("--postgres needs --mestral")
    return options


def _settings(options: argparse.Namespace) -> dict[str, str]:
    names = ("rounds", "changes", "settle", "budget", "encoding", "storms", "only")
    return {name: str(getattr(options, name)) for name in names}


def _prepare(label: str, command: str, tree: Path, work: Path) -> Server:
    """A server on its own copy of the tree."""
    scratch = work.resolve() / label.replace(" ", "-").lower()
    copy = scratch / "tree"
    if not copy.exists():
        scratch.mkdir(parents=True, exist_ok=True)
        partial = scratch / "tree.partial"
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run(["cp", "-a", "--reflink=auto", str(tree), str(partial)], check=True)
        partial.rename(copy)
    rc_file = configuration.write_rc(copy / "autosubmitrc", copy)
    return Server(label, command, copy, rc_file, scratch)


def _prepare_postgres(options: argparse.Namespace) -> Server:
    """Mestral with the tree in PostgreSQL, which takes some minutes for 10,000 experiments."""
    from psycopg import connect
    from tools.move_to_postgres import Moved

    server = _prepare(f"{_MESTRAL}, PostgreSQL", options.mestral, options.tree, options.work)
    server.moved = Moved(server.root / "autosubmitrc", options.postgres).again
    with connect(options.postgres, autocommit=True) as connection:
        connection.execute("ANALYZE")
        server.beside = parent_of(connection.info.backend_pid)
    return server


def _start_once(server: Server) -> float:
    with server.running() as seconds:
        return seconds


def _list_plugins(server: Server) -> float:
    """Seconds of the command that lists the plugins, beside the same files and settings."""
    return server.time_command(("plugins", "list"))


def _version(server: Server, headers: dict[str, str]) -> str:
    """Mestral answers with the version of the API that it stands in for, so look at what is installed."""
    if server.label.startswith(_MESTRAL):
        with suppress(metadata.PackageNotFoundError):
            return metadata.version("mestral")
    return str(json.loads(server.ask("/", headers).body).get("version", "?"))


def _measure(
    endpoint: Endpoint,
    servers: list[Server],
    headers: dict[str, str],
    options: argparse.Namespace,
    results: Results,
) -> None:
    """Both states of one endpoint on all servers, alternating."""
    print(endpoint.title, flush=True)
    goals = endpoint.goal, endpoint.goal_changed
    measured = {s.label: Measured(endpoint.title, s.label, *goals) for s in servers}
    results.measured.extend(measured.values())
    targets: dict[str, str | None] = {}
    for server in servers:
        answer = server.ask(endpoint.path, headers)
        row = measured[server.label]
        row.first = answer.wall, answer.cpu
        row.note(answer)
        targets[server.label] = _target(endpoint, server)
    _alternate(endpoint, servers, measured, headers, options)
    quick = [server for server in servers if measured[server.label].slowest() < options.budget / 2]
    if options.changes and endpoint.change is not None:
        known = {server: name for server in quick if (name := targets[server.label]) is not None}
        _changed(endpoint, known, measured, headers, options)


def _target(endpoint: Endpoint, server: Server) -> str | None:
    """The experiment to change, which a list has to be asked for in plain JSON."""
    if endpoint.change is None or endpoint.target is not None:
        return endpoint.target
    return target_of(server.ask(endpoint.path, {"Accept-Encoding": ENCODINGS["none"]}).body)


def _alternate(
    endpoint: Endpoint,
    servers: list[Server],
    measured: dict[str, Measured],
    headers: dict[str, str],
    options: argparse.Namespace,
) -> None:
    """Unchanged files: whole answers, and where there is an ETag also answers to a client that has it."""
    spent = dict.fromkeys(measured, 0.0)
    for number in range(options.rounds):
        for server in servers[number % 2 :] + servers[: number % 2]:
            if spent[server.label] < options.budget:
                answer = server.ask(endpoint.path, headers)
                row = measured[server.label]
                row.unchanged.append((answer.wall, answer.cpu))
                spent[server.label] += answer.wall
                if answer.etag:
                    again = server.ask(endpoint.path, headers | {"If-None-Match": answer.etag})
                    row.revalidated.append((again.wall, again.cpu))
                    row.revalidated_statuses.add(again.status)


def _changed(
    endpoint: Endpoint,
    targets: dict[Server, str],
    measured: dict[str, Measured],
    headers: dict[str, str],
    options: argparse.Namespace,
) -> None:
    """Files just changed: change them in every tree, wait, ask every server once; and again."""
    assert endpoint.change is not None
    spent = dict.fromkeys(measured, 0.0)
    before = {server: server.ask(endpoint.path, headers).body for server in targets}
    for number in range(options.changes):
        active = [server for server in targets if spent[server.label] < options.budget]
        for server in active:
            endpoint.change(server.root, targets[server])
            server.moved(targets[server])
        time.sleep(options.settle)
        for server in active[number % 2 :] + active[: number % 2]:
            answer = server.ask(endpoint.path, headers)
            row = measured[server.label]
            row.changed.append((answer.wall, answer.cpu))
            row.note(answer)
            spent[server.label] += answer.wall
            row.stale += answer.body == before[server]
            before[server] = answer.body


def _storm(server: Server, headers: dict[str, str], options: argparse.Namespace) -> Storm:
    """Ask for ``/`` all the time while four clients wait for the largest lists."""
    pairs = storm_paths(big_ones(options.tree))
    storm = Storm(quiet=[server.ask("/", headers).wall for _ in range(100)])
    if not pairs:
        return storm
    print(f"storm on {server.label}", flush=True)
    context = multiprocessing.get_context("spawn")
    with MemoryWatch(server.tree) as watch, ProcessPoolExecutor(4, mp_context=context) as clients:
        list(clients.map(time.sleep, [0.2] * 4))
        began = time.perf_counter()
        for _ in range(options.storms):
            for expid in sorted({expid for _, expid in pairs}):
                change_experiment(server.root, expid)
                server.moved(expid)
            time.sleep(options.settle)
            waiting = [clients.submit(fetch, server.port, path, headers) for path, _ in pairs]
            while not all(future.done() for future in waiting):
                storm.during.append(server.ask("/", headers).wall)
            answers = [future.result() for future in waiting]
            storm.lists.append(statistics.median(seconds for _, seconds, _ in answers))
            storm.failures += sum(status != 200 for status, _, _ in answers)
            if time.perf_counter() - began > options.budget * 6:
                break
    storm.peak = watch.peak
    return storm


if __name__ == "__main__":
    sys.exit(main())
