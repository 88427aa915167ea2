"""What a person's own list says against those who asked, from the log and her key alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit.cli import audit
from audit.entry import Draft, draft
from audit.errors import AuditError
from audit.flags import Often, flags_of, parse_often
from audit.log import Log
from audit.trace import (
    IZIN,
    find,
    format_trace_key,
    gid,
    given_commitment,
    share,
    tag,
    withdrawn_commitment,
)
from tests.audit.logs import Clock, open_log, unique
from tests.world import World

KEY = bytes(range(32))
OTHER = bytes(range(1, 33))
START = datetime(2026, 11, 1, 9, tzinfo=UTC)


class Book:
    """A log about one person, written entry by entry as a broker would, good or bad."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock(START)
        self.log = open_log(folder, clock=self.clock)
        self._k = count()

    def tag(self, agency: str = IZIN, key: bytes = KEY) -> str:
        day: date = self.clock.moment.date()
        return tag(share(key, agency), day, next(self._k) % 64).hex()

    def add(self, *drafts: Draft) -> None:
        self.log.append(list(drafts))

    def given(self, n: int, *, key: bytes = KEY, tagged: bytes = KEY, purpose: str = "x") -> None:
        members = {
            "programme": "pkh",
            "purpose": purpose,
            "tag": self.tag(key=tagged),
            "g": given_commitment(gid(key, n)).hex(),
            "traces": [],
            "challenge": unique(32),
            "digest": unique(32),
        }
        self.add(draft("grant.given", members))

    def ended(self, n: int, kind: str = "grant.withdrawn", *, tagged: bytes = KEY) -> None:
        w = withdrawn_commitment(gid(KEY, n)).hex()
        members = {"programme": "pkh", "purpose": "x", "tag": self.tag(key=tagged), "w": w}
        self.add(draft(kind, members))

    def asked(self, *, purpose: str = "x", agency: str = "polri", share_of: str = "polri") -> None:
        members = {
            "programme": "pkh",
            "agency": agency,
            "purpose": purpose,
            "questions": ["owns_car"],
            "tag": self.tag(share_of),
            "q": unique(32),
            "digest": unique(32),
        }
        self.add(draft("access.sent", members))

    def flags(self, often: Often | None = None) -> list[tuple[int, str]]:
        entries = [self.log.entry(index) for index in range(self.log.size)]
        found = find(entries, KEY, {"polri", "pln"})
        return [(flag.index, flag.what) for flag in flags_of(entries, found, KEY, often=often)]


@pytest.fixture
def book(tmp_path: Path) -> Book:
    return Book(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments, catch_exceptions=False)


def test_what_a_grant_allowed_is_not_flagged(book: Book) -> None:
    book.given(1)
    book.asked()
    assert [] == book.flags()


def test_an_access_without_any_grant_is_flagged(book: Book) -> None:
    book.asked()
    book.given(1)
    assert [(0, "without_grant")] == book.flags()


def test_a_grant_for_another_purpose_allows_nothing(book: Book) -> None:
    book.given(1, purpose="y")
    book.asked()
    assert [(1, "without_grant")] == book.flags()


@pytest.mark.parametrize(
    ("kind", "what"),
    [("grant.withdrawn", "after_withdrawal"), ("grant.expired", "after_expiry")],
)
def test_an_access_after_the_end_is_flagged(book: Book, kind: str, what: str) -> None:
    book.given(1)
    book.ended(1, kind)
    book.asked()
    assert [(2, what)] == book.flags()


def test_another_grant_that_is_still_live_allows_it(book: Book) -> None:
    book.given(1)
    book.given(2)
    book.ended(1)
    book.asked()
    assert [] == book.flags()


def test_the_end_of_another_s_grant_under_her_tag_ends_nothing(book: Book) -> None:
    book.given(1)
    members = {"programme": "pkh", "purpose": "x", "tag": book.tag(), "w": unique(32)}
    book.add(draft("grant.withdrawn", members))
    book.asked()
    assert [] == book.flags()


def test_more_often_than_allowed_is_flagged_at_each_agency(book: Book) -> None:
    book.given(1)
    book.asked()
    book.asked(agency="pln", share_of="pln")
    book.clock.moment += timedelta(days=29, hours=23)
    book.asked()
    assert [(3, "too_often")] == book.flags(Often(1, "month"))
    assert [] == book.flags(Often(2, "month"))
    assert [] == book.flags()


