"""What a programme reads of its broker and of a browser's return: read, or one of our errors."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx2
import orjson
from hypothesis import given
from hypothesis import strategies as st

from audit.note import Verifier, parse_vkey
from broker.programme.client import IzinClient, _checked, _verified
from broker.programme.committed import check_committed
from broker.programme.errors import ProgrammeError
from broker.programme.oauth_keys import ClientKeys
from broker.programme.request import read_granted, read_items
from broker.programme.returning import Pending, check_return
from policies.ask import Item
from tests.broker.sealed import counted_randomness, json_values
from tests.broker.test_parsers_fuzz import changed, paths

ISSUER = "https://izin.example"
PENDING = Pending("s" * 43, "v" * 43)
LOG: Verifier = parse_vkey("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
CLIENT = IzinClient(
    httpx2.Client(),
    issuer=ISSUER,
    client_id="c",
    keys=ClientKeys.from_secret(b"k" * 32),
    clock=lambda: datetime(2026, 11, 24, tzinfo=UTC),
    random=counted_randomness(),
)
TOKEN = {
    "access_token": "a.b.c",
    "token_type": "DPoP",
    "expires_in": 300,
    "grant_id": "g" * 22,
    "authorization_details": [],
}
FOUND = {"verification_id": "v" * 22, "subject": "s" * 43, "status": "complete", "items": []}
DETAILS = [
    {
        "type": "social_assistance_verification",
        "programme": "pkh",
        "purpose": "eligibility",
        "questions": [{"agency": "polri", "question": "owns_car", "params": {"rupiah": 5}}],
    }
]
ASKED = [Item("polri", "owns_car", {"rupiah": 5})]


@given(st.integers(100, 599), st.binary(max_size=60))
def test_any_response_is_read_or_refused(status: int, body: bytes) -> None:
    with suppress(ProgrammeError):
        _checked(httpx2.Response(status, content=body))


@given(st.integers(200, 599), json_values)
def test_any_response_in_json_is_read_or_refused(status: int, value: Any) -> None:
    with suppress(ProgrammeError, orjson.JSONEncodeError, TypeError):
        _checked(httpx2.Response(status, content=orjson.dumps(value)))


@given(st.dictionaries(st.sampled_from(["type", "error", "reasons"]), json_values))
def test_any_problem_is_refused_with_words_of_ours(value: Any) -> None:
    with suppress(ProgrammeError, orjson.JSONEncodeError, TypeError):
        _checked(httpx2.Response(403, content=orjson.dumps(value)))


@given(paths, json_values)
def test_any_verification_is_read_or_refused(path: list[int], new: Any) -> None:
    told = changed(FOUND, path, new)
    if isinstance(told, dict):
        with suppress(ProgrammeError):
            assert _verified(told).status == told["status"]


@given(paths, json_values)
def test_any_token_is_read_or_refused(path: list[int], new: Any) -> None:
    told = changed(TOKEN, path, new)
    if isinstance(told, dict):
        with suppress(ProgrammeError):
            assert CLIENT._token(told).grant_id == told["grant_id"]


@given(paths, json_values)
def test_any_granted_details_are_read_or_refused(path: list[int], new: Any) -> None:
    with suppress(ProgrammeError):
        granted = read_granted(changed(DETAILS, path, new), asked=ASKED, programme="pkh")
        assert set(ASKED) >= set(granted) or granted == tuple(ASKED)
    with suppress(ProgrammeError):
        read_items(new)


@given(st.dictionaries(st.sampled_from(["state", "iss", "error", "code"]), st.text(max_size=60)))
def test_any_return_of_a_browser_is_taken_or_refused(query: dict[str, str]) -> None:
    for known in ({}, {"state": PENDING.state}, {"state": PENDING.state, "iss": ISSUER}):
        with suppress(ProgrammeError):
            assert check_return({**query, **known}, PENDING, issuer=ISSUER) == query.get("code")


@given(st.text(max_size=80), st.text(max_size=80), st.integers())
def test_any_commitment_is_proven_or_refused(entry: str, proof: str, index: int) -> None:
    with suppress(ProgrammeError):
        check_committed(entry, proof, index, LOG, kind="decision.made", members={})
        raise AssertionError("nothing was proven")
