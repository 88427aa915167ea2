"""The SQL registry adapter: asks every needed source, then concludes.

It must not decide who may ask, log a person or an answer, or stop early: all sources of a
question are asked every time, whatever the first of them said, so that the work done tells
nobody the answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from sqlalchemy import Date, Engine, TextClause, bindparam, text

from broker.gateway.registry.adapter import UNKNOWN_DATE, Answer, Value
from broker.gateway.registry.config import QuestionConfig, RegistryConfig, SourceConfig
from broker.gateway.registry.errors import RegistryError
from broker.gateway.registry.sources import open_source
from broker.gateway.registry.statement import NIK, TODAY
from broker.gateway.registry.verdict import conclude, number


@dataclass(frozen=True)
class SourceFault:
    """A source that could not be asked; holds no person, value or exception text."""

    source: str
    question: str
    error: str


Report = Callable[[SourceFault], None]


def _ignore(_fault: SourceFault) -> None:
    """Drop the fault."""


class Registry:
    """An agency's registry behind one or more SQL databases (a `RegistryAdapter`).

    report: told of each source that failed, so that an operator notices what askers only see
    as `unknown`.
    """

    def __init__(self, config: RegistryConfig, *, report: Report = _ignore) -> None:
        self._config = config
        self._report = report
        self._engines = {source.name: open_source(source) for source in config.sources}
        self._prepared = {
            (question.id, source): _prepare(statement)
            for question in config.questions.values()
            for source, statement in question.statements.items()
        }

    def answer(
        self, nik: str, question: str, params: Mapping[str, Value], *, today: date
    ) -> Answer:
        """Return the answer about the person; what cannot be determined is `unknown`.

        Raises RegistryError only for a caller's mistake: parameters that are not the question's.
        """
        asked = self._config.questions.get(question)
        if asked is None:
            # In the catalogue, but this agency has not prepared a statement for it.
            return "unknown"
        threshold = _threshold(asked, params)
        bound = {**params, NIK: nik, TODAY: today}
        values = [self._ask(source, asked, bound) for source in asked.statements]
        return conclude(values, asked.operator, threshold=threshold, combine=asked.combine)

    def as_of(self) -> str:
        """Return the date (YYYY-MM-DD) of the oldest source, or `UNKNOWN_DATE` if one fails."""
        return min(self._date_of(source) for source in self._config.sources)

    def close(self) -> None:
        """Close every connection."""
        for engine in self._engines.values():
            engine.dispose()

    def _ask(
        self, source: str, asked: QuestionConfig, bound: Mapping[str, object]
    ) -> Fraction | None:
        clause, names = self._prepared[asked.id, source]
        try:
            value = _one_value(self._engines[source], clause, {name: bound[name] for name in names})
        except Exception as error:  # whatever a driver raises: unknown, and its text stays here
            self._report(SourceFault(source, asked.id, type(error).__name__))
            return None
        return number(value)

    def _date_of(self, source: SourceConfig) -> str:
        if source.as_of_is_fixed:
            return source.as_of
        try:
            value = _one_value(self._engines[source.name], text(source.as_of), {})
            return date.fromisoformat(str(value)).isoformat()
        except Exception as error:  # as above
            self._report(SourceFault(source.name, "as_of", type(error).__name__))
            return UNKNOWN_DATE


def _prepare(statement: str) -> tuple[TextClause, frozenset[str]]:
    clause = text(statement)
    names = frozenset(clause.compile().params)
    if TODAY in names:
        # Typed, so that each database gets the day as it stores days (SQLite: ISO text).
        clause = clause.bindparams(bindparam(TODAY, type_=Date()))
    return clause, names


def _one_value(engine: Engine, clause: TextClause, bound: Mapping[str, object]) -> object:
    """Return the single value of the single row, or None where there is no such one."""
    with engine.connect() as connection:
        rows = connection.execute(clause, dict(bound)).fetchmany(2)
        # Nothing is committed: leaving the block rolls back.
    if len(rows) != 1 or len(rows[0]) != 1:
        # Two rows for one person is a registry that contradicts itself: not determinable.
        return None
    value: object = rows[0][0]
    return value


def _threshold(asked: QuestionConfig, params: Mapping[str, Value]) -> int | None:
    if frozenset(params) != asked.params:
        raise RegistryError(f"question {asked.id}: the parameters are not the catalogue's")
    if asked.threshold is None:
        return None
    value = params[asked.threshold]
    if not isinstance(value, int) or isinstance(value, bool):
        raise RegistryError(f"question {asked.id}: {asked.threshold} must be a whole number")
    return value
