"""Write Izin's own vectors, for whoever implements its formats in another language.

`python -m tests.vectors.generate`. Everything follows from fixed keys but the messages under
`HPKE-9-KE`, whose encapsulation is drawn inside the library, and the ML-DSA-44 cosignature: what
is stored is kept as long as it opens to what it should say, or holds. Binary values are
lower-case hex unless the format has base64url.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from audit import trace
from audit.checkpoint import format_checkpoint
from audit.cosignature import cosign, format_cosigner_vkey
from audit.errors import NoteError
from audit.mldsa import ML_DSA_44, cosigned_message
from audit.note import format_vkey, open_note, parse_vkey
from broker.asked import question_members
from broker.binding import Cb, Kind, SeenCheckpoint, cb_members, grant_commitment
from broker.envelope import Message, open_message, parse_message, seal_message
from broker.errors import MessageError
from broker.question import Answered, AnswerPayload, QuestionPayload
from consent.parts import part_digest, person_binding
from keys import base64url
from keys.mldsa import CosigningKey, NamedCosigner
from keys.profiles import PROFILES
from tests.vectors import fixed, logged, stronger
from tests.vectors.digital import digital
from tests.vectors.evidence import evidence

FOLDER = Path(__file__).parent
COSIGN_SEED = b"\x2c" * 32
JTI = {
    "question": base64url.encode(b"message-id-00001"),
    "answer": base64url.encode(b"answer-id--00001"),
}


def keys() -> dict[str, Any]:
    """Seeds, public keys, names and a statement."""
    signing = {
        name: {
            "seed": fixed.SEEDS[name].hex(),
            "jwk": key.public.jwk(),
            "kid": key.public.thumbprint,
        }
        for name, key in fixed.SIGNING.items()
    }
    sealing = [
        {
            "name": name,
            "algorithm": algorithm,
            "seed": fixed.SEEDS[name].hex(),
            "jwk": key.public.jwk(),
            "kid": key.thumbprint,
        }
        for (name, algorithm), key in fixed.SEALING.items()
    ]
    return {"signing": signing, "sealing": sealing, "statement": _statements()}


def traces() -> dict[str, Any]:
    """The trace key and all that follows from it."""
    return {
        "trace_key": fixed.TRACE_KEY.hex(),
        "qr": trace.format_trace_key(fixed.ORIGIN, fixed.TRACE_KEY),
        "reader_token": trace.reader_token(fixed.TRACE_KEY),
        "shares": {agency: share.hex() for agency, share in fixed.SHARES.items()},
        "tags": [
            {"agency": agency, "day": fixed.DAY.isoformat(), "k": k, "tag": _tag(agency, k)}
            for agency in fixed.SHARES
            for k in (0, 1, 9, 10, 63)
        ],
        "grants": [
            {
                "n": n,
                "gid": trace.gid(fixed.TRACE_KEY, n).hex(),
                "g": trace.given_commitment(trace.gid(fixed.TRACE_KEY, n)).hex(),
                "w": trace.withdrawn_commitment(trace.gid(fixed.TRACE_KEY, n)).hex(),
                "traces": {
                    agency: trace.share_commitment(
                        trace.gid(fixed.TRACE_KEY, n), fixed.SHARES[agency], agency
                    ).hex()
                    for agency in fixed.QUESTIONS
                },
            }
            for n in (0, fixed.GRANT_NUMBER, 12)
        ],
    }


def grant() -> dict[str, Any]:
    """A grant's parts, their digests, the challenge over them, and evidence."""
    return {
        "nik": fixed.NIK,
        "gid": fixed.GID.hex(),
        "sub": person_binding(fixed.GID, fixed.NIK),
        "parts": {
            agency: {"jws": part, "digest": part_digest(part)}
            for agency, part in fixed.PARTS.items()
        },
        "g": fixed.G,
        "traces": fixed.TRACES,
        "challenge": fixed.CHALLENGE.hex(),
        "evidence": fixed.EVIDENCE,
        "stronger": stronger.stronger(),
    }


