"""Statements: an owner's root key vouches for one of the owner's working keys.

Pure. Root keys come from the trust file, made from the paper agreement; working keys travel over
the wire and are worth nothing without a statement. That is what keeps the broker, which carries
the messages, from putting a key of its own in the place of a programme's answer key.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from keys import base64url, canonical, jws
from keys.errors import KeysError
from keys.signing import SigningKey, VerifyKey

TYP = "izin-key+jws"
USES = frozenset({"answer", "log", "seal", "sign"})
VERSION = 1
_MEMBERS = {"v", "owner", "use", "thumbprint", "from", "until"}
_OWNER = re.compile(r"[a-z0-9._/-]{1,253}", re.ASCII)
_TIME_LIMIT = 2**53


@dataclass(frozen=True)
class Statement:
    """What a root key says: this working key is `owner`'s, for this use, for this while.

    owner: id of a programme or an agency, or a log's origin.
    use: `sign`, `seal`, `answer`, or `log` (a key that signs checkpoints).
    thumbprint: base64url SHA-256 JWK thumbprint of the working key (43 characters).
    from_, until: integer Unix seconds; the key may be used at from_ <= t < until.
    """

    owner: str
    use: str
    thumbprint: str
    from_: int
    until: int

    def __post_init__(self) -> None:
        if not _OWNER.fullmatch(self.owner):
            raise KeysError("a statement's owner is not an id or origin")
        if self.use not in USES:
            raise KeysError("a statement's use is not one of answer, log, seal, sign")
        if len(base64url.decode(self.thumbprint)) != 32:
            raise KeysError("a statement's thumbprint is not a SHA-256")
        if not 0 <= self.from_ < self.until < _TIME_LIMIT:
            raise KeysError("a statement ends before it begins")


def sign_statement(statement: Statement, root: SigningKey) -> str:
    """Return `statement` as a compact JWS by the owner's root key."""
    return jws.sign_compact(canonical.encode(_members(statement)), root, typ=TYP)


def read_statement(text: str, root: VerifyKey) -> Statement:
    """Return the statement that `root` signed, whatever it says; raises KeysError otherwise."""
    _, payload = jws.verify_compact(text, root, typ=TYP)
    return _from_members(canonical.parse(payload))


def check_statement(
    text: str, root: VerifyKey, *, owner: str, use: str, thumbprint: str, at: int
) -> Statement:
    """Return the statement by which `root` vouches for this key at this time.

    at: integer Unix seconds. Raises KeysError, naming the member that differs.
    """
    statement = read_statement(text, root)
    # Every member is compared: a root key may speak for several owners (one ministry can be
    # a programme and an agency), and a signing key must never pass as a sealing key.
    if statement.owner != owner:
        raise KeysError("the statement is for another owner")
    if statement.use != use:
        raise KeysError("the statement is for another use")
    if statement.thumbprint != thumbprint:
        raise KeysError("the statement is for another key")
    if at < statement.from_:
        raise KeysError("the statement is not valid yet")
    if at >= statement.until:
        raise KeysError("the statement has expired")
    return statement


def _members(statement: Statement) -> dict[str, str | int]:
    return {
        "v": VERSION,
        "owner": statement.owner,
        "use": statement.use,
        "thumbprint": statement.thumbprint,
        "from": statement.from_,
        "until": statement.until,
    }


def _from_members(members: dict[str, object]) -> Statement:
    if set(members) != _MEMBERS:
        raise KeysError(
            "a statement has exactly the members v, owner, use, thumbprint, from, until"
        )
    if _integer(members, "v") != VERSION:
        raise KeysError("a statement of another version")
    return Statement(
        owner=_text(members, "owner"),
        use=_text(members, "use"),
        thumbprint=_text(members, "thumbprint"),
        from_=_integer(members, "from"),
        until=_integer(members, "until"),
    )


def _text(members: dict[str, object], name: str) -> str:
    value = members[name]
    if not isinstance(value, str):
        raise KeysError(f"a statement's {name} is not text")
    return value


def _integer(members: dict[str, object], name: str) -> int:
    value = members[name]
    if not isinstance(value, int) or isinstance(value, bool):
        raise KeysError(f"a statement's {name} is not an integer")
    return value