def test_what_may_have_been_right_is_not_flagged(book: Book) -> None:
    """Hours 30 days apart: the moments may be 29 days and 23 hours, or 30 days and more, apart."""
    book.given(1)
    book.asked()
    book.clock.moment += timedelta(days=30)
    book.asked()
    assert [] == book.flags(Often(1, "month"))


def test_a_tag_that_is_not_the_agency_s_is_flagged(book: Book) -> None:
    book.given(1)
    book.asked(agency="pln", share_of="polri")
    assert [(1, "other_share")] == book.flags()


def test_a_grant_of_another_key_under_her_tag_is_flagged_and_allows_nothing(book: Book) -> None:
    book.given(1, key=OTHER)
    book.asked()
    assert [(0, "foreign_grant"), (1, "without_grant")] == book.flags()


def test_a_grant_of_hers_under_another_tag_is_flagged(book: Book) -> None:
    """Somebody who knows her key's numbers could hide a grant from her list: its mark is hers."""
    book.given(1, tagged=OTHER)
    book.given(2)
    book.ended(2, tagged=OTHER)
    assert [(0, "hidden"), (2, "hidden")] == book.flags()


@pytest.mark.parametrize(
    "text", ["", "1", "0/month", "1/minute", "1/month ", "12345/day", "-1/day"]
)
def test_a_frequency_is_read_strictly(text: str) -> None:
    with pytest.raises(AuditError):
        parse_often(text)


def test_the_command_says_what_is_wrong_and_what_it_cannot_tell(book: Book, tmp_path: Path) -> None:
    book.given(1)
    book.ended(1)
    book.asked()
    out = str(tmp_path / "out")
    run("export", str(tmp_path / "log.db"), "--out", out)
    key = format_trace_key(book.log.origin, KEY)
    arguments = ("trace", out, "--trace-key", key, "--vkey", book.log.vkey)
    told = run(*arguments)
    assert 0 == told.exit_code
    assert "ATTENTION, entry 2: asked AFTER you withdrew your consent\n" in told.output
    assert "What the log cannot tell: whether it was too often" in told.output
    assert "Complete from entry 0 to before 3" in told.output
    assert "PERHATIAN, catatan 2: ditanyakan SESUDAH" in run(*arguments, "--lang", "id").output
    said = json.loads(run(*arguments, "--frequency", "1/month", "--json").output)
    assert [{"index": 2, "what": "after_withdrawal"}] == said["flags"]
    assert {"from": 0, "to": 3} == said["complete"]
    assert 3 == len(said["cannot_tell"])


def test_a_list_since_a_kept_checkpoint_has_only_what_came_after(
    book: Book, tmp_path: Path
) -> None:
    book.given(1)
    kept = tmp_path / "kept"
    kept.write_text(book.log.checkpoint(), "utf-8")
    book.ended(1)
    book.asked()
    key = format_trace_key(book.log.origin, KEY)
    arguments = ("trace", str(tmp_path / "log.db"), "--trace-key", key, "--since", str(kept))
    assert 2 == run(*arguments).exit_code  # an unverified log proves no beginning
    said = json.loads(run(*arguments, "--vkey", book.log.vkey, "--json").output)
    assert [1, 2] == [each["index"] for each in said["entries"]]
    assert [{"index": 2, "what": "after_withdrawal"}] == said["flags"]
    assert {"from": 1, "to": 3} == said["complete"]


def test_refusals_are_in_the_list_of_a_real_person(world: World, tmp_path: Path) -> None:
    person = world.person("eligible")
    grant = world.consent(person)
    assert "complete" == world.ask(grant).status
    world.broker.grants.withdraw(grant.grant_id, grant.person_id)
    with pytest.raises(Exception, match="grant-not-live"):
        world.ask(grant, request_id="request-after-the-end")
    log: Log = world.broker.log
    trace_key = world.broker.persons.open(grant.person_id).trace_key
    key = format_trace_key(log.origin, trace_key)
    path = str(world.plan.broker_home / "log.db")
    arguments = ("trace", path, "--trace-key", key, "--vkey", world.prepared.vkey)
    told = run(*arguments, "--lang", "id", "--frequency", "1/month").output
    assert "Anda memberi izin kepada " + grant.programme in told
    assert "Anda mencabut izin" in told
    assert "DITOLAK: pertanyaan" in told
    assert "Tidak ada pertanyaan di luar izin Anda" in told
    assert person.nik not in told