def log() -> dict[str, Any]:
    """Entries, leaf hashes, roots, checkpoints and proofs of a small log; `q` and `digest`."""
    size = len(logged.ENTRIES)
    return {
        "origin": fixed.ORIGIN,
        "vkey": format_vkey(fixed.ORIGIN, fixed.SIGNING["log"].public.raw),
        "entries": [entry.decode() for entry in logged.ENTRIES],
        "leaf_hashes": [leaf.hex() for leaf in logged.LEAVES],
        "roots": [logged.checkpoint(each).root.hex() for each in range(size + 1)],
        "checkpoints": {str(each): logged.note(each) for each in (1, logged.SENT + 1, size)},
        "proofs": [
            {"index": index, "size": each, "proof": logged.proof(index, each)}
            for each in (logged.SENT + 1, size)
            for index in range(each)
        ],
        "consistency": [
            {
                "old": old,
                "new": new,
                "hashes": [each.hex() for each in logged.consistency(old, new)],
            }
            for new in (4, size)
            for old in range(1, new)
        ],
        "cosignature": _cosignature(size),
        "q": {
            "salt": logged.SALT.hex(),
            "question_id": logged.QUESTION_ID,
            "gid": fixed.GID.hex(),
            "request_id": logged.REQUEST_ID,
            "subject": fixed.SUBJECT,
            "programme": fixed.PROGRAMME,
            "agency": fixed.AGENCY,
            "purpose": fixed.PURPOSE,
            "questions": question_members(fixed.QUESTIONS[fixed.AGENCY]),
            "q": logged.Q.hex(),
        },
        "digest": {
            "salt": logged.SALT.hex(),
            "opening": logged.OPENING,
            "digest": json.loads(logged.ENTRIES[0])["digest"],
        },
    }


def messages() -> list[dict[str, Any]]:
    """A question and its answer under each algorithm: keys, contents, and a message that opens."""
    stored = {(each["kind"], each["algorithm"]): each["message"] for each in read("messages") or ()}
    return [
        _message(kind, algorithm, stored.get((kind, algorithm)))
        for algorithm in PROFILES
        for kind in ("question", "answer")
    ]


FILES: dict[str, Callable[[], Any]] = {
    "keys": keys,
    "trace": traces,
    "grant": grant,
    "log": log,
    "messages": messages,
    "evidence": evidence,
    "digital": digital,
}


def read(name: str) -> Any:
    """Return what is stored, or None."""
    path = FOLDER / f"{name}.json"
    return json.loads(path.read_text("utf-8")) if path.exists() else None


def _statements() -> dict[str, str]:
    signing = fixed.SIGNING
    made = {
        "broker sign": fixed.statement(
            fixed.ORIGIN, "sign", signing["broker sign"].public.thumbprint, "broker root"
        ),
        "agency sign": fixed.statement(
            fixed.AGENCY, "sign", signing["agency sign"].public.thumbprint, "agency root"
        ),
    }
    for (name, algorithm), key in fixed.SEALING.items():
        owner, use = (
            (fixed.AGENCY, "seal") if name == "agency seal" else (fixed.PROGRAMME, "answer")
        )
        root = "agency root" if owner == fixed.AGENCY else "programme root"
        made[f"{name} {algorithm}"] = fixed.statement(owner, use, key.thumbprint, root)
    return made


def _cosignature(size: int) -> dict[str, Any]:
    """The log's own ML-DSA-44 cosignature: what is signed, and a line that holds."""
    text = format_checkpoint(logged.checkpoint(size))
    signer = NamedCosigner(fixed.ORIGIN, CosigningKey.from_seed(COSIGN_SEED))
    vkey = format_cosigner_vkey(fixed.ORIGIN, signer.public_key, algorithm=ML_DSA_44)
    line = ((read("log") or {}).get("cosignature") or {}).get("line", "")
    try:
        open_note(f"{text}\n{line}", [parse_vkey(vkey)])
    except NoteError:
        line = cosign(text, signer, at=fixed.SECONDS, algorithm=ML_DSA_44)
    return {
        "seed": COSIGN_SEED.hex(),
        "vkey": vkey,
        "kid": signer.key.public.thumbprint,
        "size": size,
        "at": fixed.SECONDS,
        "message": cosigned_message(fixed.ORIGIN, text, fixed.SECONDS).hex(),
        "line": line,
    }


def _tag(agency: str, k: int) -> str:
    return trace.tag(fixed.SHARES[agency], fixed.DAY, k).hex()


