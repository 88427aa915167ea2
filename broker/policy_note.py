"""The policy in force stands in the log: `policy.changed` whenever a broker starts under another.

What a grant, an access or a random audit is judged by is so named by the log itself, from the entry
on, and nobody changes a ceiling in silence.
"""

from __future__ import annotations

from sqlalchemy import Engine
from sqlmodel import Session

from audit.entry import draft
from audit.log import Log
from broker.store import PolicyRow
from policies.policy import Policy


def note_policy(engine: Engine, log: Log, policy: Policy) -> bool:
    """Log the policy's digest unless it is the one that was logged last; whether it was logged.

    Only once the log is known to be the newest: it writes. A crash between entry and row leaves an
    entry that the next start repeats, which is true twice.
    """
    with Session(engine) as session:
        row = session.get(PolicyRow, 1)
        if row is not None and row.digest == policy.digest:
            return False
        log.append([draft("policy.changed", {"policy": policy.digest})])
        session.merge(PolicyRow(one=1, digest=policy.digest))
        session.commit()
    return True
