"""A log that goes on for another: what entry 0 may say, and how a verifier follows it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from audit.checkpoint import Checkpoint, parse_checkpoint, sign_checkpoint
from audit.cli import audit
from audit.continued import Continued, continue_from, continued_in, read_continued
from audit.entry import Draft, draft, format_entry, parse_entry
from audit.errors import AuditError, EntryError, NoteError, TamperedError
from audit.following import Earlier, follow
from audit.merkle import leaf_hash
from audit.note import format_vkey, with_earlier
from audit.verify import open_newest, verify
from tests.audit.logs import access, open_log
from tests.audit.memory_log import START, MemoryLog, TestSigner, log_of, some_entries
from tests.audit.pruned_logs import pruned

OLD = TestSigner("old.example", 3)
NEW = TestSigner("new.example", 4)
NEWEST = TestSigner("newest.example", 5)
OLD_ENTRIES = some_entries(12)
OLD_LOG = log_of(OLD_ENTRIES, OLD)


def checkpoint_of(log: MemoryLog) -> Checkpoint:
    return parse_checkpoint(log.checkpoint().rpartition("\n\n")[0] + "\n")


def going_on(old: MemoryLog, signer: TestSigner, by: TestSigner, more: int = 3) -> MemoryLog:
    """Return the log of `by` that continues `old`, and has some entries of its own."""
    drafts = [continue_from(old.checkpoint(), signer.verifier)]
    drafts += [draft("policy.changed", {"policy": f"{n:064x}"}) for n in range(more)]
    return log_of(chained(drafts), by)


def chained(drafts: list[Draft]) -> list[bytes]:
    entries: list[bytes] = []
    prev = bytes(32)
    for each in drafts:
        entries.append(format_entry(each, START, prev))
        prev = leaf_hash(entries[-1])
    return entries


NEW_LOG = going_on(OLD_LOG, OLD, NEW)


def test_entry_0_holds_the_checkpoint_as_the_old_log_signed_it() -> None:
    found = read_continued(NEW_LOG.read, checkpoint_of(NEW_LOG))
    assert found is not None
    assert checkpoint_of(OLD_LOG) == found.checkpoint
    assert OLD_LOG.checkpoint() == found.note
    found.check(OLD.verifier)


def test_a_log_that_began_itself_continues_none() -> None:
    assert read_continued(OLD_LOG.read, checkpoint_of(OLD_LOG)) is None
    assert continued_in(parse_entry(OLD_ENTRIES[0])) is None


@pytest.mark.parametrize(
    "checkpoint",
    [
        Checkpoint(OLD.name, 11, checkpoint_of(OLD_LOG).root),
        Checkpoint(OLD.name, 12, b"\x01" * 32),
        Checkpoint("other.example", 12, checkpoint_of(OLD_LOG).root),
    ],
    ids=["size", "root", "origin"],
)
def test_another_checkpoint_is_not_what_the_old_log_signed(checkpoint: Checkpoint) -> None:
    found = read_continued(NEW_LOG.read, checkpoint_of(NEW_LOG))
    assert found is not None
    with pytest.raises(NoteError):
        Continued(checkpoint, found.signature).check(OLD.verifier)


def test_a_checkpoint_by_another_key_cannot_be_continued() -> None:
    stranger = TestSigner(OLD.name, 9)
    with pytest.raises(NoteError):
        continue_from(OLD_LOG.checkpoint(), stranger.verifier)


def test_the_signature_of_either_key_of_a_rotation_will_do() -> None:
    second = TestSigner(OLD.name, 6)
    note = sign_checkpoint(checkpoint_of(OLD_LOG), second, OLD)
    vkeys = [(format_vkey(OLD.name, OLD.public_key), None)]
    both = with_earlier(second.verifier, vkeys)
    members = continue_from(note, both).members
    assert members == continue_from(note, second.verifier).members
    assert members != continue_from(note, OLD.verifier).members


def test_a_checkpoint_with_more_lines_is_refused_since_the_entry_could_not_keep_them() -> None:
    known = checkpoint_of(OLD_LOG)
    longer = Checkpoint(known.origin, known.size, known.root, ("more",))
    with pytest.raises(NoteError, match="more than"):
        continue_from(sign_checkpoint(longer, OLD), OLD.verifier)


def test_an_empty_log_promised_nothing() -> None:
    empty = Checkpoint(OLD.name, 0, bytes(32))
    with pytest.raises(EntryError):
        continue_from(sign_checkpoint(empty, OLD), OLD.verifier)


def test_a_log_takes_it_as_entry_0_only(tmp_path: Path) -> None:
    link = continue_from(OLD_LOG.checkpoint(), OLD.verifier)
    other = draft("policy.changed", {"policy": "0" * 64})
    log = open_log(tmp_path)
    with pytest.raises(EntryError, match="entry 0"):
        log.append([other, link])
    assert 0 == log.size
    log.append([link, other])
    with pytest.raises(EntryError, match="entry 0"):
        log.append([link])
    assert 2 == log.size
    log.close()


@pytest.mark.parametrize("place", [1, 300])
def test_a_log_that_says_it_later_is_no_log(place: int) -> None:
    drafts = [draft("policy.changed", {"policy": f"{n:064x}"}) for n in range(301)]
    drafts[place] = continue_from(OLD_LOG.checkpoint(), OLD.verifier)
    with pytest.raises(TamperedError) as caught:
        verify(log_of(chained(drafts), NEW), NEW.verifier)
    assert ("entries", place) == (caught.value.step, caught.value.index)


def test_an_entry_0_that_is_not_the_signed_one_is_reported() -> None:
    other = going_on(log_of(OLD_ENTRIES[:5], OLD), OLD, NEW)
    name = "tile/entries/000.p/4"
    mixed = NEW_LOG.with_file(name, other.files[name])
    with pytest.raises(TamperedError):
        read_continued(mixed.read, checkpoint_of(NEW_LOG))


# Following, as auditors do


@dataclass(frozen=True)
class Chain:
    folder: Path

    def put(self, name: str, log: MemoryLog) -> str:
        for path, raw in log.files.items():
            file = self.folder / name / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(raw)
        return str(self.folder / name)

    def run(self, log: MemoryLog, signer: TestSigner, *more: str) -> Result:
        vkey = format_vkey(signer.name, signer.public_key)
        source = self.put("log", log)
        return CliRunner().invoke(
            audit, ["verify", source, "--vkey", vkey, *more], catch_exceptions=False
        )


@pytest.fixture
def chain(tmp_path: Path) -> Chain:
    return Chain(tmp_path)


def before(signer: TestSigner, copy: str | None = None) -> list[str]:
    options = ["--continues", format_vkey(signer.name, signer.public_key)]
    return options if copy is None else [*options, "--earlier-log", copy]


def test_the_new_log_alone_says_what_it_continues(chain: Chain) -> None:
    result = chain.run(NEW_LOG, NEW)
    assert 0 == result.exit_code
    root = checkpoint_of(OLD_LOG).root.hex()
    assert f"continues old.example from 12 entries, root {root}" in result.output
    assert "signature not checked" in result.output


def test_with_the_old_key_the_signature_is_checked(chain: Chain) -> None:
    result = chain.run(NEW_LOG, NEW, *before(OLD))
    assert (0, True) == (result.exit_code, "signed by it" in result.output)
    stranger = TestSigner(OLD.name, 9)
    result = chain.run(NEW_LOG, NEW, *before(stranger))
    assert 1 == result.exit_code
    assert "entry 0: what the log continues from was not signed by old.example" in result.output


def test_a_whole_copy_of_the_old_log_is_verified(chain: Chain) -> None:
    result = chain.run(NEW_LOG, NEW, *before(OLD, chain.put("old", OLD_LOG)))
    assert (0, True) == (result.exit_code, "all 12 entries verified" in result.output)


def test_a_shorter_copy_names_the_entries_that_are_lost(chain: Chain) -> None:
    copy = chain.put("old", log_of(OLD_ENTRIES[:7], OLD))
    result = chain.run(NEW_LOG, NEW, *before(OLD, copy))
    assert 0 == result.exit_code
    assert "entries 7 to 11 of old.example are lost" in result.output
    result = chain.run(NEW_LOG, NEW, *before(OLD, copy), "--json")
    (link,) = json.loads(result.stdout)["continues"]
    assert [7, 11] == link["lost"]
    assert (7, 12, True) == (link["held"], link["size"], link["signed"])


def test_a_tampered_copy_is_no_copy(chain: Chain) -> None:
    entries = [*OLD_ENTRIES[:3], *OLD_ENTRIES[4:]]
    result = chain.run(NEW_LOG, NEW, *before(OLD, chain.put("old", log_of(entries, OLD))))
    assert 1 == result.exit_code


def test_several_links_are_followed(chain: Chain) -> None:
    newest = going_on(NEW_LOG, NEW, NEWEST)
    new, old = chain.put("new", NEW_LOG), chain.put("old", OLD_LOG)
    result = chain.run(newest, NEWEST, *before(NEW, new), *before(OLD, old))
    assert 0 == result.exit_code, result.output
    assert "continues new.example from 4 entries" in result.output
    assert "continues old.example from 12 entries" in result.output
    # Without a copy of the one in between nobody can see what that one continued.
    result = chain.run(newest, NEWEST, *before(NEW), *before(OLD))
    assert (2, True) == (result.exit_code, "--earlier-log" in result.output)


@pytest.mark.parametrize(("log", "signer"), [(OLD_LOG, OLD), (NEW_LOG, NEW)])
def test_a_key_of_a_log_that_is_not_continued_is_said(
    chain: Chain, log: MemoryLog, signer: TestSigner
) -> None:
    result = chain.run(log, signer, *before(NEWEST))
    assert 2 == result.exit_code


def test_a_kept_checkpoint_of_the_old_log_is_held_against_the_copy(chain: Chain) -> None:
    kept = chain.folder / "kept"
    kept.write_text(log_of(OLD_ENTRIES[:5], OLD).checkpoint())
    old = chain.put("old", OLD_LOG)
    assert 0 == chain.run(NEW_LOG, NEW, *before(OLD, old), "--since", str(kept)).exit_code
    # Alone, the link cannot show that the old log of 12 extends the one of 5.
    assert 2 == chain.run(NEW_LOG, NEW, *before(OLD), "--since", str(kept)).exit_code
    kept.write_text(log_of(some_entries(5, ("policy.changed",)), OLD).checkpoint())
    assert 1 == chain.run(NEW_LOG, NEW, *before(OLD, old), "--since", str(kept)).exit_code


def test_a_checkpoint_of_a_log_that_was_not_followed_is_said() -> None:
    opened = open_newest(NEW_LOG, NEW.verifier)
    other = Checkpoint("other.example", 1, bytes(32))
    with pytest.raises(AuditError, match="not followed"):
        follow(NEW_LOG, opened.checkpoint, [Earlier(OLD.verifier)], since=other)


def test_a_copy_of_another_history_convicts_the_old_log(chain: Chain) -> None:
    """As long as what the new log continues, whole and truly signed: the old key signed both."""
    other = log_of(some_entries(12, ("policy.changed",)), OLD)
    result = chain.run(NEW_LOG, NEW, *before(OLD, chain.put("other", other)))
    assert 1 == result.exit_code
    assert "old.example signed two histories of 12 entries" in result.output


def test_a_pruned_log_still_says_what_it_continues() -> None:
    first = continue_from(OLD_LOG.checkpoint(), OLD.verifier)
    entries = chained([first, *(access() for _ in range(299))])
    log = pruned(log_of(entries, NEW), entries, 0)
    found = read_continued(log.read, checkpoint_of(log))
    assert found is not None
    assert checkpoint_of(OLD_LOG) == found.checkpoint


def test_a_pruned_log_that_began_with_what_is_gone_continues_none() -> None:
    entries = some_entries(300)
    log = pruned(log_of(entries, NEW), entries, 0)
    assert read_continued(log.read, checkpoint_of(log)) is None
