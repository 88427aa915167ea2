"""The draw of an audit's sample: by both sides' coins, and what a clean one excludes."""

from __future__ import annotations

from fractions import Fraction
from hashlib import sha256
from math import comb, log

import pytest

from audit.errors import AuditError
from audit.sample import MOST_DRAWS, commitment, draw, excluded

ROOT = bytes(range(32))
NONCE = bytes([1]) * 32
COIN = bytes([2]) * 32


def drawn(size: int, most: int, *, nonce: bytes = NONCE, coin: bytes = COIN) -> list[int]:
    return draw(ROOT, nonce, coin, size=size, most=most, is_access=lambda index: index % 3 == 0)


def test_the_draw_is_as_documented() -> None:
    """Computed again with the standard library, from docs/formats/openings.md alone."""
    expected: list[int] = []
    number = 0
    while len(expected) < 20:
        raw = sha256(b"izin/v1/sample/" + ROOT + NONCE + COIN + number.to_bytes(8, "big")).digest()
        index = int.from_bytes(raw, "big") % 1000
        if index % 3 == 0 and index not in expected:
            expected.append(index)
        number += 1
    assert sorted(expected) == drawn(1000, 20)


def test_either_coin_changes_the_draw() -> None:
    first = drawn(100_000, 50)
    assert first == drawn(100_000, 50)
    assert first != drawn(100_000, 50, nonce=bytes(32))
    assert first != drawn(100_000, 50, coin=bytes(32))


def test_a_small_log_is_drawn_whole() -> None:
    assert [0, 3, 6, 9] == drawn(10, 300)
    assert [] == drawn(0, 300)
    assert [] == draw(ROOT, NONCE, COIN, size=50, most=5, is_access=lambda _: False)


def test_each_index_is_looked_at_once_and_draws_end() -> None:
    looked: list[int] = []
    draw(ROOT, NONCE, COIN, size=10**9, most=5, is_access=lambda index: bool(looked.append(index)))
    assert len(looked) == len(set(looked)) <= MOST_DRAWS


def test_draws_are_spread_evenly() -> None:
    counts = [0] * 10
    for index in drawn(30_000, 1_000):
        counts[index // 3_000] += 1
    assert max(counts) < 140
    assert min(counts) > 60


@pytest.mark.parametrize(("most", "size"), [(0, 10), (1_001, 10), (1, -1)])
def test_no_other_sample_is_drawn(most: int, size: int) -> None:
    with pytest.raises(AuditError):
        drawn(size, most)


def test_the_commitment_hides_and_binds() -> None:
    assert commitment(NONCE) != commitment(COIN)
    assert sha256(b"izin/v1/sample/nonce/" + NONCE).digest() == commitment(NONCE)
    with pytest.raises(AuditError):
        commitment(b"short")


def escapes(population: int, sampled: int, bad: int) -> Fraction:
    """Return the chance that none of `bad` is drawn, as it stands in every textbook."""
    return Fraction(comb(population - bad, sampled), comb(population, sampled))


@pytest.mark.parametrize("population", [1, 2, 7, 60, 301, 2_000])
@pytest.mark.parametrize("doubt", [0.05, 0.01])
def test_what_a_clean_sample_excludes_is_exact(population: int, doubt: float) -> None:
    sampled = min(300, population)
    found = excluded(population, sampled, doubt=doubt)
    assert found is not None
    assert escapes(population, sampled, found) <= doubt
    assert found == 1 or escapes(population, sampled, found - 1) > doubt


def test_a_whole_log_excludes_a_single_bad_access() -> None:
    assert 1 == excluded(26, 26, doubt=0.01)


def test_in_a_large_log_it_is_the_usual_formula() -> None:
    """300 clean ones exclude 1 bad in 100 at 95 %: 1 - (1 - p)^300."""
    population = 5_000_000
    found = excluded(population, 300, doubt=0.05)
    assert found is not None
    assert found / population == pytest.approx(-log(0.05) / 300, rel=0.01)


def test_nothing_opened_excludes_nothing() -> None:
    assert excluded(100, 0, doubt=0.05) is None
