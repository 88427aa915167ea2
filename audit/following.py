"""Following a log to those that it continues: links that old keys signed, and old copies.

What a link proves: the old log signed that checkpoint. What it cannot prove is that there was no
larger one; that shows to whoever holds a larger checkpoint, or a longer copy, of the old log. So
both may be given, and entries that no copy has any more are named, not passed over.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from audit.checkpoint import Checkpoint
from audit.continued import Continued, Link, read_continued
from audit.errors import AuditError, NoteError, TamperedError
from audit.examine import Place, Trust, examine
from audit.note import Verifier
from audit.steps import ENTRIES, SINCE
from audit.verify import LogSource, open_newest


@dataclass(frozen=True)
class Earlier:
    """An old log: its key, and a copy of it, if there is one."""

    verifier: Verifier
    copy: Place | None = None


def follow(
    source: LogSource,
    checkpoint: Checkpoint,
    earlier: Sequence[Earlier],
    *,
    since: Checkpoint | None = None,
) -> tuple[Link, ...]:
    """Return the links from a verified log back, the newest first; raise TamperedError.

    earlier: what is known of each old log, the newest first. since: a checkpoint of one of them
    that somebody kept, already opened. AuditError where that cannot be held against anything.
    """
    links: list[Link] = []
    origin = checkpoint.origin
    for known in (*earlier, None):
        found = read_continued(source.read, checkpoint)
        if found is None:
            if known is not None:
                raise AuditError(f"{origin} does not say that it continues {known.verifier.name}")
            break
        if known is None:
            links.append(Link(found.checkpoint, signed=False))
            break
        if found.checkpoint.origin != known.verifier.name:
            raise AuditError(f"{origin} continues another log than {known.verifier.name}")
        links.append(_link(origin, found, known, since))
        if known.copy is None:
            break
        origin = known.verifier.name
        source = known.copy.source
        checkpoint = open_newest(source, known.verifier).checkpoint
    if len(links) < len(earlier):
        raise AuditError(f"to follow {origin} further back, give a copy of it with --earlier-log")
    if since is not None and all(link.checkpoint.origin != since.origin for link in links):
        raise AuditError("the older checkpoint is of a log that this one was not followed to")
    return tuple(links)


def _link(origin: str, found: Continued, known: Earlier, since: Checkpoint | None) -> Link:
    promised = found.checkpoint
    try:
        found.check(known.verifier)
    except NoteError as error:
        raise TamperedError(
            ENTRIES, 0, f"what the log continues from was not signed by {promised.origin}"
        ) from error
    older = since if since is not None and since.origin == promised.origin else None
    if older is not None:
        _check_reached(origin, promised, older)
    if known.copy is None:
        if older is not None and older.size < promised.size:
            raise AuditError(
                f"the older checkpoint of {promised.origin} can be checked with a copy of that log "
                "only; give it with --earlier-log"
            )
        return Link(promised, signed=True)
    opened = open_newest(known.copy.source, known.verifier)
    held = opened.checkpoint
    _check_reached(origin, promised, held)
    if older is not None and held.size < older.size < promised.size:
        raise AuditError(f"the copy of {promised.origin} ends before the older checkpoint does")
    if older is not None and older.size > held.size:
        older = None  # it is the promised one itself: compared above
    examine(known.copy, Trust(known.verifier), opened, since=older)
    return Link(promised, signed=True, held=held.size)


def _check_reached(origin: str, promised: Checkpoint, shown: Checkpoint) -> None:
    """Raise TamperedError where the old log had shown more than it is continued from."""
    if shown.size > promised.size:
        raise TamperedError(
            SINCE,
            None,
            f"{origin} continues {promised.origin} from {promised.size} entries, but "
            f"{promised.origin} had signed {shown.size}: those from entry {promised.size} on "
            "were promised and are gone",
        )
    if shown.size == promised.size and shown.root != promised.root:
        raise TamperedError(
            SINCE,
            None,
            f"{promised.origin} signed two histories of {promised.size} entries, and {origin} "
            "continues the other one",
        )
