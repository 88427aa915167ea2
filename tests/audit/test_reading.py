"""What a command judges is what it verified: a log may not show one thing after another."""

from __future__ import annotations

from collections import Counter

import pytest

from audit.commands.reading import entries_of, verified
from audit.errors import TamperedError
from tests.audit.memory_log import MemoryLog, TestSigner, log_of, some_entries

SIGNER = TestSigner()
ENTRIES = some_entries(5)
BUNDLE = "tile/entries/000.p/5"


class TwoFaced(MemoryLog):
    """Shows the truth the first time a file is read, and something else from then on."""

    def __init__(self, truth: MemoryLog, then: dict[str, bytes]) -> None:
        super().__init__(truth.files, truth.size)
        self._then = then
        self._read: Counter[str] = Counter()

    def read(self, path: str) -> bytes:
        self._read[path] += 1
        return self._then.get(path, b"") if self._read[path] > 1 else super().read(path)


def test_a_log_that_stays_the_same_is_read_again() -> None:
    source, checkpoint = verified(log_of(ENTRIES, SIGNER), SIGNER.verifier)
    assert ENTRIES == entries_of(source, checkpoint)


def test_entries_that_are_others_the_second_time_are_tampering() -> None:
    """Would work where a list is made of what is read after the check: hers would be left out."""
    other = log_of(some_entries(5, ("access.answered",)), SIGNER).files[BUNDLE]
    source, checkpoint = verified(
        TwoFaced(log_of(ENTRIES, SIGNER), {BUNDLE: other}), SIGNER.verifier
    )
    with pytest.raises(TamperedError, match="other entries"):
        entries_of(source, checkpoint)


def test_a_log_that_grows_meanwhile_is_judged_at_one_size() -> None:
    grown = log_of(some_entries(7), SIGNER)
    growing = TwoFaced(log_of(ENTRIES, SIGNER), {**grown.files, BUNDLE: b""})
    source, checkpoint = verified(growing, SIGNER.verifier)
    assert 5 == checkpoint.size
    assert source.note == source.checkpoint()
