"""The pages' words: both languages, the same holes, none missing and none unused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from consent import receipt_wording, sign_in_words, wording
from consent.reasons import REASONS
from consent.telling import _SENTENCES
from policies.words import Words

CONSENT = Path(wording.__file__).parent
HOLE = re.compile(r"\{[a-z_]+\}")


def constants() -> dict[str, object]:
    both = {**vars(wording), **vars(sign_in_words), **vars(receipt_wording)}
    return {name: value for name, value in both.items() if name.isupper()}


def all_words() -> Iterator[tuple[str, Words]]:
    for name, value in constants().items():
        if isinstance(value, Words):
            yield name, value
        elif isinstance(value, tuple):
            yield from ((name, each) for each in value)
        elif isinstance(value, dict):
            yield from ((name, each) for each in value.values())
    yield from REASONS.items()
    yield from _SENTENCES.items()


def test_each_text_stands_in_both_languages_with_the_same_holes() -> None:
    for name, words in all_words():
        assert words.id.strip(), name
        assert words.en.strip(), name
        assert sorted(HOLE.findall(words.id)) == sorted(HOLE.findall(words.en)), name


def used_names() -> set[str]:
    templates = "".join(path.read_text() for path in CONSENT.glob("templates/consent/*.html"))
    code = "".join(path.read_text() for path in CONSENT.rglob("*.py"))
    return set(re.findall(r"\b[rsw]\.([A-Z_]+)", templates)) | set(
        re.findall(r"\b(?:wording|sign_in_words|receipt_wording)\.([A-Z_]+)", code)
    )


def test_every_text_is_used_and_every_used_text_exists() -> None:
    assert used_names() == set(constants())


def test_sentences_are_short() -> None:
    """A village clerk reads them aloud."""
    for name, words in all_words():
        for sentence in re.split(r"(?<=[.?:;]) ", words.id):
            assert len(sentence.split()) <= 24, f"{name}: {sentence}"


def test_no_template_holds_words_of_its_own() -> None:
    """Text outside of `say` and `pick` would exist in one language only."""
    for path in CONSENT.glob("templates/consent/*.html"):
        text = re.sub(
            r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<[^>]*>", "", path.read_text(), flags=re.DOTALL
        )
        assert not re.search(r"[A-Za-z]{2,}", text), f"{path.name}: {text.split()}"
