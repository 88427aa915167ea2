"""`izin audit sample`: open a random sample of accesses, and see that each had its grant."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import click
import orjson

from audit.asking import get, post_json
from audit.commands.reading import entries_of, verified
from audit.commands.terminal import lang_option, print_json, read_token, speaker, token_option
from audit.errors import AuditError, LogUnavailableError
from audit.exits import TAMPERED, VKEY_HELP, as_json_option, outcome
from audit.judging import (
    EXPIRED,
    GRANT_NOT_OPENED,
    NO_GRANT,
    NOT_GRANTED,
    NOT_OPENED,
    OTHER_ACCESS,
    OTHER_GRANT,
    OTHER_PURPOSE,
    TOO_OFTEN,
    WEAK_EVIDENCE,
    WITHDRAWN,
    Judged,
    Least,
    Logbook,
    judge_all,
)
from audit.note import parse_vkey
from audit.sample import COIN_BYTES, MOST, commitment, draw, excluded
from audit.source import open_source
from audit.words import Words, fill

FAULT_WORDS: Final = {
    NOT_OPENED: Words("tidak dibuka", "was not opened"),
    OTHER_ACCESS: Words(
        "yang dibuka bukan isi catatan ini", "what was opened is not what this entry commits to"
    ),
    NO_GRANT: Words(
        "izin yang disebutnya tidak tercatat sebelumnya",
        "the grant that it names does not stand in the log before it",
    ),
    GRANT_NOT_OPENED: Words("izinnya tidak dibuka", "its grant was not opened"),
    OTHER_GRANT: Words(
        "izin yang dibuka bukan yang tercatat", "the grant that was opened is not the logged one"
    ),
    WITHDRAWN: Words(
        "izinnya sudah dicabut atau berakhir", "its grant was withdrawn or ended before it"
    ),
    EXPIRED: Words("sesudah hari terakhir izin", "after the grant's last day"),
    OTHER_PURPOSE: Words(
        "program atau tujuannya lain", "for another programme or purpose than the grant's"
    ),
    NOT_GRANTED: Words("menanyakan yang tidak diizinkan", "it asks what was not granted"),
    TOO_OFTEN: Words("lebih sering daripada izinnya", "more often than was granted"),
    WEAK_EVIDENCE: Words("bukti izinnya kurang kuat", "the evidence of its grant is too weak"),
}
_FAULT: Final = Words("SALAH, catatan {index}: {what}", "BAD, entry {index}: {what}")
_EMPTY: Final = Words(
    "Belum ada pertanyaan dalam catatan.", "There is no access in the log: nothing to open."
)
_CLEAN: Final = Words(
    "BAIK: {count} dari {population} pertanyaan dibuka, semuanya punya izin yang berlaku.",
    "GOOD: {count} of {population} accesses were opened, each rested on a live grant.",
)
_BAD: Final = Words(
    "TIDAK BAIK: {bad} dari {count} pertanyaan yang diundi ({population} seluruhnya).",
    "NOT GOOD: {bad} of {count} accesses of the sample ({population} in all).",
)
_EXCLUDES: Final = Words(
    "Dengan keyakinan {sure} %: kurang dari {bad} pertanyaan ({share} %) bisa salah.",
    "At {sure} % confidence, fewer than {bad} accesses ({share} %) can be bad.",
)
_EVIDENCE: Final = Words("Bukti izin: {kinds}.", "Evidence of the grants: {kinds}.")
_UNNAMED: Final = Words(
    "Perhatikan: {count} pertanyaan diputuskan dengan aturan yang tidak tercatat.",
    "Note: {count} accesses were decided under rules that the log does not name.",
)
_UNHELD: Final = Words(
    "Kuatnya bukti tidak diperiksa: tidak ada katalog.",
    "The strength of evidence was not checked: there is no catalogue.",
)
_AGAIN: Final = Words(
    "Undian: audit {audit_id}, akar {root}, bagian auditor {nonce}, bagian broker {coin}.",
    "The draw: audit {audit_id}, root {root}, the auditor's coin {nonce}, the broker's {coin}.",
)
_CONFIDENCE: Final = ((95, 0.05), (99, 0.01))


@click.command("sample")
@click.argument("source")
@click.option("--n", "most", default=300, type=click.IntRange(1, MOST), help="Accesses to open.")
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option("--witness", "witnesses", multiple=True, help="A witness that must have cosigned.")
@click.option("--broker", help="The broker's URL; the log's without /log if absent.")
@token_option
@lang_option
@as_json_option
def sample_command(
    source: str,
    most: int,
    vkey: str,
    witnesses: tuple[str, ...],
    broker: str | None,
    token_file: Path | None,
    lang: str,
    as_json: bool,
) -> None:
    """Have the broker open random accesses of the log at SOURCE, and judge each.

    Neither side chooses which. Exit 0: all had their grant; 1: some had not, or were not opened.
    """
    with outcome(as_json):
        token = read_token(token_file)
        base = broker.rstrip("/") if broker is not None else _beside(source)
        known = tuple(map(parse_vkey, witnesses))
        log, checkpoint = verified(open_source(source, token), parse_vkey(vkey), witnesses=known)
        book = Logbook(entries_of(log, checkpoint))
        accesses = set(book.accesses)
        say = speaker(as_json, lang)
        if not accesses:
            if as_json:
                print_json({"result": "ok", "population": 0, "sampled": 0})
            say(_EMPTY)
            return
        least = _least(base)
        nonce = os.urandom(COIN_BYTES)
        audit_id, coin = _begin(base, log.note, most, nonce, token)
        sample = draw(
            checkpoint.root,
            nonce,
            coin,
            size=checkpoint.size,
            most=most,
            is_access=accesses.__contains__,
        )
        opened = _reveal(base, audit_id, nonce, token)
        judged = judge_all(sample, opened, book, least=least)
        bad = [each for each in judged if each.faults]
        how = {
            "audit_id": audit_id,
            "root": checkpoint.root.hex(),
            "nonce": nonce.hex(),
            "coin": coin.hex(),
        }
        if as_json:
            print_json(_members(judged, len(accesses), checkpoint.size, how))
        for each in bad:
            for fault in each.faults:
                say(fill(_FAULT, index=each.index, what=FAULT_WORDS[fault]))
        kinds = Counter(each.evidence for each in judged if each.evidence)
        told = ", ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        say(fill(_EVIDENCE, kinds=told or "-"))
        if least is None:
            say(_UNHELD)
        unnamed = sum(not each.known_policy for each in judged if each.evidence)
        if unnamed:
            say(fill(_UNNAMED, count=unnamed))
        say(fill(_AGAIN, **how))
        if bad:
            say(fill(_BAD, bad=len(bad), count=len(judged), population=len(accesses)))
            raise click.exceptions.Exit(TAMPERED)
        for sure, doubt in _CONFIDENCE:
            limit = excluded(len(accesses), len(judged), doubt=doubt)
            if limit is not None:
                share = f"{100 * limit / len(accesses):.2f}"
                say(fill(_EXCLUDES, sure=sure, bad=limit, share=share))
        say(fill(_CLEAN, count=len(judged), population=len(accesses)))


def _beside(source: str) -> str:
    base = source.rstrip("/")
    if not base.startswith(("http://", "https://")) or not base.endswith("/log"):
        raise AuditError("name the broker that opens the sample with --broker")
    return base.removesuffix("/log")


def _begin(base: str, note: str, most: int, nonce: bytes, token: str | None) -> tuple[str, bytes]:
    """Commit to our coin, and return the audit's id and the broker's."""
    body = {"checkpoint": note, "n": most, "commitment": commitment(nonce).hex()}
    answer = _object(post_json(f"{base}/v1/openings", body, token))
    audit_id, coin = answer.get("audit_id"), answer.get("coin")
    if not isinstance(audit_id, str) or not audit_id.isascii() or len(audit_id) > 64:
        raise LogUnavailableError("the broker began no audit")
    if not all(each.isalnum() or each in "-_" for each in audit_id) or not audit_id:
        raise LogUnavailableError("the broker began no audit")
    try:
        found = bytes.fromhex(coin) if isinstance(coin, str) else b""
    except ValueError:
        found = b""
    if len(found) != COIN_BYTES:
        raise LogUnavailableError("the broker threw no coin")
    return audit_id, found


def _reveal(base: str, audit_id: str, nonce: bytes, token: str | None) -> object:
    """Show our coin and return what the broker opens.

    It knows now what was drawn. One that does not answer from here on opened nothing: else it
    could let fail exactly those audits that would have found something.
    """
    try:
        answer = post_json(f"{base}/v1/openings/{audit_id}", {"nonce": nonce.hex()}, token)
        return _object(answer).get("openings")
    except LogUnavailableError:
        return None


def _least(base: str) -> Least | None:
    """Return the least evidence of each question as published; None where nothing is."""
    try:
        questions = _object(get(f"{base}/v1/catalogue")).get("questions")
    except LogUnavailableError:
        return None
    if not isinstance(questions, list):
        return None
    return {
        (str(each.get("agency")), str(each.get("question"))): str(each.get("least_evidence"))
        for each in questions
        if isinstance(each, dict)
    }


def _object(raw: bytes) -> Mapping[str, Any]:
    try:
        value = orjson.loads(raw)
    except ValueError as error:
        raise LogUnavailableError("the broker answered something else than JSON") from error
    if not isinstance(value, dict):
        raise LogUnavailableError("the broker answered something else than an object")
    return value


def _members(
    judged: Sequence[Judged], population: int, size: int, how: Mapping[str, str]
) -> dict[str, Any]:
    bad = [each for each in judged if each.faults]
    return {
        "result": "fails" if bad else "ok",
        "size": size,
        "population": population,
        "sampled": len(judged),
        "draw": dict(how),
        "bad": [{"index": each.index, "faults": list(each.faults)} for each in bad],
        "good": [
            {"index": each.index, "grant": each.grant, "evidence": each.evidence}
            for each in judged
            if not each.faults
        ],
        "unnamed_policy": sum(not each.known_policy for each in judged if each.evidence),
        "excludes": None
        if bad
        else {
            str(sure): excluded(population, len(judged), doubt=doubt) for sure, doubt in _CONFIDENCE
        },
    }
