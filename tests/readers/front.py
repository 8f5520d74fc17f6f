"""A front to be killed: `python -m tests.readers.front DIRECTORY BUSY IDLE`."""

import asyncio
import sys
from pathlib import Path

from tests.readers.serving import planned, request, running


async def main(directory: Path, busy: str, idle: str) -> None:
    """Answer about the file `idle`, then about `busy` for ever, with two readers."""
    async with running(directory, count=2) as readers:
        await readers.respond(request(), lambda: planned(directory, "echo", idle))
        await readers.respond(request(), lambda: planned(directory, "endless", busy))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), *sys.argv[2:]))
