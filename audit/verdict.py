"""What a verification came to, as one JSON document and as lines to read.

The JSON's members are named in docs/verify.md and stay; `v` rises if one must change. This file
must not say more than was checked, and nothing of what entries hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from audit.continued import Link
from audit.errors import AuditError, TamperedError
from audit.pruned import Missing
from audit.steps import CHECKPOINT, PROMISES, STEPS, number_of, promise_of
from audit.verify import Opened, Report

VERSION = 2


@dataclass(frozen=True)
class Verdict:
    """opened: the checkpoint, if step 1 passed. report: if all steps did; error: if not.

    read_from: index of the first entry that was read; those before were verified earlier.
    continues: the logs that this one goes on for, the newest first.
    """

    opened: Opened | None = None
    report: Report | None = None
    error: AuditError | None = None
    read_from: int = 0
    seconds: float = 0.0
    jobs: int = 1
    continues: tuple[Link, ...] = ()

    @property
    def result(self) -> str:
        """Return `ok`, `tampered` or `error`."""
        if self.error is None:
            return "ok"
        return "tampered" if isinstance(self.error, TamperedError) else "error"


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the document that --json prints."""
    checkpoint = verdict.opened.checkpoint if verdict.opened else None
    report, error = verdict.report, verdict.error
    signatures = verdict.opened.signatures if verdict.opened else ()
    tampered = error if isinstance(error, TamperedError) else None
    return {
        "v": VERSION,
        "result": verdict.result,
        "origin": checkpoint.origin if checkpoint else None,
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "newest_hour": report.newest if report else None,
        "steps": [
            {"number": number, "step": step, "outcome": _outcome(verdict, step)}
            for number, step in enumerate(STEPS, 1)
        ],
        "fault": fault_json(tampered) if tampered else None,
        "error": str(error) if error and not tampered else None,
        "cosignatures": [
            {"name": each.name, "time": _time(each.at)}
            for each in signatures
            if each.at is not None
        ],
        "kinds": dict(report.kinds) if report else {},
        "overdue": [asdict(each) for each in report.overdue] if report else [],
        "pruned": _pruned(report.missing) if report and report.missing.unseen else None,
        "continues": [_link_json(each) for each in verdict.continues],
        "read_from": verdict.read_from,
        "timings": {"seconds": round(verdict.seconds, 3), "jobs": verdict.jobs},
    }


def as_lines(verdict: Verdict) -> Iterator[str]:
    """Yield what is printed without --json; the last line says how it went.

    Not for a verification that could not run: there is nothing to say about the log then.
    """
    report = verdict.report
    if isinstance(verdict.error, TamperedError):
        yield spoken_fault(verdict.error)
    elif report is not None:
        for step in report.steps:
            yield f"{number_of(step)}. {step}: {report.size} entries"
        if verdict.read_from:
            yield f"read from entry {verdict.read_from}; those before were verified earlier"
        yield from _spoken_pruned(report.missing)
        for link in verdict.continues:
            yield from _link_lines(link)
        for each in report.overdue:
            yield (
                f"note: {each.count} accesses by {each.programme} to {each.agency} have no outcome "
                "after 24 hours"
            )
        yield f"OK {report.size} entries, root {report.checkpoint.root.hex()}"


def spoken_fault(error: TamperedError) -> str:
    """Return the line that says which promise broke, at which step and entry."""
    number, promise = number_of(error.step), promise_of(error.step)
    where = f"entry {error.index}" if error.index is not None else "no single entry"
    step = f"step {number}, {error.step}" if number else error.step
    return f"TAMPERED {promise} ({PROMISES[promise]}): {step}: {where}: {error.reason}"


def fault_json(error: TamperedError) -> dict[str, Any]:
    """Return the member `fault`."""
    return {
        "step": error.step,
        "number": number_of(error.step),
        "promise": promise_of(error.step),
        "index": error.index,
        "message": error.reason,
    }


def _pruned(missing: Missing) -> dict[str, Any]:
    said = missing.covering()
    return {
        "below": said.below if said else None,
        "entry": said.index if said else None,
        "bodies_not_seen": missing.gone,
        "not_seen": [list(each) for each in missing.unseen],
    }


def _spoken_pruned(missing: Missing) -> Iterator[str]:
    said = missing.covering()
    if said is None:
        return
    for start, stop in missing.unseen:
        yield (
            f"note: entries {start}-{stop - 1} are pruned (log.pruned, entry {said.index}): "
            "hashes verified, bodies not seen; rules about them not checked"
        )
    yield (
        f"note: {missing.gone} bodies were not seen; all {said.remain} below entry {said.below} "
        "that must stay were"
    )


def _link_json(link: Link) -> dict[str, Any]:
    return {
        "origin": link.checkpoint.origin,
        "size": link.checkpoint.size,
        "root": link.checkpoint.root.hex(),
        "signed": link.signed,
        "held": link.held,
        "lost": list(link.lost) if link.lost else None,
    }


def _link_lines(link: Link) -> Iterator[str]:
    old = link.checkpoint
    how = "signed by it" if link.signed else "its signature not checked: give its key (--continues)"
    yield f"continues {old.origin} from {old.size} entries, root {old.root.hex()}, {how}"
    if link.lost is not None:
        first, last = link.lost
        yield (
            f"note: entries {first} to {last} of {old.origin} are lost: this copy ends before "
            "them, and cannot prove that what it holds is what was promised"
        )
    elif link.held is not None:
        yield f"{old.origin}: all {old.size} entries verified"


def _outcome(verdict: Verdict, step: str) -> str:
    error = verdict.error
    if verdict.report is not None and error is None:
        return "passed" if step in verdict.report.steps else "skipped"
    if isinstance(error, TamperedError) and error.step == step:
        return "failed"
    if step == CHECKPOINT and verdict.opened is not None:
        return "passed"
    return "not_finished"  # steps are walked together: none of them is through before all are


def _time(at: int) -> str | None:
    try:
        return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (ValueError, OverflowError, OSError):
        return None  # a witness may sign any number
