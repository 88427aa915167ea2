"""Evidence in one file: chosen entries of a log with all that shows that they stand in it.

Made for a court, a newspaper, an ombudsman: whoever has the log's verifier key checks it without a
network and without Izin. Byte by byte: docs/formats/bundle.md.

Pure. The text that the broker published about its questions travels along and is marked as what
it is: nothing signs it.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from audit.canonical import Json, JsonInput, encode, parse
from audit.checkpoint import Checkpoint, parse_checkpoint
from audit.encoding import decode_base64
from audit.entry import Entry, parse_entry
from audit.errors import AuditError, BundleError, EntryError, NoteError, ProofError
from audit.merkle import HASH_BYTES, check_inclusion, leaf_hash
from audit.note import GoodSignature, Verifier, open_note, parse_vkey
from audit.proof import MAX_HASHES

FILE, FORM, CHECKPOINT, ENTRIES, HISTORY, CATALOGUE = STEPS = (
    "file",
    "form",
    "checkpoint",
    "entries",
    "history",
    "catalogue",
)
"""The steps' names, in the order of their numbers (docs/formats/bundle.md)."""

_HEAD: Final = b"izin-bundle:1:"
_NEEDED: Final = {"v", "checkpoint", "entries", "history", "vkey"}
_HISTORY_KINDS: Final = ("key.added", "key.retired", "policy.changed")
_QUESTION: Final = {"agency", "question", "params", "text", "not_shared", "least_evidence"}


def is_bundle(start: bytes) -> bool:
    """Whether a file that begins with `start` is evidence in one file."""
    return start.startswith(_HEAD)


@dataclass(frozen=True)
class ProvenEntry:
    """An entry with its audit path, 32 bytes each, under the bundle's checkpoint."""

    index: int
    raw: bytes
    path: tuple[bytes, ...]


@dataclass(frozen=True)
class Bundle:
    """What the file says; nothing in it is checked yet.

    checkpoint: a signed note, cosigned or not. vkey: the key that its maker names. history:
    entries about keys and policy. catalogue: {policy, questions} as the broker published them.
    """

    checkpoint: str
    vkey: str
    entries: tuple[ProvenEntry, ...]
    history: tuple[ProvenEntry, ...] = ()
    catalogue: Mapping[str, JsonInput] | None = None


@dataclass(frozen=True)
class CheckedBundle:
    """A bundle that holds. policy_index: of the newest entry that names the catalogue's policy."""

    checkpoint: Checkpoint
    signatures: tuple[GoodSignature, ...]
    entries: tuple[tuple[int, Entry], ...]
    history: tuple[tuple[int, Entry], ...]
    catalogue: Mapping[str, JsonInput] | None
    policy_index: int | None


def format_bundle_file(bundle: Bundle) -> bytes:
    """Return the file's bytes."""
    members: dict[str, JsonInput] = {
        "v": 1,
        "checkpoint": bundle.checkpoint,
        "vkey": bundle.vkey,
        "entries": [_members(each) for each in bundle.entries],
        "history": [_members(each) for each in bundle.history],
    }
    if bundle.catalogue is not None:
        members["catalogue"] = bundle.catalogue
    body = encode(members)
    return _HEAD + sha256(body).hexdigest().encode() + b"\n" + body


def parse_bundle_file(raw: bytes) -> Bundle:
    """Return what the file says, or raise BundleError (steps 1 and 2)."""
    head, _, body = raw.partition(b"\n")
    # The sum finds accidents in what no signature covers; whoever changes a file on purpose writes
    # another sum, and then has only such text to change.
    if head != _HEAD + sha256(body).hexdigest().encode():
        raise BundleError(FILE, None, "not a bundle, or one that was changed or cut off")
    try:
        members = parse(body)
    except AuditError as error:
        raise BundleError(FORM, None, "its content is not canonical JSON") from error
    if not _NEEDED <= members.keys() <= _NEEDED | {"catalogue"} or members["v"] != 1:
        raise BundleError(FORM, None, "its members are not those of a bundle")
    checkpoint, vkey, catalogue = members["checkpoint"], members["vkey"], members.get("catalogue")
    if not isinstance(checkpoint, str) or not isinstance(vkey, str):
        raise BundleError(FORM, None, "its checkpoint and vkey are not texts")
    if catalogue is not None and not isinstance(catalogue, dict):
        raise BundleError(FORM, None, "its catalogue is not an object")
    entries = _proven(members["entries"])
    if not entries:
        raise BundleError(FORM, None, "it holds no entry")
    return Bundle(checkpoint, vkey, entries, _proven(members["history"]), catalogue)


def check_bundle(
    raw: bytes, verifier: Verifier, *, witnesses: Sequence[Verifier] = ()
) -> CheckedBundle:
    """Return what a bundle proves, or raise BundleError with the step and the entry's number.

    verifier: the log's key, obtained elsewhere. witnesses: keys that must each have cosigned.
    """
    bundle = parse_bundle_file(raw)  # 1, 2
    checkpoint, signatures = _opened(bundle, verifier, witnesses)  # 3
    entries = tuple(_checked(each, checkpoint, ENTRIES) for each in bundle.entries)  # 4
    history = tuple(_checked(each, checkpoint, HISTORY) for each in bundle.history)  # 5
    for index, entry in history:
        if entry.kind not in _HISTORY_KINDS:
            raise BundleError(HISTORY, index, "an entry that is about neither a key nor the policy")
    policy_index = None
    if bundle.catalogue is not None:
        _check_catalogue(bundle.catalogue, [entry for _, entry in entries])  # 6
        policy_index = _policy_index(history, bundle.catalogue["policy"])
    return CheckedBundle(checkpoint, signatures, entries, history, bundle.catalogue, policy_index)


