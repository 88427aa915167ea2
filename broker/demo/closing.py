"""The demo's closing words: a table of what became of whom, and what to open next. Pure text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Final

from broker.demo.applicant import Story
from broker.demo.population import KINDS, InventedPerson

_KIND_WORDS: Final[Mapping[str, str]] = {
    "eligible": "eligible",
    "not_eligible": "not eligible",
    "needs_review": "undetermined somewhere",
    "not_found": "unknown to an agency",
    "declines": "declines a question",
    "withdraws": "withdraws afterwards",
}


def story_lines(story: Story) -> list[str]:
    """Return one applicant's outcome and every reason, for a demo of a few."""
    told = story.told
    lines = [f"  {story.person.name} ({story.person.programme}, {story.person.village})"]
    lines.append(f"    {told.result.replace('_', ' ')}: {', '.join(told.reasons) or 'no reason'}")
    if story.after_withdrawal is not None:
        again = story.after_withdrawal
        lines.append(f"    after she withdrew: {again.result} ({', '.join(again.reasons)})")
    return lines


def table(stories: Sequence[Story]) -> list[str]:
    """Return the closing table: one row for each kind of person."""
    lines = [f"  {'kind of person':<24} {'people':>6}  {'decisions':<40} as expected"]
    lines.append("  " + "-" * 84)
    for kind in KINDS:
        of_kind = [story for story in stories if story.person.kind == kind]
        if not of_kind:
            continue
        results = Counter(_result(story) for story in of_kind)
        told = ", ".join(f"{count} {result}" for result, count in sorted(results.items()))
        right = sum(story.is_as_expected for story in of_kind)
        lines.append(
            f"  {_KIND_WORDS[kind]:<24} {len(of_kind):>6}  {told:<40} {right} of {len(of_kind)}"
        )
    return lines


def addresses(
    *,
    portal: str,
    broker: str,
    vkey: str,
    witnesses: Sequence[str],
    people: Sequence[InventedPerson],
    home: str,
) -> list[str]:
    """Return what to open and how to sign in."""
    lines = [
        "",
        "Open:",
        f"  apply for assistance      {portal}/",
        f"  my permissions, my trace  {broker}/",
        f"  verify the log yourself   izin audit verify {broker}/log --vkey '{vkey}'",
        *(f"    and that it was witnessed   --witness '{each}'" for each in witnesses),
        f"  everything is kept in     {home}",
        "",
        "Sign in as one of these invented people (NIK, PIN, programme, village, story):",
    ]
    lines += [
        f"  {person.nik}  {person.pin}  {person.programme:<4}  {person.village:<8} {person.name}"
        f" ({_KIND_WORDS[person.kind]})"
        for person in people
    ]
    return lines


def _result(story: Story) -> str:
    result = story.told.result.replace("_", " ")
    return f"{result}, then refused" if _was_stopped(story) else result


def _was_stopped(story: Story) -> bool:
    return story.after_withdrawal is not None and story.after_withdrawal.result == "refused"
