"""Questions of the catalogue as messages name them: an id, and parameters if it has any.

One order and one spelling, because the log's entry commits to them. Which questions, parameters
and values there are is the catalogue's business; this file only knows how they are written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from audit.canonical import Json
from broker.errors import MessageError
from broker.members import read_list, read_matching, read_object, read_whole

# More would not fit into an answer's 1,024 bytes; the catalogue has no agency with more.
MAX_QUESTIONS: Final = 3
MAX_PARAMS: Final = 4

ID: Final = re.compile(r"[a-z0-9_.-]{1,64}")
_PARAM = re.compile(r"[a-z][a-z0-9_]{0,31}")
_PARAM_TEXT = re.compile(r"[A-Za-z0-9_.-]{1,32}")


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of the catalogue with the parameters it is asked with."""

    question: str
    params: Mapping[str, int | str] = field(default_factory=dict)


def question_members(questions: Sequence[Asked]) -> list[Json]:
    """Return the JSON of `questions` in the one order in which they are sent and committed to."""
    ordered = sorted(questions, key=lambda asked: asked.question)
    return [asked_members(asked.question, asked.params) for asked in ordered]


def asked_members(question: str, params: Mapping[str, int | str]) -> dict[str, Json]:
    """Return the JSON of one question; one without parameters has no `params` at all."""
    members: dict[str, Json] = {"question": question}
    if params:
        members["params"] = {**params}
    return members


def read_questions(value: object) -> tuple[Asked, ...]:
    """Return the questions of a list that `question_members` would have written."""
    asked = []
    for item in read_list(value, "questions", most=MAX_QUESTIONS):
        members = read_object(item, {"question"}, "questions", optional={"params"})
        question = read_matching(members["question"], ID, "questions.question")
        asked.append(Asked(question, read_params(members)))
    check_order([item.question for item in asked], "questions")
    return tuple(asked)


def read_params(members: Mapping[str, object]) -> dict[str, int | str]:
    """Return `params` of one question's members, or none where it has none."""
    if "params" not in members:
        return {}
    value = members["params"]
    if not isinstance(value, dict) or not 1 <= len(value) <= MAX_PARAMS:
        raise MessageError(f"params is not an object of 1 to {MAX_PARAMS} members")
    params: dict[str, int | str] = {}
    for name, param in value.items():
        read_matching(name, _PARAM, "the name of a parameter")
        if isinstance(param, str):
            params[name] = read_matching(param, _PARAM_TEXT, "a parameter")
        else:
            params[name] = read_whole(param, "a parameter")
    return params


def check_order(names: Sequence[str], what: str) -> None:
    """Raise MessageError unless `names` rise: one order only, and nothing twice."""
    if any(before >= after for before, after in pairwise(names)):
        raise MessageError(f"{what} are not sorted or stand twice")
