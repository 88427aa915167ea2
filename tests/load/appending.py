"""One process of a load: threads that append one entry at a time until the time is over.

Run as `python -m tests.load.appending PLACE THREADS SECONDS`. It says `ready`, begins when a line
arrives on standard input, and ends with one line of JSON: `indexes`, of the entries that callers
got, and `milliseconds`, how long each waited for it.
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

from audit.log import Log
from audit.opening import is_server
from tests.audit.logs import in_threads
from tests.audit.memory_log import TestSigner
from tests.load.drafts import access


def main(place: str, threads: str, seconds: str) -> None:
    """Open the log, wait for the start, append, report."""
    where = place if is_server(place) else Path(place)
    log = Log(where, TestSigner(), clock=lambda: datetime.now(UTC))
    print("ready", flush=True)  # noqa: T201 - to the process that started this one
    sys.stdin.readline()
    ends = time.monotonic() + float(seconds)
    got: list[list[tuple[int, float]]] = [[] for _ in range(int(threads))]

    def append(which: int) -> None:
        while (began := time.monotonic()) < ends:
            (logged,) = log.append([access()]).entries
            got[which].append((logged.index, (time.monotonic() - began) * 1e3))

    in_threads(int(threads), append)
    log.close()
    flat = [one for of_thread in got for one in of_thread]
    report = {"indexes": [one for one, _ in flat], "milliseconds": [one for _, one in flat]}
    print(json.dumps(report), flush=True)  # noqa: T201


if __name__ == "__main__":
    main(*sys.argv[1:])
