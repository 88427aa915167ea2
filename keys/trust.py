"""The trust file: whose keys a gateway or programme believes, made from the paper agreement.

Pure: text in, values out, and back. Nothing that arrives over the wire ever changes it; a working
key counts only with a statement by a root key that stands here. Members are exact: a misspelt
one would otherwise be trust that silently is not there.

The log's verification key and the witnesses' policy are kept as text; the log's own package
reads them.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from keys import base64url
from keys.errors import KeysError
from keys.sign_in_trust import (
    LoginProvider,
    PasskeySite,
    login_lines,
    read_logins,
    read_site,
    site_lines,
)
from keys.signing import VerifyKey

VERSION = 1
_ID = re.compile(r"[a-z0-9_.-]{1,64}", re.ASCII)
_ORIGIN = re.compile(r"[a-z0-9][a-z0-9._/-]{0,252}", re.ASCII)
_URL = re.compile(r"https?://[!#-\[\]-~]{1,2000}", re.ASCII)
_VKEY = re.compile(r"[!#-*,-\[\]-~]+\+[0-9a-f]{8}\+[A-Za-z0-9+/=]+", re.ASCII)
_QUORUM = re.compile(r"[\n\t -~]*", re.ASCII)
_ROOT = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MAX_CONSENT_KEYS = 16
_MAX_EARLIER_KEYS = 16


@dataclass(frozen=True)
class BrokerTrust:
    """What is believed of the broker.

    origin: the log's name. log_vkey: its C2SP verification key, as text. log_url: where its
    tiles are. consent_keys: who may sign a grant's parts. root: vouches for working keys.
    earlier_log_keys: keys of the log that `log_vkey` replaced. continues: the log that this one
    goes on for, whose memory is carried over; None for a log that began itself.
    """

    origin: str
    log_vkey: str
    log_url: str
    consent_keys: tuple[VerifyKey, ...]
    root: VerifyKey
    earlier_log_keys: tuple[EarlierLogKey, ...] = ()
    continues: ContinuedLog | None = None


@dataclass(frozen=True)
class EarlierLogKey:
    """A key that the log signed with before, and the size of the log up to which it counts.

    last_size: None while it still signs beside the newer one.
    """

    vkey: str
    last_size: int | None = None


@dataclass(frozen=True)
class ContinuedLog:
    """The last checkpoint of the log before. root: hex."""

    origin: str
    size: int
    root: str


@dataclass(frozen=True)
class TrustFile:
    """All that is believed: the broker, the root key of every counterparty, the witnesses.

    quorum: C2SP tlog-policy text, empty as long as there is no witness. passkeys: the site whose
    passkeys count as evidence, None = none does. logins: the providers whose ID tokens do, by
    issuer.
    """

    broker: BrokerTrust
    programmes: Mapping[str, VerifyKey]
    agencies: Mapping[str, VerifyKey]
    quorum: str = ""
    passkeys: PasskeySite | None = None
    logins: Mapping[str, LoginProvider] = field(default_factory=dict)


def parse(text: str) -> TrustFile:
    """Return the trust file in a TOML text; raises KeysError, naming the member or line."""
    try:
        document = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, ValueError) as exc:
        raise KeysError(f"trust file: not TOML: {exc}") from exc
    except RecursionError:
        raise KeysError("trust file: nested too deeply") from None
    optional = {"quorum", "passkeys", "logins"}
    _exact(document, "", {"version", "broker", "programmes", "agencies"}, optional)
    version = document["version"]
    if isinstance(version, bool) or version != VERSION or not isinstance(version, int):
        raise _error("version", f"must be {VERSION}")
    trust = TrustFile(
        broker=_broker(_table(document, "broker")),
        programmes=_roots(_table(document, "programmes"), "programmes"),
        agencies=_roots(_table(document, "agencies"), "agencies"),
        quorum=_match(document.get("quorum", ""), "quorum", _QUORUM, "printable ASCII text"),
        passkeys=read_site(document["passkeys"]) if "passkeys" in document else None,
        logins=read_logins(document.get("logins", {})),
    )
    _check_apart(trust)
    return trust


def format(trust: TrustFile) -> str:  # noqa: A001 (the pair of parse, read as trust.format)
    """Return the text of a trust file; `parse` reads the same values back."""
    broker = trust.broker
    consent = ", ".join(f'"{_key_text(key)}"' for key in broker.consent_keys)
    lines = [f"version = {VERSION}"]
    if trust.quorum:
        escaped = trust.quorum.replace("\\", "\\\\").replace('"', '\\"')
        lines += [f'quorum = """\n{escaped}"""']
    lines += [
        "",
        "[broker]",
        f'origin = "{broker.origin}"',
        f'log_vkey = "{broker.log_vkey}"',
        f'log_url = "{broker.log_url}"',
        f"consent_keys = [{consent}]",
        f'root = "{_key_text(broker.root)}"',
    ]
    if broker.earlier_log_keys:
        earlier = ",\n".join(f"  {_earlier_text(one)}" for one in broker.earlier_log_keys)
        lines += [f"earlier_log_keys = [\n{earlier},\n]"]
    if broker.continues is not None:
        old = broker.continues
        members = f'origin = "{old.origin}", size = {old.size}, root = "{old.root}"'
        lines += [f"continues = {{ {members} }}"]
    for name, roots in (("programmes", trust.programmes), ("agencies", trust.agencies)):
        lines += ["", f"[{name}]"]
        lines += [f'"{owner}" = "{_key_text(key)}"' for owner, key in sorted(roots.items())]
    lines += [*site_lines(trust.passkeys), *login_lines(trust.logins)]
    text = "\n".join(lines) + "\n"
    # Values reach the text unescaped but for `quorum`: reading it back shows one that would
    # have changed the file's meaning.
    if parse(text) != trust:
        raise KeysError("trust file: a value cannot be written")
    return text


def _broker(table: Mapping[str, object]) -> BrokerTrust:
    _exact(
        table,
        "broker.",
        {"origin", "log_vkey", "log_url", "consent_keys", "root"},
        {"earlier_log_keys", "continues"},
    )
    origin = _match(table["origin"], "broker.origin", _ORIGIN, "a name without scheme and port")
    log_vkey = _vkey(table["log_vkey"], "broker.log_vkey", origin)
    keys = table["consent_keys"]
    if not isinstance(keys, list) or not 1 <= len(keys) <= _MAX_CONSENT_KEYS:
        raise _error("broker.consent_keys", f"must be a list of 1 to {_MAX_CONSENT_KEYS} keys")
    consent_keys = tuple(_key(key, f"broker.consent_keys[{i}]") for i, key in enumerate(keys))
    if len(set(consent_keys)) != len(consent_keys):
        raise _error("broker.consent_keys", "names a key twice")
    return BrokerTrust(
        origin=origin,
        log_vkey=log_vkey,
        log_url=_match(table["log_url"], "broker.log_url", _URL, "an http or https URL"),
        consent_keys=consent_keys,
        root=_key(table["root"], "broker.root"),
        earlier_log_keys=_earlier(table.get("earlier_log_keys", []), log_vkey, origin),
        continues=_continued(table["continues"], origin) if "continues" in table else None,
    )


def _continued(value: object, origin: str) -> ContinuedLog:
    name = "broker.continues"
    if not isinstance(value, dict):
        raise _error(name, "must be a table: { origin = ..., size = ..., root = ... }")
    _exact(value, f"{name}.", {"origin", "size", "root"}, set())
    size = value["size"]
    if type(size) is not int or not 1 <= size < 2**63:
        raise _error(f"{name}.size", "must be a size of the log")
    old = _match(value["origin"], f"{name}.origin", _ORIGIN, "a name without scheme and port")
    if old == origin:
        raise _error(f"{name}.origin", "is the log itself")
    return ContinuedLog(old, size, _match(value["root"], f"{name}.root", _ROOT, "a root in hex"))


def _vkey(value: object, name: str, origin: str) -> str:
    vkey = _match(value, name, _VKEY, "a C2SP verification key")
    if vkey.partition("+")[0] != origin:
        raise _error(name, "must carry the name in broker.origin")
    return vkey


def _earlier(value: object, newest: str, origin: str) -> tuple[EarlierLogKey, ...]:
    if not isinstance(value, list) or len(value) > _MAX_EARLIER_KEYS:
        raise _error("broker.earlier_log_keys", f"must be a list of up to {_MAX_EARLIER_KEYS}")
    keys = []
    for number, table in enumerate(value):
        name = f"broker.earlier_log_keys[{number}]"
        if not isinstance(table, dict):
            raise _error(name, "must be a table: { vkey = ..., last_size = ... }")
        _exact(table, f"{name}.", {"vkey"}, {"last_size"})
        last_size = table.get("last_size")
        if last_size is not None and (type(last_size) is not int or not 0 <= last_size < 2**63):
            raise _error(f"{name}.last_size", "must be a size of the log")
        keys.append(EarlierLogKey(_vkey(table["vkey"], f"{name}.vkey", origin), last_size))
    if len({newest, *(one.vkey for one in keys)}) != len(keys) + 1:
        raise _error("broker.earlier_log_keys", "names a key twice")
    return tuple(keys)


def _earlier_text(key: EarlierLogKey) -> str:
    size = "" if key.last_size is None else f", last_size = {key.last_size}"
    return f'{{ vkey = "{key.vkey}"{size} }}'


def _roots(table: Mapping[str, object], name: str) -> Mapping[str, VerifyKey]:
    roots = {}
    for owner, key in table.items():
        if not _ID.fullmatch(owner):
            raise _error(f"{name}.{owner!r}", "is not an id")
        roots[owner] = _key(key, f"{name}.{owner}")
    return MappingProxyType(roots)


def _check_apart(trust: TrustFile) -> None:
    # A broker that vouches for a programme's answer key reads the answers; one that vouches for
    # an agency's keys writes them. (A ministry may be a programme and an agency: statements
    # name their owner.)
    ours = {trust.broker.root, *trust.broker.consent_keys}
    for name, roots in (("programmes", trust.programmes), ("agencies", trust.agencies)):
        for owner, key in roots.items():
            if key in ours:
                raise _error(f"{name}.{owner}", "is a key of the broker")


def _exact(
    table: Mapping[str, object], prefix: str, required: set[str], optional: set[str]
) -> None:
    for name in sorted(required - set(table)):
        raise _error(f"{prefix}{name}", "is missing")
    for name in sorted(set(table) - required - optional):
        raise _error(f"{prefix}{name!r}", "is not a member of a trust file")


def _table(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = document[name]
    if not isinstance(value, dict):
        raise _error(name, "must be a table")
    return value


def _match(value: object, name: str, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _error(name, f"must be {what}")
    return value


def _key(value: object, name: str) -> VerifyKey:
    if not isinstance(value, str):
        raise _error(name, "must be a public Ed25519 key (43 characters of base64url)")
    try:
        return VerifyKey(base64url.decode(value))
    except KeysError as exc:
        raise _error(name, "must be a public Ed25519 key (43 characters of base64url)") from exc


def _key_text(key: VerifyKey) -> str:
    return base64url.encode(key.raw)


def _error(member: str, what: str) -> KeysError:
    return KeysError(f"trust file: {member} {what}")
