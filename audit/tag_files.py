"""Tag files: a day's tags in one small file, in which a phone finds its own entries.

`izin-tags:1:DAY:START:COUNT:AGENCIES` and a line feed, then 16 bytes for each entry of the UTC day
in the log's order: its tag, or zeros where it has none. START is the index of the first of them;
AGENCIES are all that they name, sorted, with commas between.

A tag file is made of the entries alone, so that anybody can make it again and compare. It must not
be believed about an entry: what it leads to is read and proven. What it leaves out is found only
by making it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from audit.canonical import parse
from audit.entry import is_id, parse_entry
from audit.errors import AuditError, PrunedError, TamperedError, TileError
from audit.steps import TAGS
from audit.tiles import TILE_WIDTH, Fetch, TilePath, parse_bundle, path_of
from audit.trace import TAG_BYTES, day_tags

MAX_TAG_FILE_BYTES = 1 << 26
"""Four million entries a day."""

_NONE = bytes(TAG_BYTES)
_HEAD = re.compile(
    rb"izin-tags:1:([0-9]{4}-[0-9]{2}-[0-9]{2}):(0|[1-9][0-9]{0,15}):(0|[1-9][0-9]{0,15}):([a-z0-9_.,-]*)"
)


@dataclass(frozen=True)
class TagFile:
    """A day's tags. tags: 16 bytes each, the first that of entry `start`; zeros: it has none."""

    day: date
    start: int
    tags: tuple[bytes, ...]
    agencies: tuple[str, ...]


def format_tag_file(file: TagFile) -> bytes:
    """Return the file's bytes."""
    head = (
        f"izin-tags:1:{file.day.isoformat()}:{file.start}:{len(file.tags)}:"
        f"{','.join(file.agencies)}\n"
    )
    return head.encode() + b"".join(file.tags)


def parse_tag_file(raw: bytes, day: date) -> TagFile:
    """Return what `raw`, the file of `day`, says, or raise AuditError."""
    head, gap, body = raw.partition(b"\n")
    match = _HEAD.fullmatch(head)
    if match is None or not gap or match[1].decode() != day.isoformat():
        raise AuditError("not the tag file of this day")
    start, count, agencies = int(match[2]), int(match[3]), match[4].decode()
    if len(body) != count * TAG_BYTES:
        raise AuditError("a tag file of another length")
    tags = tuple(body[i : i + TAG_BYTES] for i in range(0, len(body), TAG_BYTES))
    found = TagFile(day, start, tags, tuple(agencies.split(",")) if agencies else ())
    if not all(map(is_id, found.agencies)) or list(found.agencies) != sorted({*found.agencies}):
        raise AuditError("a tag file's agencies are ids, sorted")
    return found


def make_tag_file(fetch: Fetch, size: int, day: date) -> TagFile:
    """Return the tag file of `day` made from the entry bundles of a log of `size`.

    Hours never decrease, so the day's entries are found by halving. START of a day without any is
    the number of entries before it. Raises PrunedError where the day's bodies may be gone.
    """
    start = first_of(fetch, size, day)
    tags: list[bytes] = []
    agencies: set[str] = set()
    for raw in entries_from(fetch, size, start):
        entry = parse_entry(raw)
        if entry.at.date() != day:
            break
        tags.append(tag_of(entry.members))
        if "agency" in entry.members:
            agencies.add(str(entry.members["agency"]))
    return TagFile(day, start, tuple(tags), tuple(sorted(agencies)))


def check_tag_file(raw: bytes, day: date, fetch: Fetch, size: int) -> None:
    """Raise TamperedError unless `raw` is what the entries of a log of `size` make of `day`.

    For who has verified the log: the file of a day that is over, or of any at exactly `size`.
    """
    compare(raw, make_tag_file(fetch, size, day))


def compare(raw: bytes, expected: TagFile) -> None:
    """Raise TamperedError unless `raw`, served as the file of a day, is `expected`."""
    if raw == format_tag_file(expected):
        return
    try:
        found = parse_tag_file(raw, expected.day)
    except AuditError as error:
        raise TamperedError(TAGS, None, str(error)) from error
    pairs = zip(found.tags, expected.tags, strict=False)
    first = next((i for i, (one, other) in enumerate(pairs) if one != other), None)
    index = None if first is None or found.start != expected.start else found.start + first
    raise TamperedError(TAGS, index, "a tag file that its entries do not make")


def candidates(file: TagFile, trace_key: bytes) -> list[int]:
    """Return the indexes of the entries whose tags are the key's, in the log's order."""
    wanted = {bytes.fromhex(tag.decode()) for tag in day_tags(trace_key, file.agencies, file.day)}
    return [file.start + i for i, tag in enumerate(file.tags) if tag in wanted]


def tag_of(members: Mapping[str, object]) -> bytes:
    """Return what stands for an entry in the file: 16 bytes, zeros where it has no tag."""
    return bytes.fromhex(str(members["tag"])) if "tag" in members else _NONE


def first_of(fetch: Fetch, size: int, day: date) -> int:
    """Return how many entries lie before `day`."""
    low, high = 0, -(-size // TILE_WIDTH)  # the first bundle whose last entry is not before
    while low < high:
        middle = (low + high) // 2
        if _is_gone(fetch, size, middle) or _day(_bundle(fetch, size, middle)[-1]) < day:
            low = middle + 1
        else:
            high = middle
    if low * TILE_WIDTH >= size:
        return size
    before = sum(_day(raw) < day for raw in _bundle(fetch, size, low))
    if not before and low and _is_gone(fetch, size, low - 1):
        raise PrunedError("the log no longer keeps all of that day's entries")
    return low * TILE_WIDTH + before


def _is_gone(fetch: Fetch, size: int, n: int) -> bool:
    try:
        _bundle(fetch, size, n)
    except PrunedError:
        return True
    return False


def entries_from(fetch: Fetch, size: int, start: int) -> Iterator[bytes]:
    """Yield the entries of a log of `size` from index `start` on."""
    for n in range(start // TILE_WIDTH, -(-size // TILE_WIDTH)):
        bundle = _bundle(fetch, size, n)
        yield from bundle[max(0, start - n * TILE_WIDTH) :]


def _bundle(fetch: Fetch, size: int, n: int) -> list[bytes]:
    width = min(TILE_WIDTH, size - n * TILE_WIDTH)
    if width < 1:
        raise TileError("an entry beyond the log's size")
    return parse_bundle(fetch(path_of(TilePath(None, n, width))), width)


def _day(raw: bytes) -> date:
    return date.fromisoformat(str(parse(raw)["at"])[:10])
