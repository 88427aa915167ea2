"""The trust file: exact members, every error names its member, and text and values agree."""

from __future__ import annotations

import re
from dataclasses import replace
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys import base64url, trust
from keys.errors import KeysError
from keys.sign_in_trust import PasskeySite, site_of
from keys.signing import SigningKey, VerifyKey


def _public(number: int) -> VerifyKey:
    return SigningKey.from_seed(bytes([number]) * 32).public


def _text(number: int) -> str:
    return base64url.encode(_public(number).raw)


VKEY = "izin.example/log+1a2b3c4d+AQ=="
GOOD = f"""
version = 1

[broker]
origin = "izin.example/log"
log_vkey = "{VKEY}"
log_url = "http://localhost:8000/log"
consent_keys = ["{_text(1)}", "{_text(2)}"]
root = "{_text(3)}"

[programmes]
pkh = "{_text(4)}"
bpnt = "{_text(5)}"

[agencies]
polri = "{_text(6)}"
"""
QUORUM = 'log {VKEY}\nwitness W1 w1+1a2b3c4d+BA==\n# a "quoted" \\ comment\nquorum W1\n'


def test_the_text_is_read() -> None:
    expected = trust.TrustFile(
        broker=trust.BrokerTrust(
            origin="izin.example/log",
            log_vkey=VKEY,
            log_url="http://localhost:8000/log",
            consent_keys=(_public(1), _public(2)),
            root=_public(3),
        ),
        programmes={"pkh": _public(4), "bpnt": _public(5)},
        agencies={"polri": _public(6)},
    )
    assert expected == trust.parse(GOOD)


@pytest.mark.parametrize("quorum", ["", QUORUM, "\n\nquorum none\n", '"""', "\\"])
def test_what_is_written_is_read_back(quorum: str) -> None:
    expected = replace(trust.parse(GOOD), quorum=quorum)
    assert expected == trust.parse(trust.format(expected))


OLD = '{ vkey = "izin.example/log+1a2b3c4e+AQ==", last_size = 300 }'
EARLIER = GOOD.replace("consent_keys", f"earlier_log_keys = [{OLD}]\nconsent_keys", 1)


@pytest.mark.parametrize("last_size", [0, 300, 2**63 - 1, None])
def test_earlier_keys_of_the_log_are_read_back(last_size: int | None) -> None:
    good = trust.parse(GOOD)
    earlier = (
        trust.EarlierLogKey("izin.example/log+1a2b3c4e+AQ==", last_size),
        trust.EarlierLogKey("izin.example/log+1a2b3c4f+AQ==", 7),
    )
    expected = replace(good, broker=replace(good.broker, earlier_log_keys=earlier))
    assert expected == trust.parse(trust.format(expected))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("last_size = 300", "last_size = -1"),
        ("last_size = 300", "last_size = true"),
        ("last_size = 300", "last_size = 3.0"),
        ("last_size = 300", "last_size = 9223372036854775808"),
        ("last_size = 300", 'last_size = "300"'),
        ("last_size", "size"),
        ("{ vkey = ", "{ key = "),
        ('"izin.example/log+1a2b3c4e', '"other.example/log+1a2b3c4e'),
        ("1a2b3c4e", "1a2b3c4d"),
        (f"[{OLD}]", OLD),
        (f"[{OLD}]", f"[{OLD}, {OLD}]"),
        (f"[{OLD}]", "[1]"),
    ],
)
def test_earlier_keys_are_exact(old: str, new: str) -> None:
    assert old in EARLIER
    trust.parse(EARLIER)
    with pytest.raises(KeysError, match=r"earlier_log_keys"):
        trust.parse(EARLIER.replace(old, new, 1))


def test_it_cannot_be_changed_after_reading() -> None:
    assert isinstance(trust.parse(GOOD).programmes, MappingProxyType)


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("version = 1", "version = 2", "version"),
        ("version = 1", "version = true", "version"),
        ("version = 1", "version = 1.0", "version"),
        ("version = 1", "", "version"),
        ("version = 1", "version = 1\nwitness = 'x'", "witness"),
        ("version = 1", "version = 1\nquorum = 1", "quorum"),
        ("[agencies]", "[agency]", "agenc"),
        ("origin =", "orign =", "broker.origin"),
        ("log_url =", "extra = 1\nlog_url =", "broker.'extra'"),
        ('"izin.example/log"', '"https://izin.example"', "broker.origin"),
        ('"izin.example/log"', '"izin.example"', "broker.log_vkey"),
        (VKEY, "nonsense", "broker.log_vkey"),
        ("http://localhost:8000/log", "ftp://localhost/", "broker.log_url"),
        (f'"{_text(1)}", "{_text(2)}"', "", "broker.consent_keys"),
        (f'"{_text(1)}"', "1", "broker.consent_keys[0]"),
        (f'"{_text(2)}"', f'"{_text(1)}"', "broker.consent_keys"),
        (f'root = "{_text(3)}"', 'root = "AAAA"', "broker.root"),
        (f'"{_text(4)}"', f'"{_text(4)}="', "programmes.pkh"),
        (f'"{_text(6)}"', "6", "agencies.polri"),
        ("polri =", '"Pol ri" =', "agencies.'Pol ri'"),
        ("[agencies]\n", "[[agencies]]\n", "agencies"),
        ("bpnt =", "pkh =", "line"),
        ("version = 1", "version = ", "line 2"),
    ],
)
def test_an_error_names_the_member_or_line(old: str, new: str, named: str) -> None:
    assert old in GOOD
    with pytest.raises(KeysError) as caught:
        trust.parse(GOOD.replace(old, new, 1))
    assert named in str(caught.value)


