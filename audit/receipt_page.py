"""The page that checks a receipt from a disk: one HTML file without a network.

Its policy lets exactly its own script and style run, by their hashes, and nothing be fetched or
sent: with a changed script, the page does nothing. Whoever could change the whole file could change
the policy too, so a page comes from somebody whom its reader trusts.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Final

import orjson

from audit.receipt_words import CANNOT_WHY, PAGE, SCRIPT, STEP_WORDS, WHY
from audit.words import Words

_SCRIPTS: Final = ("proving.js", "ed25519.js", "showing.js")


def receipt_page(vkey: str = "") -> bytes:
    """Return the page; the same bytes for the same verifier key, which it begins with."""
    style = _part("receipt.css")
    script = f"const WORDS = {_words()};\n" + "".join(map(_part, _SCRIPTS))
    policy = (
        f"default-src 'none'; script-src {_hash(script)}; style-src {_hash(style)}; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _part("receipt.html")
    for name, words in PAGE.items():
        page = page.replace("{{ " + name + " }}", _both(words))
    # Last, and in this order: what is put in is not looked through again.
    page = page.replace("{{ csp }}", policy).replace("{{ vkey }}", html.escape(vkey))
    return page.replace("{{ style }}", style).replace("{{ script }}", script).encode()


def _words() -> str:
    words: dict[str, object] = {name: _pair(each) for name, each in SCRIPT.items()}
    for name, group in (("STEPS", STEP_WORDS), ("WHY", WHY), ("CANNOT_WHY", CANNOT_WHY)):
        words[name] = _pairs(group)
    # No text of ours ends the script element early.
    return orjson.dumps(words).decode().replace("<", "\\u003c")


def _pairs(group: Mapping[str, Words]) -> dict[str, object]:
    return {name: _pair(words) for name, words in group.items()}


def _pair(words: Words) -> dict[str, str]:
    return {"id": words.id, "en": words.en}


def _both(words: Words) -> str:
    """Return both languages; the style sheet shows the page's own."""
    return "".join(
        f'<span lang="{lang}" data-in="{lang}">{html.escape(text)}</span>'
        for lang, text in _pair(words).items()
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(sha256(text.encode()).digest()).decode()}'"


def _part(name: str) -> str:
    return files("audit.page").joinpath(name).read_text("utf-8")
