"""An entry about a person, said in plain words to her or to whoever reads for her.

This file must not add anything that the entry does not say.
"""

from __future__ import annotations

from audit.trace import Found


def describe(found: Found) -> str:
    """Return one line: when (the hour, which is all the log knows) and what happened."""
    members = found.entry.members
    when = found.entry.at.strftime("%Y-%m-%d %H:00 UTC")

    def said(name: str) -> str:
        value = members.get(name, "")
        return ", ".join(map(str, value)) if isinstance(value, list) else str(value)

    asked = f"{said('programme')} about {said('questions')} ({said('purpose')})"
    sentences = {
        "grant.requested": f"{said('programme')} asked for your consent ({said('purpose')})",
        "grant.given": f"you gave consent to {said('programme')} ({said('purpose')})",
        "grant.withdrawn": f"you withdrew your consent to {said('programme')}",
        "grant.expired": f"your consent to {said('programme')} ended",
        "access.sent": f"{said('agency')} was asked for {asked}",
        "access.answered": f"{said('agency')} answered {asked}",
        "access.failed": f"{said('agency')} could not answer {asked}: {said('reasons')}",
        "access.refused": f"a question to {said('agency')} was refused, {asked}: {said('reasons')}",
        "trace.closed": f"your old trace key was closed at {said('agency')}",
        "decision.made": f"{said('programme')} decided",
    }
    return f"{when}  {sentences.get(found.entry.kind, found.entry.kind)}"
