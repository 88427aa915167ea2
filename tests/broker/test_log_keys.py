"""Which keys of the log a trust file's reader believes."""

from __future__ import annotations

import pytest

from audit.cosignature import format_cosigner_vkey
from audit.errors import NoteError
from audit.note import format_vkey
from broker.log_keys import trusted_log
from keys.signing import VerifyKey
from keys.trust import BrokerTrust, EarlierLogKey
from tests.audit.test_mldsa import Cosigner

ORIGIN = "izin.example"
KEYS = [bytes([number]) * 32 for number in range(3)]
NEW, OLD = (format_vkey(ORIGIN, key) for key in KEYS[:2])


def trusted(vkey: str, *earlier: EarlierLogKey) -> BrokerTrust:
    root = VerifyKey(KEYS[2])
    return BrokerTrust(ORIGIN, vkey, "https://izin.example/log", (root,), root, earlier)


def test_the_newest_key_counts_always_and_an_earlier_one_up_to_its_size() -> None:
    found = trusted_log(trusted(NEW, EarlierLogKey(OLD, 7)))
    assert [2, 1] == [len(found.counts_at(size)) for size in (7, 8)]
    assert (NEW, OLD) == tuple(
        format_vkey(one.name, one.key) for one in (found, found.earlier[0].verifier)
    )


@pytest.mark.parametrize(
    "vkey", [Cosigner(ORIGIN).vkey, format_cosigner_vkey(ORIGIN, KEYS[0])], ids=["06", "04"]
)
def test_a_cosigner_s_key_is_not_taken_for_the_log_s(vkey: str) -> None:
    with pytest.raises(NoteError, match="Ed25519"):
        trusted_log(trusted(vkey))
    with pytest.raises(NoteError, match="another kind"):
        trusted_log(trusted(NEW, EarlierLogKey(vkey, 7)))
