"""Drafts that many processes make at once, none like another."""

from __future__ import annotations

import os

from audit.entry import Draft, draft


def access() -> Draft:
    """Return the draft of an access; its tag, question and digest are drawn."""
    return draft(
        "access.sent",
        {
            "programme": "pkh",
            "agency": "polri",
            "purpose": "eligibility",
            "questions": ["owns_car"],
            "tag": os.urandom(16).hex(),
            "q": os.urandom(32).hex(),
            "digest": os.urandom(32).hex(),
        },
    )
