"""Which statements a gateway accepts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from broker.gateway.registry.errors import RegistryError
from broker.gateway.registry.statement import check_select

PARAMS = ("nik", "today", "rupiah")


def test_names_what_the_statement_binds() -> None:
    statement = "SELECT n FROM p WHERE nik = :nik AND d < :today AND a = 'x''y' AND \"set\" = 1"
    assert check_select(statement, params=PARAMS, where="question x") == {"nik", "today"}


def test_a_cast_is_not_a_parameter() -> None:
    assert check_select("SELECT n::text FROM p WHERE k = :nik", params=PARAMS, where="q") == {"nik"}


@pytest.mark.parametrize(
    "statement",
    [
        "",
        "DELETE FROM p WHERE nik = :nik",
        "SELECT 1; DELETE FROM p",
        "SELECT 1;",
        "WITH gone AS (DELETE FROM p RETURNING 1) SELECT 1 FROM gone",
        "SELECT * INTO copy_of_p FROM p",
        "SELECT 1 FROM p FOR UPDATE",
        "SELECT 1 -- WHERE nik = :nik",
        "SELECT 1 /* nik */",
        "SELECT 'a\\'; DROP TABLE p",
        "SELECT $$ x $$",
        "SELECT 'open FROM p",
        'SELECT "open FROM p',
        "SELECT n FROM p WHERE nik = ?",
        "SELECT n FROM p WHERE nik = %(nik)s",
        "PRAGMA query_only = 0",
        "SELECTED",
    ],
)
def test_refuses_what_is_not_a_single_select(statement: str) -> None:
    with pytest.raises(RegistryError, match=r"^question owns_car: "):
        check_select(statement, params=PARAMS, where="question owns_car")


def test_refuses_a_parameter_that_the_question_lacks_and_names_both() -> None:
    with pytest.raises(RegistryError, match=r"^question owns_car: .* no parameter called rupia$"):
        check_select("SELECT :rupia FROM p", params=PARAMS, where="question owns_car")


def test_refuses_a_parameter_between_quotes() -> None:
    """SQLAlchemy would bind it, and the text that the agency meant would be another."""
    with pytest.raises(RegistryError, match="between quotes"):
        check_select("SELECT 'at :nik' FROM p", params=PARAMS, where="q")


@given(st.text(alphabet="SELECTselect :nik'\"x;-/*\\0,().\n", max_size=60))
def test_never_misses_a_name_that_would_be_bound(tail: str) -> None:
    """Whatever is accepted binds exactly the names that were checked."""
    statement = "SELECT " + tail
    try:
        named = check_select(statement, params=PARAMS, where="q")
    except RegistryError:
        return
    assert frozenset(text(statement).compile().params) == named
