"""Whether a verification request is taken up at all, before policy is asked: step 3.

Names that the catalogue does not have, another's grant, an answer key that nobody vouches for:
each ends here, and what was an attempt to reach a person is logged where she sees it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from broker.asking import Asking
from broker.outcomes import RefusedAccess
from broker.problems import Problem
from broker.refusals import WINDOW_SECONDS
from broker.requests import VerificationRequest
from consent.grants import GrantRecord
from consent.tokens import AccessToken
from keys.errors import KeysError
from keys.profiles import read_public_key
from keys.statements import check_statement
from policies.catalogue import validate_asked
from policies.policy import Policy


def admit(
    parts: Asking, token: AccessToken, request: VerificationRequest, *, at: datetime
) -> GrantRecord:
    """Return the grant that `request` rests on, whatever its state; raises Problem."""
    _check_known(parts.policy, request)
    grant = _grant(parts, token, request)
    _carry_statement(parts, grant, request, at=at)
    return grant


def record_refusals(
    parts: Asking, client_id: str, refused: Sequence[RefusedAccess]
) -> list[dict[str, Any]]:
    """Log refused accesses, and return each as an item of the result.

    Raises Problem above the rate at which each is logged for itself.
    """
    if not refused:
        return []
    entries = parts.refusals.record(client_id, refused)
    if entries is None:
        raise Problem(
            "too-many-requests",
            "too many refusals in a minute; they are counted in the log",
            headers={"Retry-After": str(WINDOW_SECONDS)},
        )
    return [
        {
            "agency": each.agency,
            "status": "refused",
            "reason": each.reasons[0],
            "reasons": list(each.reasons),
            "entry": logged.index,
            "proof": logged.proof,
        }
        for each, logged in zip(refused, entries, strict=True)
    ]


def not_permitted(items: Sequence[Mapping[str, Any]]) -> Problem:
    """Return the problem that says why nothing was asked."""
    reasons = sorted({reason for item in items for reason in item["reasons"]})
    is_about_the_grant = any(reason.startswith("grant") for reason in reasons)
    name = "grant-not-live" if is_about_the_grant else "not-permitted"
    return Problem(
        name,
        "nothing was asked; each refusal stands in the log, where the person sees it",
        {"reasons": reasons, "items": list(items)},
    )


def _check_known(policy: Policy, request: VerificationRequest) -> None:
    """Raise a Problem at the first item that the catalogue does not have.

    Names that we did not make must not reach the log: a programme could write a NIK into one.
    """
    for number, item in enumerate(request.questions or ()):
        for fault in validate_asked(policy.catalogue, item.agency, item.question, item.params):
            member = f"questions[{number}].{fault.member}"
            raise Problem("malformed", f"{member} {fault.reason}", {"member": member})


def _grant(parts: Asking, token: AccessToken, request: VerificationRequest) -> GrantRecord:
    """Return the token's grant, if it is the one that the request names."""
    grant = parts.grants.find(request.grant_id)
    if grant is not None and token.grant_id == request.grant_id:
        return grant
    # Whoever names another's grant has tried to reach that person: she is to see it.
    tried = RefusedAccess(
        person_id=None if grant is None else grant.person_id,
        programme=parts.grants.programme_of(token.client_id),
        purpose="unknown" if grant is None else grant.purpose,
        agency="izin",
        questions=(),
        reasons=("grant_live",) if grant is None else ("grant_of_another_token",),
    )
    items = record_refusals(parts, token.client_id, [tried])
    raise not_permitted(items)


def _carry_statement(
    parts: Asking, grant: GrantRecord, request: VerificationRequest, *, at: datetime
) -> None:
    """Raise a Problem unless the programme's root vouches for the answer key; log it once.

    The agencies check it again under their own copy of the root: this early look only spares the
    programme a round of refusals.
    """
    root = parts.programmes.roots().get(grant.programme)
    if root is None:
        raise Problem("malformed", "no root key of this programme is registered here")
    try:
        key = read_public_key(request.answer_key)
        check_statement(
            request.answer_key_statement,
            root,
            owner=grant.programme,
            use="answer",
            thumbprint=key.thumbprint,
            at=int(at.timestamp()),
        )
    except KeysError as error:
        raise Problem(
            "malformed", f"answer_key: {error}", {"member": "answer_key_statement"}
        ) from error
    parts.keybook.note(request.answer_key_statement, root)