def catalogue_of(
    published: Mapping[str, Json], entries: Sequence[Entry]
) -> dict[str, JsonInput] | None:
    """Return of a published catalogue what the entries name; None where that is nothing."""
    questions = published.get("questions")
    policy = published.get("policy")
    if not isinstance(questions, list) or not isinstance(policy, str):
        raise AuditError("the catalogue is not one that a broker publishes")
    asked = _asked(entries)
    chosen = [
        each
        for each in questions
        if isinstance(each, dict) and (each.get("agency"), each.get("question")) in asked
    ]
    return {"policy": policy, "questions": chosen} if chosen else None


def is_history(entry: Entry, *, origin: str, entries: Sequence[Entry]) -> bool:
    """Whether `entry` belongs to a bundle's history: keys of whom its entries name, the policy."""
    if entry.kind == "policy.changed":
        return True
    named = {origin}
    for each in entries:
        named |= {
            str(each.members[name]) for name in ("agency", "programme") if name in each.members
        }
    return entry.kind in _HISTORY_KINDS and entry.members["owner"] in named


def _opened(
    bundle: Bundle, verifier: Verifier, witnesses: Sequence[Verifier]
) -> tuple[Checkpoint, tuple[GoodSignature, ...]]:
    try:
        opened = open_note(bundle.checkpoint, (verifier, *witnesses))
        checkpoint = parse_checkpoint(opened.text)
    except NoteError as error:
        raise BundleError(CHECKPOINT, None, str(error)) from error
    signed = {(each.name, each.key_id) for each in opened.signatures}
    for key in (verifier, *witnesses):
        if (key.name, key.key_id) not in signed:
            raise BundleError(CHECKPOINT, None, f"not signed by {key.name}")
    if checkpoint.origin != verifier.name:
        raise BundleError(CHECKPOINT, None, "a checkpoint of another origin")
    try:
        named = parse_vkey(bundle.vkey)
    except NoteError as error:
        raise BundleError(CHECKPOINT, None, "the key that the bundle names is none") from error
    if named != verifier:
        raise BundleError(CHECKPOINT, None, "the bundle names another log's key")
    return checkpoint, opened.signatures


def _checked(proven: ProvenEntry, checkpoint: Checkpoint, step: str) -> tuple[int, Entry]:
    try:
        entry = parse_entry(proven.raw)
        leaf = leaf_hash(proven.raw)
        check_inclusion(proven.path, proven.index, checkpoint.size, leaf, checkpoint.root)
    except (EntryError, ProofError) as error:
        raise BundleError(step, proven.index, str(error)) from error
    return proven.index, entry


def _check_catalogue(catalogue: Mapping[str, JsonInput], entries: Sequence[Entry]) -> None:
    questions = catalogue.get("questions")
    if catalogue.keys() != {"policy", "questions"} or not isinstance(questions, list):
        raise BundleError(CATALOGUE, None, "its catalogue is not one that a broker publishes")
    if not isinstance(catalogue["policy"], str):
        raise BundleError(CATALOGUE, None, "its catalogue names no policy")
    asked = _asked(entries)
    seen: set[tuple[object, object]] = set()
    for each in questions:
        if not isinstance(each, dict) or each.keys() != _QUESTION:
            raise BundleError(CATALOGUE, None, "a question is not one that a broker publishes")
        named = (each["agency"], each["question"])
        if named not in asked or named in seen:
            raise BundleError(CATALOGUE, None, "a question that no entry asks, or one twice")
        seen.add(named)


def _policy_index(history: Sequence[tuple[int, Entry]], policy: object) -> int | None:
    found = [
        index
        for index, entry in history
        if entry.kind == "policy.changed" and entry.members["policy"] == policy
    ]
    return found[-1] if found else None


def _asked(entries: Sequence[Entry]) -> set[tuple[object, object]]:
    asked: set[tuple[object, object]] = set()
    for entry in entries:
        questions = entry.members.get("questions", [])
        if isinstance(questions, list):
            asked |= {(entry.members.get("agency"), str(each)) for each in questions}
    return asked


def _members(proven: ProvenEntry) -> dict[str, JsonInput]:
    return {
        "index": proven.index,
        "entry": proven.raw.decode("utf-8"),
        "path": [base64.b64encode(each).decode() for each in proven.path],
    }


def _proven(value: Json) -> tuple[ProvenEntry, ...]:
    """Return a list of entries as the file holds it: by rising index, each once."""
    if not isinstance(value, list):
        raise BundleError(FORM, None, "its entries are not a list")
    proven = tuple(map(_one, value))
    indexes = [each.index for each in proven]
    if indexes != sorted(set(indexes)):
        raise BundleError(FORM, None, "its entries do not stand in the log's order, each once")
    return proven


def _one(value: Json) -> ProvenEntry:
    if not isinstance(value, dict) or value.keys() != {"index", "entry", "path"}:
        raise BundleError(FORM, None, "an entry's members are not those of a bundle")
    index, entry, path = value["index"], value["entry"], value["path"]
    if type(index) is not int or index < 0 or not isinstance(entry, str):
        raise BundleError(FORM, None, "an entry's index or text is not of its form")
    if not isinstance(path, list) or len(path) > MAX_HASHES:
        raise BundleError(FORM, index, "an entry's path is not a list of hashes")
    try:
        hashes = tuple(decode_base64(each) if isinstance(each, str) else b"" for each in path)
    except NoteError as error:
        raise BundleError(FORM, index, "an entry's path is not a list of hashes") from error
    if any(len(each) != HASH_BYTES for each in hashes):
        raise BundleError(FORM, index, "an entry's path is not a list of hashes")
    return ProvenEntry(index, entry.encode("utf-8"), hashes)
