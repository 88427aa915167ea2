"""A monitor: verifies a log, then again and again what was added, and says when something is off.

Growth must be consistent with what was seen before, sizes never fall, and the newest checkpoint
must not grow old: a log that stops is a log that hides what happens now. Nothing here reads a
clock or waits; `monitor` does.
"""

from __future__ import annotations

from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.errors import AuditError, TamperedError
from audit.examine import Place, ProgressBar, Trust, examine, no_bar
from audit.kept import Kept
from audit.verdict import Verdict
from audit.verify import Opened, Report, open_newest

TAMPERED, STALE, UNREACHABLE, OVERDUE = "tampered", "stale", "unreachable", "overdue"
"""The kinds of alert."""


@dataclass(frozen=True)
class Look:
    """What one look at the log showed.

    alerts: kinds that hold now. grew: whether the checkpoint is another than at the look before.
    age: seconds since the newest cosignature, or since growth was seen last.
    """

    verdict: Verdict
    alerts: frozenset[str]
    grew: bool
    age: int


class Monitor:
    """One log under watch. kept: what the last good look left, to be written down."""

    def __init__(
        self,
        place: Place,
        trust: Trust,
        *,
        since: Checkpoint | None = None,
        kept: Kept | None = None,
        stale_after: int,
        bar: ProgressBar = no_bar,
    ) -> None:
        """stale_after: seconds."""
        self._place = place
        self._trust = trust
        self._since = since
        self.kept = kept
        self._stale_after = stale_after
        self._bar = bar
        self._last: tuple[Opened, Report] | None = None
        self._grown_at: int | None = None
        self._cosigned_at: int | None = None

    def look(self, at: int) -> Look:
        """Look at the log; at: Unix seconds. Raises StateError for `kept` of another log."""
        if self._grown_at is None:
            self._grown_at = at
        opened: Opened | None = None
        read_from = self.kept.edge.size if self.kept is not None else 0
        try:
            opened = open_newest(self._place.source, self._trust.verifier, self._trust.witnesses)
            grew = self._last is None or self._last[0].checkpoint != opened.checkpoint
            report = self._verified(opened) if grew or self._last is None else self._last[1]
        except TamperedError as error:
            verdict = Verdict(opened, error=error, read_from=read_from, jobs=self._place.jobs)
            return Look(verdict, frozenset({TAMPERED}), False, self._age(at))
        except AuditError as error:
            if self._last is None:
                raise  # the first one says whether this can run at all
            verdict = Verdict(opened, error=error, read_from=read_from, jobs=self._place.jobs)
            age = self._age(at)
            return Look(verdict, frozenset({UNREACHABLE}) | self._stale(age), False, age)
        if grew and self._last is not None:
            self._grown_at = at
        self._last = (opened, report)
        times = [each.at for each in opened.signatures if each.at is not None]
        self._cosigned_at = max([*times, self._cosigned_at or 0]) or None
        age = self._age(at)
        alerts = self._stale(age) | ({OVERDUE} if report.overdue else frozenset())
        verdict = Verdict(opened, report, read_from=read_from, jobs=self._place.jobs)
        return Look(verdict, alerts, grew, age)

    def _verified(self, opened: Opened) -> Report:
        is_first = self._last is None
        report = examine(
            self._place,
            self._trust,
            opened,
            since=self._since,
            kept=self.kept,
            keep=True,
            bar=self._bar if is_first else no_bar,
            all_days=is_first,
        )
        self.kept = report.kept or self.kept
        return report

    def _age(self, at: int) -> int:
        """Return how old the newest sign of life is, in seconds."""
        newest = self._cosigned_at if self._trust.witnesses else self._grown_at
        return max(0, at - (newest if newest is not None else at))

    def _stale(self, age: int) -> frozenset[str]:
        return frozenset({STALE}) if age > self._stale_after else frozenset()


def metrics(look: Look, *, at: int, looks: int) -> str:
    """Return the look in Prometheus' text format; at: Unix seconds."""
    opened = look.verdict.opened
    report = look.verdict.report
    rows = [
        ("up", "gauge", "1 if the log could be read.", int(UNREACHABLE not in look.alerts)),
        ("tampered", "gauge", "1 if a step failed.", int(TAMPERED in look.alerts)),
        ("stale", "gauge", "1 if the log shows no sign of life.", int(STALE in look.alerts)),
        ("age_seconds", "gauge", "Since the newest cosignature, or since growth.", look.age),
        ("looked_timestamp_seconds", "gauge", "When it was last looked at.", at),
        ("looks_total", "counter", "How often it was looked at.", looks),
    ]
    if opened is not None:
        rows.append(("size", "gauge", "Entries of the newest checkpoint.", opened.checkpoint.size))
    if report is not None:
        count = sum(each.count for each in report.overdue)
        rows.append(("overdue_accesses", "gauge", "Without an outcome, at least.", count))
    return "".join(
        f"# HELP izin_audit_{name} {words}\n# TYPE izin_audit_{name} {kind}\n"
        f"izin_audit_{name} {value}\n"
        for name, kind, words, value in rows
    )
