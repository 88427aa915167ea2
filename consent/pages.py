"""What every page shares: its frame, its language, who is signed in.

It must not know any page in particular.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from flask import Response, g, make_response, render_template, request

from consent import receipt_wording, sign_in_words, wording
from consent.deps import ConsentDeps
from consent.language import NAMES, language, other_language, other_language_url, pick, say
from consent.persons import Person
from consent.protection import FORM_FIELD, form_token
from consent.session import current_session

PERSON: Final = "person"
"""The session's member that holds the signed-in person's id."""


class SignInNeededError(Exception):
    """The page is somebody's own, and nobody is signed in; `next` is where to go then."""

    def __init__(self, next_: str) -> None:
        self.next = next_
        super().__init__("sign in first")


@dataclass(frozen=True)
class Pages:
    """Shows pages and says whose they are."""

    deps: ConsentDeps

    def show(
        self, template: str, *, status: int = 200, script: bool = False, **values: Any
    ) -> Response:
        """Return a page made of `templates/consent/<template>.html`.

        script: the page asks the browser for a passkey, for which there is no way without one.
        """
        g.with_script = script
        html = render_template(
            f"consent/{template}.html",
            w=wording,
            s=sign_in_words,
            r=receipt_wording,
            script=script,
            say=say,
            pick=pick,
            lang=language(),
            other_lang=other_language(),
            other_lang_name=NAMES[other_language()],
            other_lang_url=other_language_url(),
            form_field=FORM_FIELD,
            form_token=lambda: form_token(self.deps.random),
            signed_in=PERSON in current_session(),
            demo=self.deps.demo,
            **values,
        )
        return make_response(html, status)

    def signed_in(self) -> str | None:
        """Return the signed-in person's id."""
        found = current_session().get(PERSON)
        return found if isinstance(found, str) else None

    def person_id(self) -> str:
        """Return the signed-in person's id, or have her sign in and come back here."""
        found = self.signed_in()
        if found is None:
            raise SignInNeededError(
                request.full_path.removesuffix("?") if request.method == "GET" else "/"
            )
        return found

    def person(self) -> Person:
        """Return the signed-in person, opened."""
        return self.deps.persons.open(self.person_id())


def own_path(text: str) -> str:
    """Return `text` if it is a path of ours to go on to, else the start page.

    Anything else would make our sign-in page a way to send people elsewhere.
    """
    if not text.startswith("/") or not text.isascii() or not text.isprintable():
        return "/"
    # Browsers read a backslash as a slash, and two slashes as another host.
    if "\\" in text or text.startswith("//"):
        return "/"
    parts = urlsplit(text)
    return text if not parts.scheme and not parts.netloc else "/"