def _cb(kind: Kind) -> Cb:
    shown = logged.checkpoint(logged.SENT + 1)
    is_answer = kind == "answer"
    return Cb(
        iss=fixed.AGENCY if is_answer else fixed.ORIGIN,
        aud=fixed.PROGRAMME if is_answer else fixed.AGENCY,
        jti=JTI[kind],
        iat=fixed.SECONDS,
        exp=fixed.SECONDS + 300,
        answer_by=fixed.SECONDS + 300,
        cid=grant_commitment(JTI["question"], fixed.GID),
        ckpt=SeenCheckpoint(1, b"\x44" * 32)
        if is_answer
        else SeenCheckpoint(shown.size, shown.root),
        rj=JTI["question"] if is_answer else None,
    )


def _payload(kind: Kind, algorithm: str) -> dict[str, Any]:
    questions = fixed.QUESTIONS[fixed.AGENCY]
    if kind == "answer":
        return AnswerPayload(
            salt=b"\x32" * 32,
            answers=tuple(
                Answered(each.question, each.params, said)
                for each, said in zip(questions, ("no", "unknown"), strict=True)
            ),
            as_of="2026-11-20",
            request_id=logged.REQUEST_ID,
            subject=fixed.SUBJECT,
            entry=base64url.encode(logged.LEAVES[logged.SENT]),
        ).to_members()
    size = logged.SENT + 1
    return QuestionPayload(
        question_id=logged.QUESTION_ID,
        nik=fixed.NIK,
        gid=fixed.GID,
        share=fixed.SHARES[fixed.AGENCY],
        salt=logged.SALT,
        request_id=logged.REQUEST_ID,
        subject=fixed.SUBJECT,
        programme=fixed.PROGRAMME,
        purpose=fixed.PURPOSE,
        questions=questions,
        grant_entry=logged.ENTRIES[logged.GIVEN].decode(),
        grant_proof=logged.proof(logged.GIVEN, size),
        access_entry=logged.ENTRIES[logged.SENT].decode(),
        access_proof=logged.proof(logged.SENT, size),
        part=fixed.PARTS[fixed.AGENCY],
        others=(part_digest(fixed.PARTS[fixed.OTHER_AGENCY]),),
        evidence=fixed.EVIDENCE,
        answer_key=fixed.SEALING["programme answer", algorithm].public.jwk(),
        answer_key_statement=_statements()[f"programme answer {algorithm}"],
    ).to_members()


def _message(kind: Kind, algorithm: str, stored: Any) -> dict[str, Any]:
    recipient = "programme answer" if kind == "answer" else "agency seal"
    sender = "agency" if kind == "answer" else "broker"
    payload, cb = _payload(kind, algorithm), _cb(kind)
    message = stored
    if stored is None or not opens(stored, kind, algorithm):
        message = seal_message(
            payload,
            cb,
            kind=kind,
            recipient=fixed.SEALING[recipient, algorithm].public,
            signer=fixed.SIGNING[f"{sender} sign"],
            statement=_statements()[f"{sender} sign"],
            randomness=_randomness(kind),
        ).members()
    return {
        "kind": kind,
        "algorithm": algorithm,
        "recipient": recipient,
        "sender": cb.iss,
        "sender_root": f"{sender} root",
        "audience": cb.aud,
        "at": fixed.SECONDS,
        "cb": cb_members(cb),
        "payload": payload,
        "message": message,
    }


def opens(stored: Any, kind: Kind, algorithm: str) -> bool:
    """Whether a stored message passes every check and says what it should."""
    recipient = "programme answer" if kind == "answer" else "agency seal"
    root = "agency root" if kind == "answer" else "broker root"
    cb = _cb(kind)
    try:
        message: Message = parse_message(stored)
        opened = open_message(
            message,
            kind=kind,
            recipient=fixed.SEALING[recipient, algorithm],
            sender_root=fixed.SIGNING[root].public,
            sender=cb.iss,
            audience=cb.aud,
            at=fixed.SECONDS,
        )
    except MessageError:
        return False
    return opened.payload == _payload(kind, algorithm) and opened.cb == cb


def _randomness(label: str) -> Callable[[int], bytes]:
    count = iter(range(1_000))
    return lambda size: hashlib.shake_256(f"{label}/{next(count)}".encode()).digest(size)


def write() -> None:
    """Write every file."""
    for name, make in FILES.items():
        text = json.dumps(make(), indent=1, sort_keys=True, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    write()
