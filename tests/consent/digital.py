"""Digital receipts of an invented person's grants, and what is needed to change and sign them."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from typing import Any

from audit.canonical import encode
from consent.digital_receipt import RECEIPT_TYP
from consent.errors import DigitalReceiptError
from consent.grants import GrantRecord
from consent.notice import write_notice
from consent.receipt_check import CheckedDigitalReceipt, check_digital_receipt
from consent.receipt_schema import schema
from consent.receipts import Receipts
from keys import base64url
from keys.jws import sign_compact
from keys.signing import SigningKey, VerifyKey
from policies.ask import Request
from tests.consent.world import CLIENT, REQUEST, World, counted_random

ISSUER = "https://izin.example"
SCHEMA = schema()
OTHER_KEY = SigningKey.from_seed(bytes([6]) * 32)


def receipts_of(world: World) -> Receipts:
    """Return what hands out receipts of a world."""
    return Receipts.open(
        ISSUER,
        world.engine,
        world.log,
        world.consent_key,
        clock=world.clock,
        random=counted_random(70_000_000),
    )


def consent(
    world: World,
    person_id: str,
    allowed: Collection[int] = (0, 1),
    request: Request = REQUEST,
    lang: str = "id",
) -> GrantRecord:
    """Give a grant as the pages do: with the digest of the words of now."""
    digest = write_notice(request, world.policy).digest
    return world.grants.give(person_id, CLIENT, request, allowed, digest, lang)


def issued(world: World, record: GrantRecord) -> str:
    """Return a grant's receipt."""
    text = receipts_of(world).issue(record)
    assert text is not None
    return text


def members(text: str) -> Any:
    """Return what a receipt says, unchecked."""
    return json.loads(base64url.decode(text.split(".")[1]))


def signed(document: Any, key: SigningKey) -> str:
    """Return any members as a receipt that `key` signed."""
    return sign_compact(encode(document), key, typ=RECEIPT_TYP)


def changed(text: str, change: Callable[[Any], object], key: SigningKey) -> str:
    """Return a receipt with something changed, signed again by `key`: a server that lies."""
    document = members(text)
    change(document)
    return signed(document, key)


def check(
    world: World, text: str, *, keys: Collection[VerifyKey] | None = None
) -> CheckedDigitalReceipt:
    """Check a receipt as somebody who trusts the world's consent key."""
    trusted = (world.consent_key.public,) if keys is None else keys
    return check_digital_receipt(text, world.verifier, schema=SCHEMA, keys=trusted)


def step(world: World, text: str, *, keys: Collection[VerifyKey] | None = None) -> str:
    """Return the step at which the check ends, or `ok`."""
    try:
        check(world, text, keys=keys)
    except DigitalReceiptError as error:
        return error.step
    return "ok"
