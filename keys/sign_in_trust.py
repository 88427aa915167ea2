"""What a trust file says about how people sign in: the passkeys' site, the login providers.

Pure. Both are part of the paper agreement: a broker that could name the site or a provider's keys
itself could make evidence of consent for anybody.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from keys.errors import KeysError

_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_ADDRESS = re.compile(r"[0-9.]+")
_ORIGIN = re.compile(r"https?://[a-z0-9.-]{1,253}(:[0-9]{1,5})?", re.ASCII)
_ISSUER = re.compile(r"https?://[!#-\[\]-~]{1,500}", re.ASCII)
_NAME = re.compile(r"[!#-\[\]-~]{1,200}", re.ASCII)
_LONG = re.compile(r"[!#-\[\]-~]{1,2000}", re.ASCII)
_MOST_PROVIDERS: Final = 8
_MOST_KEYS: Final = 16
_JWK_MEMBERS: Final[Mapping[str, frozenset[str]]] = {
    "RSA": frozenset({"n", "e"}),
    "EC": frozenset({"crv", "x", "y"}),
}
_JWK_EXTRA: Final = frozenset({"kty", "kid", "alg", "use"})


@dataclass(frozen=True)
class PasskeySite:
    """The one site whose passkeys count. origin: as browsers write it; rp_id: its host's name."""

    rp_id: str
    origin: str


@dataclass(frozen=True)
class LoginProvider:
    """An OpenID provider whose ID tokens count.

    client_id: the broker's at the provider. claim: the claim that holds the NIK. jwks: the
    provider's public keys (JWKs), old ones too as long as grants rest on them.
    """

    issuer: str
    client_id: str
    claim: str
    jwks: tuple[Mapping[str, str], ...] = field(repr=False)


def site_of(origin: str) -> PasskeySite | None:
    """Return the site of an origin; None where browsers know no passkeys: an IP, or plain http."""
    parts = urlsplit(origin)
    host = parts.hostname or ""
    if not _HOST.fullmatch(host) or _ADDRESS.fullmatch(host):
        return None
    if parts.scheme != "https" and host != "localhost":
        return None
    return PasskeySite(host, f"{parts.scheme}://{parts.netloc}".lower())


def read_site(value: object) -> PasskeySite:
    """Return the site of a trust file's table; raises KeysError, naming the member."""
    table = _table(value, "passkeys", {"rp_id", "origin"})
    origin = _text(
        table["origin"], "passkeys.origin", _ORIGIN, "an origin such as https://x.example"
    )
    rp_id = _text(table["rp_id"], "passkeys.rp_id", _HOST, "the name of a host")
    host = urlsplit(origin).hostname or ""
    # What browsers demand: a name above the host would let other sites of the domain answer.
    if site_of(origin) is None or rp_id != host:
        raise _error("passkeys.rp_id", "must be the host of passkeys.origin, over https")
    return PasskeySite(rp_id, origin)


def read_logins(value: object) -> Mapping[str, LoginProvider]:
    """Return the providers of a trust file's table by issuer; raises KeysError."""
    if not isinstance(value, dict) or len(value) > _MOST_PROVIDERS:
        raise _error("logins", f"must be a table of at most {_MOST_PROVIDERS} providers")
    found = {}
    for issuer, each in value.items():
        name = f"logins.{issuer!r}"
        _text(issuer, name, _ISSUER, "named by its issuer, a URL")
        table = _table(each, name, {"client_id", "claim", "jwks"})
        jwks = table["jwks"]
        if not isinstance(jwks, list) or not 1 <= len(jwks) <= _MOST_KEYS:
            raise _error(f"{name}.jwks", f"must be a list of 1 to {_MOST_KEYS} public keys")
        found[issuer] = LoginProvider(
            issuer,
            _text(table["client_id"], f"{name}.client_id", _NAME, "printable ASCII"),
            _text(table["claim"], f"{name}.claim", _NAME, "printable ASCII"),
            tuple(read_login_key(key, f"{name}.jwks[{i}]") for i, key in enumerate(jwks)),
        )
    return MappingProxyType(found)


def read_login_key(value: object, name: str) -> Mapping[str, str]:
    """Return a provider's public key: RSA or EC, no secret member, no member of another kind."""
    if not isinstance(value, dict):
        raise _error(name, "must be a public key (JWK)")
    needed = _JWK_MEMBERS.get(str(value.get("kty")))
    # A symmetric key in this place would let whoever reads the file sign as the provider.
    if needed is None or not needed <= value.keys() <= needed | _JWK_EXTRA:
        raise _error(name, "must be a public RSA or EC key (JWK), with no other members")
    return MappingProxyType(
        {each: _text(text, f"{name}.{each}", _LONG, "text") for each, text in value.items()}
    )


def site_lines(site: PasskeySite | None) -> list[str]:
    """Return the site as lines of a trust file."""
    if site is None:
        return []
    return ["", "[passkeys]", f'rp_id = "{site.rp_id}"', f'origin = "{site.origin}"']


def login_lines(logins: Mapping[str, LoginProvider]) -> list[str]:
    """Return the providers as lines of a trust file."""
    lines = []
    for issuer, each in sorted(logins.items()):
        keys = [
            "{" + ", ".join(f'{name} = "{text}"' for name, text in sorted(key.items())) + "}"
            for key in each.jwks
        ]
        lines += ["", f'[logins."{issuer}"]', f'client_id = "{each.client_id}"']
        lines += [f'claim = "{each.claim}"', "jwks = [", *(f"  {key}," for key in keys), "]"]
    return lines


def _table(value: object, name: str, members: set[str]) -> Mapping[str, object]:
    if not isinstance(value, dict) or value.keys() != members:
        raise _error(name, f"must be a table of exactly {', '.join(sorted(members))}")
    return value


def _text(value: object, name: str, pattern: re.Pattern[str], what: str) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _error(name, f"must be {what}")
    return value


def _error(member: str, what: str) -> KeysError:
    return KeysError(f"trust file: {member} {what}")


def login_keys(jwks: object) -> tuple[Mapping[str, str], ...]:
    """Return the keys of a provider's JWKS document that can verify an ID token.

    Members and keys that this version has no use for are left out. Raises KeysError where none
    is left.
    """
    listed = jwks.get("keys") if isinstance(jwks, dict) else None
    found = []
    for key in listed if isinstance(listed, list) else []:
        if not isinstance(key, dict) or key.get("use", "sig") != "sig":
            continue
        wanted = _JWK_MEMBERS.get(str(key.get("kty")), frozenset()) | _JWK_EXTRA
        try:
            found.append(
                read_login_key({name: key[name] for name in wanted if name in key}, "jwks")
            )
        except KeysError:
            continue
    if not found:
        raise _error("jwks", "holds no RSA or EC key that verifies signatures")
    return tuple(found[:_MOST_KEYS])