@pytest.mark.parametrize("broker_key", [1, 2, 3])
@pytest.mark.parametrize(("counterparty", "named"), [(4, "programmes.pkh"), (6, "agencies.polri")])
def test_a_key_of_the_broker_cannot_stand_for_a_counterparty(
    broker_key: int, counterparty: int, named: str
) -> None:
    """With it, the broker could vouch for an answer key of its own and read the answers."""
    with pytest.raises(KeysError, match=named):
        trust.parse(GOOD.replace(_text(counterparty), _text(broker_key)))


def test_a_value_that_would_change_the_text_is_not_written() -> None:
    good = trust.parse(GOOD)
    for broker in (
        replace(good.broker, log_url='http://x/"\n[programmes]\nevil = "'),
        replace(good.broker, origin=""),
        replace(good.broker, consent_keys=()),
    ):
        with pytest.raises(KeysError):
            trust.format(replace(good, broker=broker))
    with pytest.raises(KeysError):
        trust.format(replace(good, agencies={'a"b': _public(6)}))


@given(st.text(max_size=120) | st.text('[]{}="\n.#\\1abc', max_size=120))
def test_any_text_is_refused_with_our_error(text: str) -> None:
    with pytest.raises(KeysError):
        trust.parse(text)


@given(st.integers(0, len(GOOD) - 1), st.text(max_size=3))
def test_any_edit_is_read_or_refused_with_our_error(position: int, inserted: str) -> None:
    try:
        read = trust.parse(GOOD[:position] + inserted + GOOD[position + 1 :])
    except KeysError:
        return
    assert read == trust.parse(trust.format(read))


def test_deep_nesting_is_refused_with_our_error() -> None:
    with pytest.raises(KeysError):
        trust.parse("version = " + "[" * 20_000)


SIGN_IN = """
[passkeys]
rp_id = "izin.example"
origin = "https://izin.example"

[logins."https://login.example/realm"]
client_id = "izin"
claim = "nik"
jwks = [
  {crv = "P-256", kid = "one", kty = "EC", x = "AQ", y = "Ag"},
  {e = "AQAB", kty = "RSA", n = "AQ"},
]
"""


def test_sign_in_is_read_and_written_back() -> None:
    found = trust.parse(GOOD + SIGN_IN)
    assert PasskeySite("izin.example", "https://izin.example") == found.passkeys
    assert ["https://login.example/realm"] == list(found.logins)
    assert found == trust.parse(trust.format(found))


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ('rp_id = "izin.example"', 'rp_id = "example"', "passkeys.rp_id"),
        ('origin = "https://izin', 'origin = "http://izin', "passkeys.rp_id"),
        ('rp_id = "izin.example"\n', "", "passkeys"),
        ('claim = "nik"\n', "", "login.example"),
        ('client_id = "izin"', 'client_id = ""', "client_id"),
        ('kty = "RSA", n = "AQ"', 'kty = "RSA", n = "AQ", d = "AQ"', "jwks"),
        ('e = "AQAB", kty = "RSA", n = "AQ"', 'kty = "oct", k = "AQ"', "jwks"),
        ('x = "AQ", ', "", "jwks"),
    ],
)
def test_a_fault_of_sign_in_is_named(old: str, new: str, named: str) -> None:
    with pytest.raises(KeysError, match=re.escape(named)):
        trust.parse(GOOD + SIGN_IN.replace(old, new))


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("https://izin.example", "izin.example"),
        ("https://izin.example:8443", "izin.example"),
        ("http://localhost:8000", "localhost"),
        ("http://127.0.0.1:8000", None),
        ("https://[::1]", None),
        ("http://izin.example", None),
    ],
)
def test_a_site_is_where_browsers_know_passkeys(origin: str, rp_id: str | None) -> None:
    found = site_of(origin)
    assert (None if found is None else found.rp_id) == rp_id


LINK = f'{{ origin = "old.example", size = 9, root = "{"ab" * 32}" }}'
CONTINUING = GOOD.replace("consent_keys", f"continues = {LINK}\nconsent_keys", 1)


def test_the_log_that_is_continued_is_read_back() -> None:
    good = trust.parse(GOOD)
    link = trust.ContinuedLog("old.example", 9, "ab" * 32)
    expected = replace(good, broker=replace(good.broker, continues=link))
    assert expected == trust.parse(CONTINUING) == trust.parse(trust.format(expected))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("size = 9", "size = 0"),
        ("size = 9", "size = true"),
        ("size = 9, ", ""),
        ("size = 9", "size = 9, more = 1"),
        ('"old.example"', '"https://old.example"'),
        ('"old.example"', '"izin.example/log"'),
        ("ab" * 32, "AB" * 32),
        (LINK, "9"),
    ],
)
def test_what_is_continued_is_exact(old: str, new: str) -> None:
    changed = CONTINUING.replace(old, new, 1)
    assert CONTINUING != changed
    with pytest.raises(KeysError, match=r"continues"):
        trust.parse(changed)
