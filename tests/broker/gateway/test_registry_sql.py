"""The SQL adapter on small real databases."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pysqlite3 import dbapi2 as sqlite
from sqlalchemy.exc import OperationalError

from broker.gateway.registry.adapter import UNKNOWN_DATE, RegistryAdapter
from broker.gateway.registry.config import RegistryConfig, SourceConfig
from broker.gateway.registry.errors import RegistryError
from broker.gateway.registry.sources import open_source
from broker.gateway.registry.sql import Registry, SourceFault

TODAY = date(2026, 11, 24)
RICH, POOR, UNCLEAR, TWICE, STRANGER = (f"351099010180000{n}" for n in range(1, 6))
CATALOGUE: Mapping[str, tuple[str, ...]] = {
    "registered": (),
    "has_account": (),
    "balance_above": ("rupiah",),
    "opened_since": ("date",),
}


def bank(path: Path, rows: list[tuple[str, int | None]]) -> Path:
    connection = sqlite.connect(str(path))
    connection.execute("CREATE TABLE c (nik TEXT, amount INTEGER, opened TEXT)")
    connection.executemany("INSERT INTO c VALUES (?, ?, '2026-05-01')", rows)
    connection.commit()
    connection.close()
    return path


@pytest.fixture
def banks(tmp_path: Path) -> dict[str, Path]:
    return {
        "bri": bank(
            tmp_path / "b'r i#.db",
            [(RICH, 4_000_000), (POOR, 10), (UNCLEAR, None), (TWICE, 1), (TWICE, 2)],
        ),
        "btn": bank(
            tmp_path / "btn.db", [(RICH, 4_000_000), (POOR, 0), (UNCLEAR, 9_000_000), (TWICE, 1)]
        ),
    }


@pytest.fixture
def config(banks: dict[str, Path]) -> RegistryConfig:
    amount = "SELECT amount FROM c WHERE nik = :nik"
    members: dict[str, Any] = {
        "sources": {
            "bri": {"url": f"sqlite:///{banks['bri']}", "as_of": "2026-11-20"},
            "btn": {"url": f"sqlite:///{banks['btn']}", "as_of": "SELECT MAX(opened) FROM c"},
        },
        "questions": {
            "has_account": {
                "statement": "SELECT amount > 0 FROM c WHERE nik = :nik",
                "operator": "holds",
                "combine": "any",
            },
            "balance_above": {
                "statement": amount, "operator": "above", "param": "rupiah", "combine": "sum",
            },
            "opened_since": {
                "statements": {
                    "btn": "SELECT opened BETWEEN :date AND :today FROM c WHERE nik = :nik"
                },
                "operator": "holds",
            },
        },
    }  # fmt: skip
    return RegistryConfig.parse(members, agency="himbara", catalogue=CATALOGUE)


@pytest.fixture
def faults() -> list[SourceFault]:
    return []


@pytest.fixture
def registry(config: RegistryConfig, faults: list[SourceFault]) -> Registry:
    return Registry(config, report=faults.append)


def test_is_a_registry_adapter(registry: RegistryAdapter) -> None:
    assert registry.as_of() == "2026-05-01"


@pytest.mark.parametrize(
    ("nik", "rupiah", "expected"),
    [
        (RICH, 5_000_000, "yes"),
        (RICH, 8_000_000, "no"),
        (POOR, 5_000_000, "no"),
        (UNCLEAR, 5_000_000, "unknown"),
        (TWICE, 5_000_000, "unknown"),
        (STRANGER, 5_000_000, "unknown"),
    ],
)
def test_sums_over_sources(registry: Registry, nik: str, rupiah: int, expected: str) -> None:
    answer = registry.answer(nik, "balance_above", {"rupiah": rupiah}, today=TODAY)
    assert answer == expected


def test_one_source_that_says_yes_is_enough_for_any(registry: Registry) -> None:
    assert registry.answer(POOR, "has_account", {}, today=TODAY) == "yes"
    assert registry.answer(UNCLEAR, "has_account", {}, today=TODAY) == "yes"
    assert registry.answer(STRANGER, "has_account", {}, today=TODAY) == "unknown"


def test_binds_text_parameters_and_today(registry: Registry) -> None:
    def ask(since: str, today: date) -> str:
        return registry.answer(RICH, "opened_since", {"date": since}, today=today)

    assert ask("2026-04-30", TODAY) == "yes"
    assert ask("2026-05-02", TODAY) == "no"
    assert ask("2026-04-30", date(2026, 4, 30)) == "no"


def test_values_are_bound_never_spliced(registry: Registry) -> None:
    nik = "x' OR '1' = '1"
    assert registry.answer(nik, "has_account", {}, today=TODAY) == "unknown"


def test_a_question_without_a_statement_is_unknown(registry: Registry) -> None:
    assert registry.answer(RICH, "registered", {}, today=TODAY) == "unknown"


@pytest.mark.parametrize("params", [{}, {"rupiah": 1, "va": 2}, {"rupiah": "5"}, {"rupiah": True}])
def test_parameters_that_are_not_the_questions_raise(
    registry: Registry, params: dict[str, int | str]
) -> None:
    with pytest.raises(RegistryError, match="balance_above"):
        registry.answer(RICH, "balance_above", params, today=TODAY)


def test_a_source_that_is_gone_is_unknown_and_reported_without_the_person(
    registry: Registry, banks: dict[str, Path], faults: list[SourceFault]
) -> None:
    banks["btn"].unlink()
    answer = registry.answer(RICH, "balance_above", {"rupiah": 1}, today=TODAY)
    assert answer == "unknown"
    assert faults == [SourceFault("btn", "balance_above", "OperationalError")]


def test_every_source_is_asked_even_after_a_yes(
    registry: Registry, banks: dict[str, Path], faults: list[SourceFault]
) -> None:
    """Stopping early would let the time tell the answer."""
    banks["btn"].unlink()
    assert registry.answer(RICH, "has_account", {}, today=TODAY) == "yes"
    assert [fault.source for fault in faults] == ["btn"]


def test_a_closed_bank_never_makes_has_account_no(
    registry: Registry, banks: dict[str, Path]
) -> None:
    connection = sqlite.connect(str(banks["bri"]))
    connection.execute("UPDATE c SET amount = 0")
    connection.commit()
    connection.close()
    banks["btn"].unlink()
    assert registry.answer(RICH, "has_account", {}, today=TODAY) == "unknown"


def test_an_undated_source_says_so(registry: Registry, banks: dict[str, Path]) -> None:
    banks["btn"].unlink()
    assert registry.as_of() == UNKNOWN_DATE


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM c",
        "CREATE TABLE mine (x)",
        "PRAGMA user_version = 7",
        "INSERT INTO c VALUES ('1', 1, '')",
    ],
)
def test_a_source_is_opened_read_only(banks: dict[str, Path], statement: str) -> None:
    engine = open_source(SourceConfig("btn", f"sqlite:///{banks['btn']}", "2026-11-01"))
    with engine.connect() as connection, pytest.raises(OperationalError, match="readonly"):
        connection.exec_driver_sql(statement)


def test_a_read_does_not_create_a_missing_file(tmp_path: Path) -> None:
    engine = open_source(SourceConfig("btn", f"sqlite:///{tmp_path}/none.db", "2026-11-01"))
    with pytest.raises(OperationalError):
        engine.connect()
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "nonsense",
        "sqlite://",
        "sqlite:///:memory:",
        "nosuchdb://host/x",
        "sqlite:///file:x",
        "sqlite:///x.db?mode=rw",
    ],
)
def test_refuses_urls_that_cannot_be_used(url: str) -> None:
    with pytest.raises(RegistryError, match=r"^source main: "):
        open_source(SourceConfig("main", url, "2026-11-01"))


def test_a_complaint_about_a_url_does_not_repeat_its_password() -> None:
    with pytest.raises(RegistryError) as caught:
        open_source(SourceConfig("main", "nosuchdb://reader:hunter2@host/x", "2026-11-01"))
    assert "hunter2" not in str(caught.value)
