"""What a programme signs for the log: its formulas, and that it has decided (P10).

Pure. Digests only: what was decided stays at the programme.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from audit import canonical
from audit.canonical import JsonInput
from broker.programme.errors import ProgrammeError
from broker.programme.identity import ProgrammeIdentity
from keys import base64url, jws
from policies.eligibility import Formula, formula_digest

FORMULA_TYP: Final = "izin-formula+jws"
DECISION_TYP: Final = "izin-decision+jws"


def formula_statement(
    formula: Formula, identity: ProgrammeIdentity, *, valid_from: datetime
) -> str:
    """Return the statement that `formula` is in force from a full hour on, at least 24 h ahead."""
    hour = valid_from.astimezone(UTC)
    if hour != hour.replace(minute=0, second=0, microsecond=0):
        raise ProgrammeError("a formula comes into force at a full hour")
    if formula.programme != identity.programme:
        raise ProgrammeError("the formula is another programme's")
    members: dict[str, JsonInput] = {
        "v": 1,
        "programme": formula.programme,
        "area": formula.area,
        "formula": formula_digest(formula),
        "from": hour.strftime("%Y-%m-%dT%H:00:00Z"),
    }
    return _signed(members, identity, FORMULA_TYP)


def decision_statement(
    identity: ProgrammeIdentity, *, subject: str, verification_id: str, formula: str, digest: str
) -> str:
    """Return the statement that a decision was made. formula, digest: hex SHA-256."""
    members: dict[str, JsonInput] = {
        "v": 1,
        "programme": identity.programme,
        "subject": subject,
        "verification_id": verification_id,
        "formula": formula,
        "digest": digest,
    }
    return _signed(members, identity, DECISION_TYP)


def _signed(members: dict[str, JsonInput], identity: ProgrammeIdentity, typ: str) -> str:
    extra = {"pub": base64url.encode(identity.signing.public.raw), "stmt": identity.sign_statement}
    return jws.sign_compact(canonical.encode(members), identity.signing, typ=typ, extra=extra)
