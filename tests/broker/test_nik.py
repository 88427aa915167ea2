"""A NIK is text everywhere: as a number, some are changed on the way, silently."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.canonical import encode
from audit.errors import CanonicalError
from broker.errors import MessageError
from broker.question import QuestionPayload
from tests.broker.test_question import changed_question


def test_a_nik_as_a_number_is_refused_and_as_text_arrives_unchanged(vectors: Path) -> None:
    rows = json.loads((vectors / "crypto/nik-json-number-trap.json").read_text())["synthetic"]
    for row in rows:
        as_text = changed_question(nik=row["nik"])
        assert row["nik"] == QuestionPayload.from_members(as_text).nik
        with pytest.raises(MessageError):
            QuestionPayload.from_members(changed_question(nik=int(row["nik"])))
        if row["exceeds_2_53"]:
            with pytest.raises(CanonicalError):
                encode({"nik": int(row["nik"])})
