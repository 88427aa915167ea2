"""The monitor: what it notices as a log grows, stops, goes away, or is put back."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from audit.cosignature import cosign, format_cosigner_vkey
from audit.errors import LogUnavailableError
from audit.examine import Place, Trust
from audit.monitor import parse_command, watch
from audit.note import parse_vkey
from audit.state import read_state
from audit.watch import Look, Monitor, metrics
from tests.audit.memory_log import MemoryLog, TestSigner, log_of, some_entries

SIGNER = TestSigner()
WITNESS = TestSigner("witness.example", seed=9)
WITNESS_KEY = parse_vkey(format_cosigner_vkey(WITNESS.name, WITNESS.public_key))
ENTRIES = some_entries(700)
NOW = 1_790_000_000
HOUR = 3600


class Changing:
    """A source that shows another log at will, or none."""

    def __init__(self, log: MemoryLog) -> None:
        self.log: MemoryLog | None = log

    def checkpoint(self) -> str:
        if self.log is None:
            raise LogUnavailableError("no route")
        return self.log.checkpoint()

    def read(self, path: str) -> bytes:
        if self.log is None:
            raise LogUnavailableError("no route")
        return self.log.read(path)


def log(size: int, *, cosigned_at: int | None = None) -> MemoryLog:
    made = log_of(ENTRIES[:size], SIGNER)
    if cosigned_at is None:
        return made
    note = made.checkpoint()
    text = note[: note.rindex("\n\n") + 1]
    return made.with_file("checkpoint", (note + cosign(text, WITNESS, at=cosigned_at)).encode())


def monitor(source: Changing, *, witnesses: bool = False, stale_after: int = HOUR) -> Monitor:
    trust = Trust(SIGNER.verifier, [WITNESS_KEY] if witnesses else [])
    return Monitor(Place(source, ""), trust, stale_after=stale_after)


def test_growth_is_verified_and_reported_once() -> None:
    source = Changing(log(300))
    looker = monitor(source)
    assert looker.look(NOW).grew
    assert not looker.look(NOW + 1).grew
    source.log = log(700)
    look = looker.look(NOW + 2)
    assert look.grew
    assert look.verdict.report is not None
    assert look.verdict.report.size == 700
    assert "since" in look.verdict.report.steps
    assert not look.alerts


@pytest.mark.parametrize(
    ("later", "step"),
    [
        (lambda: log(299), "since"),
        (lambda: log(0), "since"),
        (lambda: log_of(some_entries(300, ("access.sent",)), SIGNER), "since"),
        (lambda: log_of([*ENTRIES[:300], ENTRIES[302]], SIGNER), "chain"),
        (lambda: log_of([*ENTRIES[:300], b"{}"], SIGNER), "entries"),
        (lambda: log_of(ENTRIES[:301], TestSigner(seed=8)), "checkpoint"),
    ],
)
def test_a_rollback_a_rewriting_and_bad_growth_are_tampering(later: object, step: str) -> None:
    source = Changing(log(300))
    looker = monitor(source)
    looker.look(NOW)
    source.log = later()  # type: ignore[operator]  # a lambda, above
    look = looker.look(NOW + 1)
    assert look.alerts == {"tampered"}
    assert step in str(look.verdict.error)


def test_a_log_that_stops_is_stale_until_it_grows() -> None:
    source = Changing(log(10))
    looker = monitor(source)
    assert not looker.look(NOW).alerts
    assert not looker.look(NOW + HOUR).alerts
    assert looker.look(NOW + HOUR + 1).alerts == {"stale"}
    source.log = log(11)
    assert not looker.look(NOW + HOUR + 2).alerts
    assert looker.look(NOW + 2 * HOUR + 3).alerts == {"stale"}


def test_with_witnesses_their_newest_cosignature_counts() -> None:
    """A log need not grow at night; its witnesses go on saying that they see it."""
    source = Changing(log(10, cosigned_at=NOW - HOUR - 1))
    looker = monitor(source, witnesses=True)
    assert looker.look(NOW).alerts == {"stale"}
    source.log = log(10, cosigned_at=NOW)
    look = looker.look(NOW + 5)
    assert (look.alerts, look.age) == (frozenset(), 5)


def test_a_log_that_cannot_be_reached_is_not_tampered_with() -> None:
    source = Changing(log(10))
    looker = monitor(source)
    looker.look(NOW)
    source.log = None
    assert looker.look(NOW + 1).alerts == {"unreachable"}
    assert looker.look(NOW + HOUR + 1).alerts == {"stale", "unreachable"}
    source.log = log(20)
    assert not looker.look(NOW + HOUR + 2).alerts


def test_a_first_look_that_fails_says_so() -> None:
    source = Changing(log(10))
    source.log = None
    with pytest.raises(LogUnavailableError):
        monitor(source).look(NOW)


def test_alerts_are_told_once_each_without_a_shell_and_metrics_written_whole(
    tmp_path: Path,
) -> None:
    source = Changing(log(300))
    told = tmp_path / "told"
    script = "import sys; open(sys.argv[1], 'a').write(repr(sys.argv[2:]) + '\\n')"
    looker = monitor(source)
    seen: list[Look] = []

    def tell(look: Look) -> None:
        seen.append(look)
        source.log = log(200)

    last = watch(
        looker,
        every=0.001,
        tell=tell,
        state=tmp_path / "state",
        metrics_file=tmp_path / "metrics",
        command=[sys.executable, "-c", script, str(told), "$(echo no shell)"],
        looks=5,
    )
    assert [look.verdict.result for look in seen] == ["ok", "tampered"]
    assert last is seen[-1]
    assert told.read_text() == "['$(echo no shell)', 'tampered']\n"
    text = (tmp_path / "metrics").read_text()
    assert "izin_audit_tampered 1\n" in text
    assert "izin_audit_looks_total 2\n" in text
    kept = read_state(tmp_path / "state")
    assert kept is not None
    assert kept.note == log(300).checkpoint()
    assert {"told", "metrics", "state"} == {path.name for path in tmp_path.iterdir()}


def test_a_command_that_fails_ends_no_watch(capfd: pytest.CaptureFixture[str]) -> None:
    source = Changing(log(10))
    looker = monitor(source)
    looker.look(NOW - 10 * HOUR)
    watch(looker, every=0.001, tell=lambda _: None, command=["/nowhere/at-all"], looks=2)
    assert "FileNotFoundError" in capfd.readouterr().err


def test_a_monitor_goes_on_from_what_another_left(tmp_path: Path) -> None:
    first = monitor(Changing(log(300)))
    first.look(NOW)
    trust = Trust(SIGNER.verifier)
    second = Monitor(Place(Changing(log(299)), ""), trust, kept=first.kept, stale_after=HOUR)
    assert second.look(NOW).alerts == {"tampered"}


def test_metrics_are_in_prometheus_text_format() -> None:
    look = monitor(Changing(log(10))).look(NOW)
    lines = metrics(look, at=NOW, looks=1).splitlines()
    assert "izin_audit_size 10" in lines
    assert f"izin_audit_looked_timestamp_seconds {NOW}" in lines
    for line in lines:
        assert line.startswith(("# HELP izin_audit_", "# TYPE izin_audit_", "izin_audit_"))


def test_a_command_is_words_in_quotation_marks_too() -> None:
    assert parse_command("notify --to 'two words'") == ["notify", "--to", "two words"]
