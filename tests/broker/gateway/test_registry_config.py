"""The registry's part of a gateway's settings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker.gateway.registry.config import RegistryConfig
from broker.gateway.registry.errors import RegistryError

CATALOGUE = {"has_account": (), "balance_above": ("rupiah",)}
HOLDS = "SELECT EXISTS (SELECT 1 FROM a WHERE a.nik = c.nik) FROM c WHERE c.nik = :nik"
AMOUNT = "SELECT amount FROM c WHERE nik = :nik"


def members(**changes: Any) -> dict[str, Any]:
    """Return good settings with `balance_above` changed."""
    return {
        "sources": {
            "bri": {"url": "sqlite:///bri.db", "as_of": "SELECT MAX(d) FROM s"},
            "btn": {"url": "sqlite:///btn.db", "as_of": "2026-11-01"},
        },
        "questions": {
            "has_account": {"statement": HOLDS, "operator": "holds", "combine": "any"},
            "balance_above": {
                "statements": {"bri": AMOUNT, "btn": AMOUNT},
                "operator": "above",
                "param": "rupiah",
                "combine": "sum",
                **changes,
            },
        },
    }


def parse(found: Mapping[str, object]) -> RegistryConfig:
    return RegistryConfig.parse(found, agency="himbara", catalogue=CATALOGUE)


def test_reads_sources_and_questions() -> None:
    config = parse(members())
    assert [source.name for source in config.sources] == ["bri", "btn"]
    assert config.questions["balance_above"].threshold == "rupiah"
    assert config.questions["balance_above"].combine == "sum"


def test_a_single_statement_is_asked_of_every_source() -> None:
    assert parse(members()).questions["has_account"].statements == {"bri": HOLDS, "btn": HOLDS}


def test_lists_the_questions_that_have_no_statement() -> None:
    config = members()
    del config["questions"]["has_account"]
    assert parse(config).unprepared == ("has_account",)


def test_a_url_is_not_shown() -> None:
    """It may hold the database's password."""
    assert "bri.db" not in repr(parse(members()))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"operator": "below"}, "operator must be one of"),
        ({"operator": "holds"}, "compares with no param"),
        ({"param": "rupees"}, "no parameter called rupees"),
        ({"combine": "all"}, "combine must be one of"),
        ({"statement": AMOUNT}, "either a statement or a table"),
        ({"statements": {}}, "a table, one statement a source"),
        ({"statements": {"bca": AMOUNT}}, "no source called bca"),
        ({"statements": {"bri": "DROP TABLE c"}}, "single SELECT"),
        ({"statements": {"bri": "SELECT 1 FROM c"}}, "does not ask about the person"),
        ({"statements": {"bri": AMOUNT + " AND v = :va"}}, "no parameter called va"),
        ({"timeout": 3}, "no member called timeout"),
    ],
)
def test_refuses_and_names_the_question(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RegistryError, match=f"^question balance_above: .*{complaint}"):
        parse(members(**changes))


def test_refuses_a_threshold_that_nothing_uses() -> None:
    """Every amount would get the same answer."""
    config = members()
    config["questions"]["balance_above"] = {
        "statement": AMOUNT, "operator": "holds", "combine": "any",
    }  # fmt: skip
    with pytest.raises(RegistryError, match=r"balance_above: neither .* uses rupiah"):
        parse(config)


def test_refuses_a_question_that_the_catalogue_lacks() -> None:
    config = members()
    config["questions"]["owns_yacht"] = config["questions"]["has_account"]
    with pytest.raises(RegistryError, match="question owns_yacht"):
        parse(config)


def test_refuses_an_as_of_that_depends_on_a_person() -> None:
    config = members()
    config["sources"]["bri"]["as_of"] = "SELECT d FROM s WHERE nik = :nik"
    with pytest.raises(RegistryError, match="source bri, as_of"):
        parse(config)


@pytest.mark.parametrize("name", ["sources", "questions"])
def test_refuses_missing_tables(name: str) -> None:
    config = members()
    del config[name]
    with pytest.raises(RegistryError, match=name):
        parse(config)


tree = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["sources", "questions", "url", "as_of", "statement", "statements", "operator",
                 "param", "combine", "bri", "has_account", "balance_above"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)  # fmt: skip


@given(tree)
def test_any_other_settings_raise_only_our_error(found: object) -> None:
    config = found if isinstance(found, dict) else {"sources": found, "questions": found}
    try:
        parse(config)
    except RegistryError:
        return
