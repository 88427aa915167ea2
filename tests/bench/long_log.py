"""One long log, a year of it, and what needs it: proving, serving, verifying, tracing."""

from __future__ import annotations

import hashlib
import random
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import median

import orjson
from flask import Flask

from audit import trace
from audit.entry import Draft, draft
from audit.examine import Place, Trust, examine
from audit.export import export_folder
from audit.log import Log
from audit.note import parse_vkey
from audit.source import FolderSource
from audit.tiles import TILE_WIDTH, TilePath, parse_bundle, path_of
from audit.verify import open_newest, verify
from audit.web import log_blueprint
from tests.bench.appending import signer
from tests.bench.row import Row, Sizes, at_most, limit
from tests.bench.timing import cpu_seconds, paired, quantile, wall_seconds

FIRST = datetime(2025, 11, 24, tzinfo=UTC)
A_DAY = 2740
"""Entries: a million a year. A shorter log covers fewer days, so that both cost alike."""

TRACE_KEY = bytes(range(32))
AGENCIES = (
    "atr_bpn", "bpbd", "bpjs_kes", "bpjs_tk", "dtsen", "dukcapil", "himbara", "pln", "polri",
)  # fmt: skip
SERVING = 4
"""Our own target: what a log adds to a bare answer is a few reads of its file."""

HERS = 40
"""How many of the entries carry a tag of the trace key."""

_AT_ONCE = 685  # a quarter of a day


