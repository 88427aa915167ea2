"""A quorum is what the policy file says, of witnesses that it names, lately."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.cosignature import format_cosigner_vkey
from audit.errors import PolicyFileError
from audit.note import GoodSignature, format_vkey, parse_vkey
from audit.quorum import WitnessPolicy, parse_policy
from tests.audit.memory_log import TestSigner
from tests.audit.test_mldsa import Cosigner

AT = 1_795_500_000
NAMES = ("x1", "x2", "x3", "y1", "y2")
SIGNERS = {name: TestSigner(f"{name}.example", 20 + number) for number, name in enumerate(NAMES)}
VKEYS = {
    name: format_cosigner_vkey(signer.name, signer.public_key) for name, signer in SIGNERS.items()
}
LOG = TestSigner("izin.example/log", 7)
LINES = [
    f"log {format_vkey(LOG.name, LOG.public_key)} https://izin.example/log",
    "# two institutions",
    *(f"witness {name} {VKEYS[name]}" for name in NAMES),
    "group X 2 x1 x2 x3",
    "\tgroup  Y any y1 y2 ",
    "group both all X Y",
    "quorum both",
]


def _policy(*lines: str) -> WitnessPolicy:
    return parse_policy("".join(f"{line}\n" for line in lines))


def _signed(*names: str, at: int = AT) -> list[GoodSignature]:
    found = [parse_vkey(VKEYS[name]) for name in names]
    return [GoodSignature(each.name, each.key_id, at) for each in found]


@pytest.mark.parametrize(
    ("names", "met"),
    [
        (("x1", "x2", "y1"), True),
        (("x2", "x3", "y2"), True),
        (NAMES, True),
        (("x1", "x2", "x3"), False),
        (("x1", "y1", "y2"), False),
        ((), False),
    ],
)
def test_groups_of_groups_count_as_written(names: tuple[str, ...], met: bool) -> None:
    assert met is _policy(*LINES).is_met(_signed(*names), at=AT)


def test_the_log_s_own_signature_is_no_witness() -> None:
    policy = _policy(f"witness x1 {VKEYS['x1']}", "quorum x1")
    key = parse_vkey(VKEYS["x1"])
    assert not policy.is_met([GoodSignature(key.name, key.key_id, None)], at=AT)
    assert not policy.is_met([GoodSignature(LOG.name, LOG.verifier.key_id, AT)], at=AT)


def test_an_old_cosignature_is_not_fresh_and_a_future_one_is_none() -> None:
    policy = _policy(f"witness x1 {VKEYS['x1']}", "quorum x1")
    assert policy.is_met(_signed("x1", at=AT - 600), at=AT, within_seconds=600)
    assert not policy.is_met(_signed("x1", at=AT - 601), at=AT, within_seconds=600)
    assert policy.is_met(_signed("x1", at=AT - 601), at=AT)
    assert not policy.is_met(_signed("x1", at=AT + 3_600), at=AT, within_seconds=600)


def test_a_cosignature_without_a_time_is_none() -> None:
    """ML-DSA allows time 0: consistent, and no word of being the newest."""
    policy = _policy(f"witness x1 {VKEYS['x1']}", "quorum x1")
    assert not policy.is_met(_signed("x1", at=0), at=AT)


def test_a_witness_may_have_an_ml_dsa_key_and_a_log_may_not() -> None:
    witness = Cosigner("witness.example")
    policy = _policy(f"witness w {witness.vkey}", "quorum w")
    signature = GoodSignature(witness.name, witness.verifier.key_id, AT)
    assert policy.is_met([signature], at=AT, within_seconds=600)
    with pytest.raises(PolicyFileError, match="line 1"):
        _policy(f"log {witness.vkey}", "quorum none")


def test_no_witness_yet_is_a_quorum_of_none() -> None:
    assert WitnessPolicy() == parse_policy("") == parse_policy("\n\n")
    assert _policy("quorum none").is_met([], at=AT)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (["group G any x1", "quorum G"], "line 1"),
        ([f"witness x1 {VKEYS['x1']}"], "exactly one line"),
        (["quorum none", "quorum none"], "line 2"),
        ([f"witness none {VKEYS['x1']}", "quorum none"], "line 1"),
        ([f"witness x1 {VKEYS['x1']}", f"witness x2 {VKEYS['x1']}", "quorum none"], "line 2"),
        ([f"witness x1 {VKEYS['x1']}", "group G 2 x1", "quorum G"], "line 2"),
        ([f"witness x1 {VKEYS['x1']}", "group G 0 x1", "quorum G"], "line 2"),
        ([f"witness x1 {VKEYS['x1']}", "group G all x1 x1", "quorum G"], "line 2"),
        ([f"witness x1 {format_vkey('x1', b'k' * 32)}", "quorum x1"], "line 1"),
        ([f"log {VKEYS['x1']}", "quorum none"], "line 1"),
        (["nonsense", "quorum none"], "line 1"),
        (["quorum none\x01"], "line 1"),
        (["quorum both"], "line 1"),
    ],
)
def test_a_policy_that_cannot_be_meant_names_its_line(lines: list[str], words: str) -> None:
    with pytest.raises(PolicyFileError, match=words):
        _policy(*lines)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(PolicyFileError):
        parse_policy(text)
