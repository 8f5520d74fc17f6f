"""Generate an Autosubmit tree for benchmarks: thousands of small experiments and a few big ones.

    python -m benchmarks.generate DIR [--small 10000] [--sizes 1000 10000 50000] [--seed 1] [--job-files]

DIR must not exist. Big experiments come twice: ``p10k`` has a pickled job list as Autosubmit 4.1.17 writes
it, ``d10k`` the jobs database of 4.2. DIR/autosubmitrc points to the tree. Equal arguments give equal
content, apart from the path of DIR.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from benchmarks import catalogue, configuration
from benchmarks.workflow import shape_of


def big_name(letter: str, size: int) -> str:
    """``p`` or ``d`` and the size: 1000 -> p01k, 50000 -> p50k, 250 -> p0250."""
    return f"{letter}{size // 1000:02d}k" if size >= 1000 and size % 1000 == 0 else f"{letter}{size:04d}"


def big_experiments(sizes: list[int]) -> list[catalogue.Experiment]:
    versions = {"p": catalogue.PICKLE_VERSION, "d": catalogue.DATABASE_VERSION}
    kinds = [(letter, size) for size in sizes for letter in versions]
    return [
        catalogue.Experiment(
            number=100_000 + position,
            name=big_name(letter, size),
            description=f"Generated workflow of about {size} jobs",
            version=versions[letter],
            user="modeller00",
            hpc="TRAMUNTANA",
            created="2025-06-15T12:00:00+00:00",
            status="NOT RUNNING",
        )
        for position, (letter, size) in enumerate(kinds)
    ]


def generate(root: Path, small: int, sizes: list[int], seed: int, job_files: bool = False) -> dict[str, int]:
    """Make the tree; returns the number of jobs of each big experiment."""
    root.mkdir(parents=True)
    root = root.resolve()
    experiments = catalogue.small_experiments(small, seed)
    catalogue.write_small_experiments(root, experiments, seed)
    counts = {}
    bigs = big_experiments(sizes)
    for experiment, size in zip(bigs, [size for size in sizes for _ in "pd"], strict=True):
        counts[experiment.name] = catalogue.write_experiment_files(
            root, experiment.name, experiment.version, shape_of(size), seed, finished=0.9, job_files=job_files
        )
    catalogue.write_main_databases(root, experiments + bigs)
    configuration.write_rc(root / "autosubmitrc", root)
    return counts


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generate", description=__doc__.split("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--small", type=int, default=10_000, help="number of small experiments")
    parser.add_argument(
        "--sizes", type=int, nargs="*", default=[1000, 10_000, 50_000], help="sizes of the big ones"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--job-files", action="store_true", help="two small files per job of the big ones too"
    )
    options = parser.parse_args(arguments)
    if options.directory.exists():
        parser.error(f"{options.directory} exists already")
    begin = time.perf_counter()
    counts = generate(options.directory, options.small, options.sizes, options.seed, options.job_files)
    print(f"{options.small} small experiments and {counts} in {time.perf_counter() - begin:.1f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
