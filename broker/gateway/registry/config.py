"""The `[sources]` and `[questions]` tables of a gateway's TOML, parsed once and checked whole.

Every complaint is one plain sentence that names the agency's source or question. Nothing is
opened here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, cast

from broker.gateway.registry.errors import RegistryError
from broker.gateway.registry.statement import NIK, TODAY, check_select
from broker.gateway.registry.verdict import COMBINATIONS, OPERATORS, Combine, Operator

_ID: Final = re.compile(r"[a-z0-9_.-]{1,64}")
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_QUESTION_MEMBERS: Final = frozenset({"statement", "statements", "operator", "param", "combine"})
_SOURCE_MEMBERS: Final = frozenset({"url", "as_of"})


@dataclass(frozen=True)
class SourceConfig:
    """One database of the agency.

    url: SQLAlchemy's form; never shown, since it may hold a password.
    as_of: the date of the data, or a SELECT without parameters that returns it.
    """

    name: str
    url: str = field(repr=False)
    as_of: str

    @property
    def as_of_is_fixed(self) -> bool:
        """Whether `as_of` is a date rather than a statement."""
        return _DAY.fullmatch(self.as_of) is not None


@dataclass(frozen=True)
class QuestionConfig:
    """How one catalogue question is asked and judged.

    statements: source name -> SELECT of one row with one value; every source named is needed.
    params: the catalogue's parameters of the question, all of which an asker must give.
    threshold: the parameter that `above` and `at_most` compare with.
    """

    id: str
    statements: Mapping[str, str]
    operator: Operator
    params: frozenset[str]
    threshold: str | None = None
    combine: Combine = "any"


@dataclass(frozen=True)
class RegistryConfig:
    """A whole registry. unprepared: the catalogue's questions that it has no statement for."""

    agency: str
    sources: tuple[SourceConfig, ...]
    questions: Mapping[str, QuestionConfig]
    unprepared: tuple[str, ...] = ()

    @classmethod
    def parse(
        cls,
        members: Mapping[str, object],
        *,
        agency: str,
        catalogue: Mapping[str, Collection[str]],
    ) -> RegistryConfig:
        """Return the registry that the gateway's TOML describes, or raise RegistryError.

        members: the parsed TOML; only `sources` and `questions` are looked at.
        catalogue: the agency's questions, each with its parameters' names.
        """
        sources = tuple(
            _source(name, each) for name, each in _table(members, "sources", agency).items()
        )
        names = tuple(source.name for source in sources)
        questions: dict[str, QuestionConfig] = {}
        for name, each in _table(members, "questions", agency).items():
            if name not in catalogue:
                raise RegistryError(f"question {name}: the catalogue of {agency} has no such one")
            questions[name] = _question(name, each, frozenset(catalogue[name]), names)
        unprepared = tuple(name for name in catalogue if name not in questions)
        return cls(agency, sources, questions, unprepared)


def _table(members: Mapping[str, object], name: str, agency: str) -> Mapping[str, object]:
    table = members.get(name)
    if not isinstance(table, Mapping) or not table:
        raise RegistryError(f"the registry of {agency} needs at least one [{name}.NAME] table")
    return table


def _source(name: str, members: object) -> SourceConfig:
    where = f"source {name}"
    members = _members(members, _SOURCE_MEMBERS, where)
    if not _ID.fullmatch(name):
        raise RegistryError("a source's name is made of a-z, 0-9 and _.-")
    source = SourceConfig(name, _text(members, "url", where), _text(members, "as_of", where))
    if not source.as_of_is_fixed:
        check_select(source.as_of, params=(), where=f"{where}, as_of")
    return source


def _question(
    name: str, members: object, params: frozenset[str], sources: tuple[str, ...]
) -> QuestionConfig:
    where = f"question {name}"
    members = _members(members, _QUESTION_MEMBERS, where)
    statements = _statements(members, sources, where)
    operator = _choice(members, "operator", OPERATORS, where)
    threshold = _text(members, "param", where) if "param" in members else None
    if operator == "holds" and threshold is not None:
        raise RegistryError(f"{where}: the operator holds compares with no param")
    if operator != "holds" and threshold is None:
        raise RegistryError(f"{where}: the operator {operator} needs a param to compare with")
    if threshold is not None and threshold not in params:
        raise RegistryError(f"{where}: the question has no parameter called {threshold}")
    combine = "any"
    if len(statements) > 1 or "combine" in members:
        combine = _choice(members, "combine", COMBINATIONS, where)
    for each in statements.values():
        _check_question(each, params, threshold, where)
    return QuestionConfig(
        id=name,
        statements=statements,
        operator=cast("Operator", operator),
        params=params,
        threshold=threshold,
        combine=cast("Combine", combine),
    )


def _check_question(
    statement: str, params: frozenset[str], threshold: str | None, where: str
) -> None:
    named = check_select(statement, params=params | {NIK, TODAY}, where=where)
    if NIK not in named:
        raise RegistryError(f"{where}: the statement does not ask about the person (:nik)")
    for unused in sorted(params - named - {threshold}):
        # An unused threshold would give every amount the same answer.
        raise RegistryError(f"{where}: neither statement nor operator uses {unused}")


def _statements(
    members: Mapping[str, object], sources: tuple[str, ...], where: str
) -> Mapping[str, str]:
    if ("statement" in members) == ("statements" in members):
        raise RegistryError(f"{where}: needs either a statement or a table of statements")
    if "statement" in members:
        return dict.fromkeys(sources, _text(members, "statement", where))
    table = members["statements"]
    if not isinstance(table, Mapping) or not table:
        raise RegistryError(f"{where}: statements is a table, one statement a source")
    for name in table:
        if name not in sources:
            raise RegistryError(f"{where}: there is no source called {name}")
    return {name: _text(table, name, where) for name in table}


def _members(members: object, known: frozenset[str], where: str) -> Mapping[str, object]:
    if not isinstance(members, Mapping):
        raise RegistryError(f"{where}: must be a table")
    for name in members:
        if name not in known:
            raise RegistryError(f"{where}: there is no member called {name}")
    return members


def _text(members: Mapping[str, object], name: str, where: str) -> str:
    text = members.get(name)
    if not isinstance(text, str) or not text.strip():
        raise RegistryError(f"{where}: {name} must be text")
    return text.strip()


def _choice(members: Mapping[str, object], name: str, choices: Collection[str], where: str) -> str:
    value = members.get(name)
    if not isinstance(value, str) or value not in choices:
        raise RegistryError(f"{where}: {name} must be one of: {', '.join(choices)}")
    return value
