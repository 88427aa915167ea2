"""One verification with six agencies: what it costs the broker, and how long a programme waits.

Everything is real: servers, gateways with their registries, the 50 ms grid, tokens and proofs.
All of it shares the machine, so the half of the load is half of what the whole machine can do.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from pathlib import Path
from statistics import median

import httpx2

from broker.demo.processes import Processes
from broker.programme.client import Token
from broker.serving import free_ports, serve
from tests.bench import plain
from tests.bench.row import Row, Sizes, at_most, limit
from tests.bench.servers import ASKED, HOST, Servers, running
from tests.bench.timing import group_cpu_seconds, paired, quantile, wall_seconds

AT_ONCE = 4
_WARM_UP = 4


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the rows of CPU beside plain calls, of CPU alone, and of the wait."""
    measured = sizes.verifications
    full_speed = max(12, measured // 2)
    people = _WARM_UP + measured + full_speed + sizes.loaded
    plain_processes = Processes(scratch / "plain")
    try:
        plain_url = _start_plain(plain_processes)
        with running(scratch / "izin", consenting=people) as servers:
            return _rows(sizes, servers, plain_processes, plain_url, measured, full_speed)
    finally:
        plain_processes.stop()


def _rows(
    sizes: Sizes,
    servers: Servers,
    plain_processes: Processes,
    plain_url: str,
    measured: int,
    full_speed: int,
) -> Sequence[Row]:
    with httpx2.Client(timeout=30) as http:
        client = servers.client(http)
        numbers, unused = count(), iter(servers.tokens)

        def ask(token: Token) -> float:
            body = servers.body(token, next(numbers))

            def one() -> None:
                found = client.verify(token, body)
                if found.status != "complete" or len(found.items) != len(ASKED):
                    raise AssertionError(f"a verification ended {found.status}")

            return wall_seconds(one)

        def ask_plain(_number: int) -> None:
            body = {"nik": "3510990000000001", "questions": ["balance_above", "has_account"]}
            http.post(f"{plain_url}/v1/verifications", json=body).raise_for_status()

        for _ in range(_WARM_UP):
            ask(next(unused))
            ask_plain(0)
        each = measured // sizes.repeats
        pair = paired(
            lambda: (
                _cpu(servers.broker_group, lambda: [ask(next(unused)) for _ in range(each)]) / each
            ),
            lambda: (
                _cpu(
                    plain_processes.pids["broker"], lambda: [ask_plain(n) for n in range(5 * each)]
                )
                / (5 * each)
            ),
            sizes.repeats,
        )
        with ThreadPoolExecutor(AT_ONCE) as pool:
            tokens = [next(unused) for _ in range(full_speed)]
            most = full_speed / wall_seconds(lambda: list(pool.map(ask, tokens)))
        waits = _paced(ask, list(unused)[: sizes.loaded], per_second=most / 2)
    ms = pair.figure * 1000
    return [
        at_most(
            "one verification, six agencies, broker's CPU",
            f"{ms:.1f} ms",
            f"{pair.baseline * 1000:.1f} ms plain calls",
            pair.ratio,
            2.5,
            "all the broker's processes, log reads of the gateways included.",
        ),
        limit("the same, absolute", ms, 20, "ms"),
        limit(
            "the same, p99 at half load",
            quantile(waits, 0.99) * 1000,
            200,
            "ms",
            f"half of {most:.1f}/s, which broker, six gateways and client reach together on these "
            f"cores; median {median(waits) * 1000:.0f} ms, 50 ms grid, {len(waits)} verifications.",
        ),
    ]


def _paced(
    ask: Callable[[Token], float], tokens: Sequence[Token], *, per_second: float
) -> list[float]:
    """Ask at a steady rate, whatever is under way; return the seconds from each one's turn."""
    begin = time.perf_counter() + 0.05

    def at_its_turn(number: int, token: Token) -> float:
        turn = begin + number / per_second
        time.sleep(max(0.0, turn - time.perf_counter()))
        ask(token)
        return time.perf_counter() - turn

    with ThreadPoolExecutor(16) as pool:
        return list(pool.map(at_its_turn, count(), tokens))


def _cpu(group: int, work: Callable[[], object]) -> float:
    before = group_cpu_seconds(group)
    work()
    return group_cpu_seconds(group) - before


def _start_plain(processes: Processes) -> str:
    """Start the plain broker and its agencies; return the broker's URL."""
    ports = free_ports(HOST, 1 + len(ASKED))
    urls = [f"http://{HOST}:{port}" for port in ports]
    os.environ[plain.AGENCIES] = " ".join(urls[1:])
    start = partial(serve, host=HOST, threads=16, factory=True)
    for name, port in zip(ASKED, ports[1:], strict=True):
        processes.start(name, partial(start, "tests.bench.plain:agency", port=port))
    processes.start("broker", partial(start, "tests.bench.plain:broker", port=ports[0]))
    ready = {name: f"{url}/healthz" for name, url in zip(ASKED, urls[1:], strict=True)}
    with httpx2.Client(timeout=2) as http:
        processes.wait_ready({**ready, "broker": f"{urls[0]}/readyz"}, http=http)
    return urls[0]
