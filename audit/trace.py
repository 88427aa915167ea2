"""The trace key: how a person, and nobody else, finds every entry about her.

Derivations, with HMAC = HMAC-SHA-256 (RFC 2104) and ASCII strings: a share per agency, a tag per
share, day and counter, a commitment per grant. The key reads and never acts.

This file must not read a log: entries are passed in. It must not keep or print a key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from audit.entry import Entry, parse_entry
from audit.errors import AuditError, EntryError

TRACE_KEY_BYTES = 32
SHARE_BYTES = 32
TAG_BYTES = 16
TAGS_A_DAY = 64
"""How many tags a share has a day: k runs from 0 to 63."""

IZIN = "izin"
"""Whose share tags the entries that no agency receives: refusals, failures, grants, decisions."""

_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_SUFFIXES = [b"%d" % k for k in range(TAGS_A_DAY)]
_DAY = re.compile(rb"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BARE = re.compile(r"[A-Za-z0-9_-]{43}")
_QR = re.compile(r"izin-trace:1:([a-z0-9_./-]{1,128}):([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class Found:
    """An entry about the key's owner. agency: whose share its tag is of, or IZIN."""

    index: int
    entry: Entry
    agency: str


def share(trace_key: bytes, agency: str) -> bytes:
    """Return what `agency` gets of the key: it recognises its own entries, and no others."""
    return _hmac(_key(trace_key), b"izin/v1/trace/" + agency.encode())


def tag(share: bytes, day: date, k: int) -> bytes:
    """Return the k-th tag of a share on a UTC day (16 bytes)."""
    if not 0 <= k < TAGS_A_DAY:
        raise AuditError("a day has tags 0 to 63")
    return _hmac(share, b"%s/%d" % (day.isoformat().encode(), k))[:TAG_BYTES]


def gid(trace_key: bytes, n: int) -> bytes:
    """Return the secret name of the person's n-th grant; it is never logged."""
    if n < 0:
        raise AuditError("grants are numbered from 0")
    return _hmac(_key(trace_key), b"izin/v1/grant/%d" % n)


def given_commitment(gid: bytes) -> bytes:
    """Return `g`, which says in the log that the grant was given."""
    return sha256(b"izin/v1/given/" + gid).digest()


def withdrawn_commitment(gid: bytes) -> bytes:
    """Return `w`, which says in the log that the grant was withdrawn."""
    return sha256(b"izin/v1/withdrawn/" + gid).digest()


def share_commitment(gid: bytes, share: bytes, agency: str) -> bytes:
    """Return the member of `traces` that ties an agency's share to a grant (16 bytes)."""
    return sha256(b"izin/v1/share/" + gid + share + agency.encode()).digest()[:TAG_BYTES]


def share_pin(share: bytes) -> bytes:
    """Return what an agency keeps of a share: SHA-256, from which no tag can be made."""
    return sha256(share).digest()


def reader_token(trace_key: bytes) -> str:
    """Return the token with which a person reads entries younger than a day (base64url)."""
    return _base64url(_hmac(_key(trace_key), b"izin/v1/reader"))


def format_trace_key(origin: str, trace_key: bytes) -> str:
    """Return the text of the receipt's secret QR code."""
    text = f"izin-trace:1:{origin}:{_base64url(_key(trace_key))}"
    if not _QR.fullmatch(text):
        raise AuditError("an origin is a name without scheme and port")
    return text


def parse_trace_key(text: str) -> tuple[str, bytes]:
    """Return origin and key of a receipt's QR text, or raise AuditError (which repeats neither)."""
    match = _QR.fullmatch(text)
    if match is None:
        raise AuditError("not a trace key")
    return match[1], parse_bare_key(match[2])


def parse_bare_key(text: str) -> bytes:
    """Return the key that `text` alone is (base64url), or raise AuditError without repeating it."""
    if not _BARE.fullmatch(text):
        raise AuditError("not a trace key")
    try:
        key = base64.urlsafe_b64decode(text + "=")
    except binascii.Error as exc:
        raise AuditError("not a trace key") from exc
    if _base64url(key) != text:  # the last character has bits to spare
        raise AuditError("not a trace key")
    return key


def day_tags(trace_key: bytes, agencies: Iterable[str], day: date) -> dict[bytes, str]:
    """Return every tag that the key's owner can have on `day`, and whose share made it.

    Tags in hex, as entries hold them.
    """
    return _tags(_pads(trace_key, agencies), day.isoformat().encode())


def find(entries: Iterable[bytes], trace_key: bytes, agencies: Collection[str]) -> list[Found]:
    """Return the entries about the key's owner, in the log's order.

    entries: *all* of a log, from index 0, whose truth somebody has verified; empty ones were
        pruned, and are not searched.
    agencies: every agency that the log's grants ever named.

    A tag counts only on the day it is for: the candidates are made a day at a time, so an entry
    that carries yesterday's tag is not hers. Entries are searched, not parsed, as canonical JSON
    has each member at one spelling and no string of ours holds a quotation mark; what is found
    is parsed.
    """
    pads = _pads(trace_key, agencies)
    days: dict[bytes, dict[bytes, str]] = {}
    today = b""
    candidates: dict[bytes, str] = {}
    found: list[Found] = []
    for index, raw in enumerate(entries):
        if not raw:
            continue
        start = raw.find(b'"at":"')
        day = raw[start + 6 : start + 16]
        if start < 0 or day != today:
            if start < 0 or not _DAY.fullmatch(day):
                raise EntryError(f"entry {index} has no day")
            if day not in days:
                _check_day(day, index)
                days[day] = _tags(pads, day)
            today, candidates = day, days[day]
        start = raw.rfind(b'"tag":"')  # near the end, as members are sorted
        agency = candidates.get(raw[start + 7 : start + 39]) if start >= 0 else None
        if agency is not None:
            found.append(Found(index, parse_entry(raw), agency))
    return found


def _check_day(day: bytes, index: int) -> None:
    try:
        date.fromisoformat(day.decode())
    except ValueError as exc:
        raise EntryError(f"entry {index} has no day") from exc


def _pads(trace_key: bytes, agencies: Iterable[str]) -> list[tuple[str, bytes, bytes]]:
    """Return each share as the two blocks that HMAC begins with (RFC 2104 section 2)."""
    pads: list[tuple[str, bytes, bytes]] = []
    for agency in (*agencies, IZIN):
        block = share(trace_key, agency).ljust(64, b"\0")
        pads.append((agency, block.translate(_INNER), block.translate(_OUTER)))
    return pads


def _tags(pads: Iterable[tuple[str, bytes, bytes]], day: bytes) -> dict[bytes, str]:
    """Return what `tag` gives for each share and k, at twice its speed; the tests compare."""
    tags: dict[bytes, str] = {}
    for agency, inner, outer in pads:
        first = inner + day + b"/"
        for suffix in _SUFFIXES:
            found = sha256(outer + sha256(first + suffix).digest()).hexdigest()
            tags[found[: 2 * TAG_BYTES].encode()] = agency
    return tags


def _hmac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _key(trace_key: bytes) -> bytes:
    if len(trace_key) != TRACE_KEY_BYTES:
        raise AuditError("a trace key has 32 bytes")
    return trace_key


def _base64url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
