"""Numbers as RFC 8785 writes them, where they are in our subset; fractions are refused."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from audit.canonical import encode
from audit.errors import CanonicalError


def test_every_number_is_written_as_published_or_refused(vectors: Path) -> None:
    written = refused = 0
    for line in (vectors / "crypto/jcs-es6-numbers-10k.txt").read_text().splitlines():
        bits, expected = line.split(",")
        value = struct.unpack(">d", bytes.fromhex(bits.zfill(16)))[0]
        with pytest.raises(CanonicalError):
            encode({"n": value})
        refused += 1
        if value.is_integer() and abs(value) < 2**53:
            assert f'{{"n":{expected}}}'.encode() == encode({"n": int(value)})
            written += 1
    assert refused > 9_000
    assert written > 0
