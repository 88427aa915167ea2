"""`izin receipt`: check a digital receipt without Izin and without a network.

The base install is enough: nothing here serves, and nothing reads the database.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
import orjson

from audit.commands.terminal import lang_option, print_json, read_bytes, read_text, speaker
from audit.errors import AuditError
from audit.exits import TAMPERED, VKEY_HELP, as_json_option, outcome
from audit.note import Verifier, parse_vkey
from audit.words import Words as Said
from audit.words import fill, pick
from broker.log_keys import trusted_log
from consent import check_words as words
from consent.calendar import day_words
from consent.errors import DigitalReceiptError
from consent.receipt_check import STEPS, CheckedDigitalReceipt, check_digital_receipt
from consent.receipt_schema import schema
from consent.status_check import CheckedStatus, check_status
from keys import trust
from keys.errors import KeysError
from keys.signing import VerifyKey
from policies.words import Words


@click.group()
def receipt() -> None:
    """Digital receipts: anybody who is shown one can check it."""


@receipt.command("verify")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--vkey", help=VKEY_HELP)
@click.option("--keys", "jwks", type=click.Path(path_type=Path), help="Consent keys: a JWKS file.")
@click.option("--trust", "trust_file", type=click.Path(path_type=Path), help="Or a trust file.")
@click.option("--status", type=click.Path(path_type=Path), help="What its address answered.")
@lang_option
@as_json_option
def receipt_verify(
    file: Path,
    vkey: str | None,
    jwks: Path | None,
    trust_file: Path | None,
    status: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Check FILE, a digital receipt, offline: who was allowed what, and did the log record it?

    Exit 0 it holds, 1 it does not, 2 could not run. Without --keys or --trust, the key in the
    receipt counts if the log committed to what it signed.
    """
    with outcome(as_json):
        verifier, keys = _believed(vkey, jwks, trust_file)
        say = speaker(as_json, lang)
        # Bytes that are no text are a receipt that does not hold, not a command that cannot run.
        text = read_bytes(file).decode("utf-8", errors="replace").strip()
        now = None
        try:
            checked = check_digital_receipt(text, verifier, schema=schema(), keys=keys)
            if status is not None:
                now = check_status(_status(status), checked, verifier)
        except DigitalReceiptError as error:
            _say_failed(say, error)
            if as_json:
                print_json({"result": "fails", "step": error.step, "reason": str(error)})
            raise click.exceptions.Exit(TAMPERED) from error
        if as_json:
            print_json(_members(checked, now))
        _say(say, checked, now, trusts=bool(keys), lang=lang)


def _believed(
    vkey: str | None, jwks: Path | None, trust_file: Path | None
) -> tuple[Verifier, tuple[VerifyKey, ...]]:
    """Return the log's verifier and the consent keys that were given."""
    verifier = None if vkey is None else parse_vkey(vkey)
    keys: tuple[VerifyKey, ...] = ()
    try:
        if trust_file is not None:
            known = trust.parse(read_text(trust_file)).broker
            # With the keys that the log signed with before: a receipt is kept for long.
            verifier, keys = verifier or trusted_log(known), known.consent_keys
        if jwks is not None:
            keys += _read_keys(jwks)
    except KeysError as error:
        raise AuditError(str(error)) from error
    if verifier is None:
        raise AuditError("give the log's verifier key with --vkey, or a trust file")
    return verifier, keys


def _read_keys(file: Path) -> tuple[VerifyKey, ...]:
    try:
        found = orjson.loads(read_bytes(file))["keys"]
        keys = tuple(
            VerifyKey.from_jwk({name: each[name] for name in ("crv", "kty", "x")}) for each in found
        )
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise AuditError("the file of keys is not a JWKS of Ed25519 keys") from error
    if not keys:
        raise AuditError("the file of keys holds no key")
    return keys


def _status(file: Path) -> str:
    """Return the signed status in what the address answered."""
    try:
        return str(orjson.loads(read_bytes(file))["status"])
    except (orjson.JSONDecodeError, KeyError, TypeError) as error:
        raise AuditError("the status is not what a status address answers") from error


def _say_failed(say: Any, error: DigitalReceiptError) -> None:
    if error.step not in STEPS:
        say(_said(words.STATUS_FAILS))
        return
    number = STEPS.index(error.step) + 1
    why = _said(words.WHY[error.step])
    say(fill(_said(words.FAILS), number=number, step=error.step, why=why))


def _say(
    say: Any, checked: CheckedDigitalReceipt, now: CheckedStatus | None, *, trusts: bool, lang: str
) -> None:
    notice, document = checked.notice, checked.document
    created = checked.created
    say(fill(_said(words.HOLDS), origin=checked.origin))
    say(
        fill(
            _said(words.WHERE),
            index=checked.index,
            size=checked.size,
            created=created,
            signer=checked.signer,
        )
    )
    if not trusts:
        say(_said(words.KEY_OF_LOG))
    say(fill(_said(words.ALLOWED), programme=_said(notice.programme)))
    for agency, question in _allowed(checked, lang):
        say(Said(f"  {agency}: {question}", f"  {agency}: {question}"))
    if document["izin:declined"]:
        say(_said(words.DECLINED))
    for each in document["izin:declined"]:
        told = f"  {_in(each['dct:description'], lang)}"
        say(Said(told, told))
    say(
        fill(
            _said(words.UNTIL),
            day=_said(day_words(checked.valid_until)),
            frequency=_said(notice.frequency),
            retention=_said(notice.retention),
        )
    )
    say(fill(_said(words.STATES[checked.state]), created=created))
    if now is not None:
        say(fill(_said(words.STATES[now.state]), created=now.at))
        return
    if checked.state == "live" and datetime.now(UTC).date() > checked.valid_until:
        say(_said(words.OVER))
    say(fill(_said(words.LIMITS), status=document["@id"]))


def _allowed(checked: CheckedDigitalReceipt, lang: str) -> list[tuple[str, str]]:
    """Return the agency and the question of each thing allowed, in one language."""
    record = checked.document["dpv:hasRecordOfActivity"]
    names = {each["@id"]: each["dpv:hasName"] for each in record["dpv:hasEntity"]}
    return [
        (
            _in(names[process["dpv:hasDataSource"]["@id"]], lang),
            _in(each["dct:description"], lang),
        )
        for process in record["dpv:hasProcess"]
        for each in process["dpv:hasPersonalData"]
    ]


def _in(values: list[dict[str, str]], lang: str) -> str:
    return pick(Said(values[0]["@value"], values[1]["@value"]), lang)


def _said(found: Words) -> Said:
    """Return words as the auditors' commands print them."""
    return Said(found.id, found.en)


def _members(checked: CheckedDigitalReceipt, now: CheckedStatus | None) -> dict[str, object]:
    members: dict[str, object] = {
        "result": "ok",
        "origin": checked.origin,
        "index": checked.index,
        "size": checked.size,
        "state": checked.state,
        "created": checked.created,
        "valid_until": checked.valid_until.isoformat(),
        "signer": checked.signer,
        "steps": list(STEPS),
        "receipt": checked.document,
    }
    if now is not None:
        members["now"] = {"state": now.state, "at": now.at, "size": now.size}
    return members
