"""P3: everything that the broker holds, tried on the answers that went through it.

Database and log, keys opened with its own KEK, every object of the running broker, and all that
came over its wires: none of it opens an answer. The control opens them with the programme's key,
so the search is known to find what is there.
"""

from __future__ import annotations

import base64
import gc
import re
import types
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from sqlalchemy import Engine

from broker.db import open_engine
from broker.envelope import _MOST_SEALED, Message, parse_message
from broker.errors import MessageError
from broker.jwe import Jwe, open_jwe, parse_jwe
from broker.programme.settings import load_files
from broker.wiring import now
from keys.errors import KeysError
from keys.keyring import Keyring
from keys.providers.file import FileKek
from keys.record import wrap_context
from keys.xwing import SealingKey
from tests.attacks import honest
from tests.attacks.rogue import Rogue, Victim

WALL = (types.ModuleType, type, types.FunctionType, types.FrameType, types.CodeType)
BASE64 = re.compile(rb"[A-Za-z0-9_+/-]{43,44}")
TRIED_AT_MOST = 200_000


def _answers(rogue: Rogue, victim: Victim) -> tuple[list[Message], SealingKey]:
    """Have her asked about as usual, and return the sealed answers and the key that opens them."""
    grant = honest.consent(rogue, victim)
    found = honest.ask(rogue, grant)
    assert found.status == "complete"
    messages = [parse_message(item["answer"]) for item in found.items]
    return messages, rogue.stage.identities[grant.programme].answer


def _sealed(message: Message) -> Jwe:
    return parse_jwe(message.jwe, most=_MOST_SEALED)


def _opens(key: SealingKey, sealed: list[Jwe]) -> bool:
    for each in sealed:
        with suppress(MessageError):
            # The key ID is the sender's word: it must not keep the attacker from trying.
            header = replace(each.header, kid=key.thumbprint)
            open_jwe(replace(each, header=header), key)
            return True
    return False


def _reachable(start: object) -> Iterator[object]:
    """Yield every object that can be reached from `start`, as a dump of its memory would show.

    Code, classes and modules are left out: they lead to the whole interpreter, in which, in these
    tests, the programme's keys live as well.
    """
    seen: set[int] = set()
    waiting = [start]
    while waiting:
        one = waiting.pop()
        if id(one) in seen or isinstance(one, WALL):
            continue
        seen.add(id(one))
        yield one
        waiting += gc.get_referents(one)


def _candidates(raw: bytes) -> Iterator[bytes]:
    """Yield every 32 bytes that `raw` might hold as a key: as they are, in base64 and in hex.

    Longer or readable ones are searched for keys in base64 and hex only: our own words are none.
    """
    if len(raw) <= 256 and not raw.isascii():
        for start in range(max(0, len(raw) - 31)):
            yield raw[start : start + 32]
    for found in BASE64.findall(raw):
        with suppress(ValueError):
            yield base64.urlsafe_b64decode(found.replace(b"+", b"-").replace(b"/", b"_") + b"=")[
                :32
            ]
    for found in re.findall(rb"[0-9a-f]{64}", raw):
        yield bytes.fromhex(found.decode())


def _tried(seeds: Iterator[bytes], wanted: str) -> tuple[int, bool]:
    """Try each candidate once; a key is known by its public half, which is quick to compare."""
    tried: set[bytes] = set()
    for seed in seeds:
        if len(seed) != 32 or seed in tried:
            continue
        tried.add(seed)
        assert len(tried) < TRIED_AT_MOST
        with suppress(KeysError):
            if SealingKey.from_seed(seed).thumbprint == wanted:
                return len(tried), True
    return len(tried), False


def _stored(rogue: Rogue) -> Iterator[bytes]:
    """Yield the broker's database, log, files and keys, the last opened with its own KEK."""
    home = Path(rogue.broker.settings.home)
    for path in home.rglob("*"):
        if path.is_file() and path.stat().st_size < 4_096:
            yield path.read_bytes()
    kek = FileKek.open(rogue.broker.settings.kek_path)
    yield from _kept(rogue.broker.engine, kek, rogue.broker.log.origin)


def _kept(engine: Engine, kek: FileKek, owner: str) -> Iterator[bytes]:
    """Yield the secret of every key in a keyring."""
    keyring = Keyring(engine, kek, owner=owner, clock=now)
    for record in keyring.list():
        found = keyring._store.find(owner, record.use, record.kid)
        assert found is not None
        yield kek.unwrap(found[1], wrap_context(record))


def test_the_control_opens_them(rogue: Rogue, victim: Victim) -> None:
    """No attack: with the programme's own key each of them opens."""
    messages, key = _answers(rogue, victim)
    assert all(_opens(key, [_sealed(message)]) for message in messages)


def test_the_control_finds_a_key_that_is_there(rogue: Rogue, victim: Victim) -> None:
    """No attack: the same search in the programme's own keyring and memory finds the key."""
    messages, key = _answers(rogue, victim)
    files = load_files(rogue.stage.home / "portal")
    engine = open_engine(files.database_url)
    secrets = list(_kept(engine, FileKek.open(files.kek_path), victim.invented.programme))
    engine.dispose()
    held = [[{"deep": (b"x" * 11 + secret,)}] for secret in secrets]
    texts = [one for one in _reachable(held) if isinstance(one, bytes)]
    seeds = (seed for raw in texts for seed in _candidates(raw))
    assert _tried(seeds, key.thumbprint)[1]
    assert len(messages) > 1


def test_nothing_that_the_broker_holds_opens_an_answer(rogue: Rogue, victim: Victim) -> None:
    """Would work where the broker makes, keeps or passes on the key to which answers are sealed."""
    messages, key = _answers(rogue, victim)
    sealed = [_sealed(message) for message in messages]
    objects = list(_reachable(rogue.broker))
    assert len(objects) > 1_000
    texts = {_raw(one) for one in objects if isinstance(one, str | bytes | bytearray)}
    seeds = (seed for raw in [*texts, *_stored(rogue)] for seed in _candidates(raw))
    tried, found = _tried(seeds, key.thumbprint)
    assert tried > 50
    assert not found
    for one in objects:
        assert not (isinstance(one, SealingKey) and _opens(one, sealed))


def test_nothing_on_the_wires_opens_an_answer(rogue: Rogue, victim: Victim) -> None:
    """Would work where an answer key, or the content's key, travels with question or answer."""
    before = len(rogue.carried)
    _, key = _answers(rogue, victim)
    traffic = [part for one in rogue.carried[before:] for part in one[1:]]
    assert any(b"ciphertext" in part for part in traffic)
    seeds = (seed for raw in traffic for seed in _candidates(raw))
    _, found = _tried(seeds, key.thumbprint)
    assert not found


def test_no_answer_stands_in_clear_on_the_wires(rogue: Rogue, victim: Victim) -> None:
    """Would work where a gateway says more than the sealed answer."""
    before = len(rogue.carried)
    messages, key = _answers(rogue, victim)
    clear = _opened_texts(messages, key)
    assert any(b'"answer":"' in text for text in clear)
    for url, sent, got in rogue.carried[before:]:
        for part in (url.encode(), sent, got):
            assert b'"answer":"' not in part
            assert victim.nik.encode() not in part


def _raw(one: str | bytes | bytearray) -> bytes:
    return one.encode(errors="replace") if isinstance(one, str) else bytes(one)


def _opened_texts(messages: list[Message], key: SealingKey) -> list[bytes]:
    texts = []
    for message in messages:
        inner = open_jwe(_sealed(message), key)
        payload = inner.split(b".")[1]
        texts.append(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
    return texts
