#!/usr/bin/env python3
"""A pretend Slurm for one user on one machine, enough for Autosubmit to run workflows on.

Installed under the names ``sbatch``, ``sacct``, ``squeue``, ``scancel`` and ``scontrol`` (the name it is
called by chooses the answer). A submitted script really runs, in the background, as soon as one of ``SLOTS``
slots is free and it has waited ``QUEUE_SECONDS``; until then it is PENDING. Energy and memory figures are
made up from the time a job took and the processors it asked for. It does not queue fairly, kill jobs over
their wallclock or know nodes.
"""

import fcntl
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import IO, Any

STATE = Path.home() / ".pretend_slurm"
SLOTS = int(os.environ.get("PRETEND_SLURM_SLOTS", "6"))
QUEUE_SECONDS = float(os.environ.get("PRETEND_SLURM_QUEUE_SECONDS", "3"))
FIRST_ID = 4_210_000
WATTS_PER_PROCESSOR = 9
TIME_FORMAT = "%Y-%m-%dT%H:%M:%S"


def stamp() -> str:
    return time.strftime(TIME_FORMAT)


def load(job_id: str) -> dict[str, Any] | None:
    try:
        record: dict[str, Any] = json.loads((STATE / f"{job_id}.json").read_text())
    except (OSError, ValueError):
        return None
    return record


def save(record: dict[str, Any]) -> None:
    temporary = STATE / f"{record['id']}.tmp{os.getpid()}"
    temporary.write_text(json.dumps(record))
    temporary.replace(STATE / f"{record['id']}.json")


def next_id() -> int:
    with (STATE / "last").open("a+") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        stream.seek(0)
        number = int(stream.read() or FIRST_ID) + 1
        stream.truncate(0)
        stream.write(str(number))
    return number


def directive(script: str, *names: str) -> str | None:
    """The last value that an ``#SBATCH`` line gives to one of the options."""
    options = "|".join(re.escape(name) for name in names)
    found = re.findall(rf"^#SBATCH\s+(?:{options})[= ]*(\S+)", script, re.MULTILINE)
    return str(found[-1]) if found else None


def sbatch(arguments: list[str]) -> None:
    folder = Path.cwd()
    while arguments and arguments[0].startswith("-"):
        option = arguments.pop(0)
        if option == "-D":
            folder = Path(arguments.pop(0))
    script = (folder / arguments[0]).resolve()
    text = script.read_text(errors="replace")
    record = {
        "id": next_id(),
        "name": directive(text, "-J", "--job-name") or script.stem,
        "script": str(script),
        "folder": str(folder),
        "out": directive(text, "--output", "-o") or "/dev/null",
        "err": directive(text, "--error", "-e") or "/dev/null",
        "processors": int(directive(text, "-n", "--ntasks") or 1),
        "state": "PENDING",
        "submit": stamp(),
        "start": "Unknown",
        "end": "Unknown",
    }
    save(record)
    subprocess.Popen(
        [sys.executable, str(Path(__file__).resolve()), "--supervise", str(record["id"])],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    print(f"Submitted batch job {record['id']}")


def take_slot() -> IO[str]:
    """Wait for one of the slots; it is free again when the returned file is closed."""
    while True:
        for number in range(SLOTS):
            stream = (STATE / f"slot{number}").open("w")
            try:
                fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                stream.close()
            else:
                return stream
        time.sleep(0.3)


def supervise(job_id: str) -> None:
    time.sleep(QUEUE_SECONDS)
    with take_slot():
        record = load(job_id)
        if record is None or record["state"] != "PENDING":
            return
        record |= {"state": "RUNNING", "start": stamp()}
        save(record)
        script = Path(record["script"])
        script.chmod(0o755)
        environment = os.environ | {"SLURM_JOB_ID": job_id, "SLURM_JOB_NODELIST": "node001"}
        folder = Path(record["folder"])
        with (folder / record["out"]).open("w") as out, (folder / record["err"]).open("w") as err:
            code = subprocess.run(
                [str(script)], cwd=folder, env=environment, stdout=out, stderr=err, check=False
            ).returncode
        record |= {"state": "FAILED" if code else "COMPLETED", "end": stamp()}
        save(record)


def seconds_used(record: dict[str, Any]) -> float:
    """How long the job has been running, until now if it still is."""
    if record["state"] == "PENDING":
        return 0.0
    begin = time.mktime(time.strptime(record["start"], TIME_FORMAT))
    end = (
        time.time()
        if record["state"] == "RUNNING"
        else time.mktime(time.strptime(record["end"], TIME_FORMAT))
    )
    return max(end - begin, 1.0)


def sacct(command: str) -> None:
    found = re.search(r"--jobs\s+([0-9,]+)", command)
    records = [load(job_id) for job_id in found.group(1).split(",")] if found else []
    lines: list[str] = []
    for record in records:
        if record is None:
            continue
        if "ConsumedEnergy" in command:
            lines += accounting(record)
        elif "jobid" in command.lower():
            lines.append(f"{record['id']} {record['state']}")
        else:
            lines.append(record["state"])
    print("\n".join(lines))


def accounting(record: dict[str, Any]) -> list[str]:
    """The rows of a job and its steps: state, processors, nodes, times, energy, memory."""
    number, processors = record["id"], record["processors"]
    energy = seconds_used(record) * processors * WATTS_PER_PROCESSOR / 1000
    middle = f"{record['state']} {processors} 1 {record['submit']} {record['start']} {record['end']}"
    return [
        f"{number} {middle} {energy:.2f}K",
        f"{number}.batch {middle} {energy * 0.97:.2f}K {processors * 61_000}K 52000K",
        f"{number}.extern {middle} 0 100K 100K",
        f"{number}.0 {middle} {energy * 0.95:.2f}K {processors * 58_000}K 49000K",
    ]


def squeue(command: str) -> None:
    found = re.search(r"-n\s+(\S+)", command)
    names = set(found.group(1).split(",")) if found else set()
    if "-h" not in command.split():
        print("JOBID,NAME")
    for path in sorted(STATE.glob("*.json")):
        record = load(path.stem)
        if record is None or record["state"] not in ("PENDING", "RUNNING"):
            continue
        if names and record["name"] not in names:
            continue
        number, name = record["id"], record["name"]
        print(f"{name}:{number}" if "%j:%A" in command else f"{number},{name}")


def scancel(arguments: list[str]) -> None:
    for job_id in re.findall(r"\d+", " ".join(arguments)):
        record = load(job_id)
        if record and record["state"] == "PENDING":
            save(record | {"state": "CANCELLED", "end": stamp()})


def main() -> None:
    STATE.mkdir(exist_ok=True)
    called, arguments = Path(sys.argv[0]).name, sys.argv[1:]
    if arguments[:1] == ["--supervise"]:
        supervise(arguments[1])
    elif called == "sbatch":
        sbatch(arguments)
    elif called == "sacct":
        sacct(" ".join(arguments))
    elif called == "squeue":
        squeue(" ".join(arguments))
    elif called == "scancel":
        scancel(arguments)
    elif called == "scontrol" and "hostnames" in arguments:
        print("node001")


if __name__ == "__main__":
    main()