@dataclass
class _Clock:
    now: datetime

    def __call__(self) -> datetime:
        return self.now


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Make the log once, then return the rows."""
    path = scratch / "log.db"
    grow(path, sizes.entries)
    log = Log(path, signer(), clock=lambda: datetime(2026, 11, 24, 9, tzinfo=UTC))
    folder = scratch / "export"
    try:
        rows = [_proving(log, sizes), *_serving(log, sizes)]
        export_folder(log, folder)
        vkey = log.vkey
    finally:
        log.close()
    entries = read_entries(folder, sizes.entries)
    rows += [
        _verifying(folder, vkey, entries, sizes),
        _in_two_processes(folder, vkey, entries, sizes),
        _memory(folder, vkey, sizes),
    ]
    rows.append(_tracing(entries, sizes))
    return rows


def grow(path: Path, count: int) -> None:
    """Append `count` entries, A_DAY of them a day: accesses, their outcomes, grants."""
    clock = _Clock(FIRST)
    log = Log(path, signer(), clock=clock)
    try:
        for start in range(0, count, _AT_ONCE):
            clock.now = FIRST + timedelta(days=start / A_DAY)
            stop = min(start + _AT_ONCE, count)
            log.append([_entry(number, count, clock.now.date()) for number in range(start, stop)])
    finally:
        log.close()


def read_entries(folder: Path, count: int) -> list[bytes]:
    """Return the entries of an exported log."""
    source = FolderSource(folder)
    entries: list[bytes] = []
    for n in range(-(-count // TILE_WIDTH)):
        width = min(TILE_WIDTH, count - n * TILE_WIDTH)
        entries += parse_bundle(source.read(path_of(TilePath(None, n, width))), width)
    return entries


def _entry(number: int, count: int, day: date) -> Draft:
    fresh = hashlib.sha256(number.to_bytes(8)).hexdigest()
    agency = AGENCIES[(number + 1) // 2 % len(AGENCIES)]  # an access, then its outcome
    tag = fresh[:32]
    if number % (count // HERS) == 7:
        tag = trace.tag(trace.share(TRACE_KEY, agency), day, number % 8).hex()
    common = {"programme": "pkh", "purpose": "eligibility", "tag": tag, "digest": fresh[::-1]}
    if number % 20 == 0:
        traces = sorted(fresh[n : n + 32] for n in range(6))
        given = {"g": fresh, "traces": traces, "challenge": fresh}
        return draft("grant.given", {**common, **given})
    asked = {"agency": agency, "questions": ["balance_above", "has_account"]}
    if number % 2:
        return draft("access.sent", {**common, **asked, "q": fresh})
    return draft("access.answered", {**common, **asked, "outcome": "answered"})


def _proving(log: Log, sizes: Sizes) -> Row:
    chosen = random.Random(7)
    took = [
        wall_seconds(lambda: log.prove(chosen.randrange(sizes.entries)))
        for _ in range(400 * sizes.repeats)
    ]
    return limit(
        f"historical inclusion proof, {sizes.entries:,} entries",
        median(took) * 1000,
        0.15,
        "ms",
        f"with its entry and the checkpoint, as text; p99 {quantile(took, 0.99) * 1000:.2f} ms. "
        "pymerkle 7 on SQLite takes 21.6 ms at 1,000,000 (an earlier measurement: not run here).",
    )


def _serving(log: Log, sizes: Sizes) -> list[Row]:
    """What one request costs, beside the bare answer of as many bytes by the same framework."""
    app = Flask("log")
    app.register_blueprint(log_blueprint(log, may_read_entries=lambda _: True))
    kept: dict[str, bytes] = {}

    @app.get("/bare/<path:rest>")
    def bare(rest: str) -> bytes:
        return kept[rest]

    client = app.test_client()
    full = sizes.entries // TILE_WIDTH
    chosen = random.Random(8)
    rows = []
    for what, level in (("hash tile", 0), ("entry bundle", None)):
        tiles = [
            path_of(TilePath(level, chosen.randrange(full), TILE_WIDTH))
            for _ in range(100 * sizes.repeats)
        ]
        for path in tiles:
            kept[path] = client.get(f"/log/{path}").data

        def ask(front: str, paths: Sequence[str] = tiles) -> None:
            for path in paths:
                if client.get(f"/{front}/{path}").status_code != 200:
                    raise AssertionError("the log has this file")

        pair = paired(
            lambda ask=ask: cpu_seconds(lambda: ask("log")),  # type: ignore[misc]
            lambda ask=ask: cpu_seconds(lambda: ask("bare")),  # type: ignore[misc]
            sizes.repeats,
        )
        each = len(tiles) / 1000
        rows.append(
            at_most(
                f"serving a full {what}, CPU a request",
                f"{pair.figure / each:.2f} ms",
                f"{pair.baseline / each:.2f} ms bare Flask",
                pair.ratio,
                SERVING,
                "without the network; a full one is cached for ever by whoever asked for it.",
            )
        )
    return rows


def _verifying(folder: Path, vkey: str, entries: Sequence[bytes], sizes: Sizes) -> Row:
    def hashed() -> None:
        for entry in entries:
            hashlib.sha256(entry).digest()

    def verified() -> None:
        if verify(FolderSource(folder), parse_vkey(vkey)).size != sizes.entries:
            raise AssertionError("the log is whole")

    pair = paired(lambda: cpu_seconds(verified), lambda: cpu_seconds(hashed), sizes.repeats)
    return at_most(
        f"verify {sizes.entries:,} entries, one process",
        f"{pair.figure:.2f} s",
        f"{pair.baseline:.2f} s SHA-256",
        pair.ratio,
        4,
        f"CPU time, from files; baseline: SHA-256 of each entry in memory, "
        f"{sum(map(len, entries)) / len(entries):.0f} bytes on average.",
    )


def _in_two_processes(folder: Path, vkey: str, entries: Sequence[bytes], sizes: Sizes) -> Row:
    trust = Trust(parse_vkey(vkey))

    def hashed() -> None:
        for entry in entries:
            hashlib.sha256(entry).digest()

    def verified() -> None:
        source = FolderSource(folder)
        opened = open_newest(source, trust.verifier)
        examine(Place(source, str(folder), None, 2), trust, opened)

    pair = paired(lambda: wall_seconds(verified), lambda: wall_seconds(hashed), sizes.repeats)
    return at_most(
        f"verify {sizes.entries:,} entries, two processes",
        f"{pair.figure:.2f} s",
        f"{pair.baseline:.2f} s SHA-256",
        pair.ratio,
        2.3,
        "Wall's clock, the start of both processes in it; below 50,001 entries it is one process.",
    )


def _memory(folder: Path, vkey: str, sizes: Sizes) -> Row:
    """The largest of the processes of a whole command, at its peak."""
    # By the kernel's own count: what wait4 tells of a child includes its parent, before the exec.
    script = (
        "import sys; from pathlib import Path; from audit.cli import audit\n"
        "try: audit(sys.argv[1:])\n"
        "finally: sys.stderr.write(Path('/proc/self/status').read_text())"
    )
    command = [sys.executable, "-c", script, "verify", str(folder), "--vkey", vkey, "--jobs", "1"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    peak = next(line for line in done.stderr.splitlines() if line.startswith("VmHWM:"))
    return limit(
        f"memory to verify {sizes.entries:,} entries",
        int(peak.split()[1]) / 1024,
        300,
        "MB",
        "Peak of `izin audit verify --jobs 1`; with more, the marks stay in one of the processes.",
    )


def _tracing(entries: Sequence[bytes], sizes: Sizes) -> Row:
    def found() -> None:
        if len(trace.find(entries, TRACE_KEY, AGENCIES)) != sizes.entries // (
            sizes.entries // HERS
        ):
            raise AssertionError("every entry of hers is found")

    def parsed() -> None:
        for entry in entries:
            orjson.loads(entry)

    pair = paired(lambda: cpu_seconds(found), lambda: cpu_seconds(parsed), sizes.repeats)
    return at_most(
        f"a person's own list, {-(-sizes.entries // A_DAY)} days, {sizes.entries:,} entries",
        f"{pair.figure:.2f} s",
        f"{pair.baseline:.2f} s JSON parsing",
        pair.ratio,
        1.3,
        "CPU time over entries in memory; baseline: orjson over each of them.",
    )
