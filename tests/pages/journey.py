"""Walks through every page as people do, and shows each one: by links and buttons alone.

The addresses typed here are those that people type or get wrong; all else is pressed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, Literal

from tests.pages.running import Demo, Person

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

Language = Literal["id", "en"]
LANGUAGES: Final[tuple[Language, ...]] = ("id", "en")
Shown = tuple[str, "Page"]

_WRONG_PIN: Final = "000000"
# A page that does not come within this time is broken, even on a busy machine.
_WAIT_MS: Final = 30_000


class Visitor:
    """Somebody with a browser of her own, reading one language."""

    def __init__(self, demo: Demo, context: BrowserContext, lang: Language) -> None:
        self.demo = demo
        self.lang = lang
        self.page = context.new_page()
        self.page.set_default_timeout(_WAIT_MS)
        # The broker remembers the language, the portal has it in its addresses.
        self.choose_language()

    def choose_language(self) -> None:
        """Choose her language, as its link does; signing out forgets it."""
        self.page.goto(f"{self.demo.broker}/?lang={self.lang}")

    def portal(self, path: str) -> None:
        """Open a page of the portal."""
        self.page.goto(self.demo.portal + path + ("?lang=en" if self.lang == "en" else ""))

    def broker(self, path: str) -> None:
        """Open a page of Izin."""
        self.page.goto(self.demo.broker + path)

    def apply(self, person: Person) -> None:
        """Choose programme and village at the portal and go on to Izin."""
        self.portal("/apply")
        self.page.check(f"input[name=programme][value={person.programme}]")
        self.page.check(f"input[name=area][value='{person.village_code}']")
        self.press("form[action^='/apply'] button")

    def sign_in(self, person: Person, *, pin: str | None = None) -> None:
        """Fill in the sign-in form."""
        self.page.fill("#nik", person.nik)
        self.page.fill("#pin", pin or person.pin)
        self.press("form[action='/login'] button")

    def answer(self, *, no_to: int | None = None) -> None:
        """Answer yes to all, but no to the item with the number `no_to`."""
        for radio in self.page.query_selector_all("input[type=radio][value=yes]"):
            radio.check()
        if no_to is not None:
            self.page.check(f"input[name=item-{no_to}][value=no]")
        self.press("form[action='/oauth/authorize'] button:not([name])")

    def press(self, selector: str) -> None:
        """Press a button or follow a link, and wait for the page that it leads to."""
        with self.page.expect_navigation():
            self.page.click(selector)
        self.page.wait_for_load_state()


def journey(demo: Demo, context: BrowserContext, lang: Language) -> Iterator[Shown]:
    """Yield every page's name and the browser page that shows it."""
    visitor = Visitor(demo, context, lang)
    yield from _granting(visitor)
    yield from _withdrawing(visitor)
    yield from _errors(visitor)
    turn = LANGUAGES.index(lang)
    for story in ("not_eligible", "needs_review", "not_found"):
        yield from _outcome(visitor, demo.person(story, turn), story)
    yield from _declining_one(visitor, demo.person("declines", turn))
    yield from _declining_all(visitor, demo.person("declines", turn))


def _granting(visitor: Visitor) -> Iterator[Shown]:
    """The usual way, from the portal's start to its outcome, with the usual mistakes."""
    page, demo = visitor.page, visitor.demo
    person = demo.person("withdraws", LANGUAGES.index(visitor.lang))
    visitor.portal("/")
    yield "portal-start", page
    visitor.press("main a.button")
    yield "portal-apply", page
    # A browser asks for the choice itself; one that does not gets this page.
    page.evaluate("document.querySelectorAll('[required]').forEach(e => e.required = false)")
    visitor.press("main form button")
    yield "portal-apply-unanswered", page
    visitor.broker("/")
    yield "start", page
    visitor.broker("/grants")
    yield "sign-in", page
    visitor.apply(person)
    visitor.sign_in(person, pin=_WRONG_PIN)
    yield "sign-in-wrong", page
    visitor.sign_in(person)
    yield "consent", page
    page.evaluate("document.querySelector('form[action^=\"/oauth\"]').noValidate = true")
    page.check("input[name=item-0][value=yes]")
    visitor.press("form[action='/oauth/authorize'] button:not([name])")
    yield "consent-unanswered", page
    visitor.press("button[name=go][value=one]")
    yield "question", page
    visitor.press("a[href$='q=1']")
    yield "question-first", page
    visitor.press("button[name=go][value=list]")
    visitor.answer()
    yield "receipt-new", page
    visitor.press("a[href^='/oauth/continue']")
    yield "outcome-eligible", page


def _withdrawing(visitor: Visitor) -> Iterator[Shown]:
    """Her own pages, the withdrawal, and what a question after it comes to."""
    page = visitor.page
    outcome = page.url
    visitor.broker("/")
    yield "start-signed-in", page
    visitor.press("main a[href='/passkey']")
    yield "passkey", page
    page.fill("#pin", _WRONG_PIN)
    visitor.press("main form button")
    yield "passkey-wrong-pin", page
    visitor.broker("/")
    visitor.press("main a[href='/grants']")
    yield "grants", page
    visitor.press("main a[href^='/grants/'] >> nth=0")
    yield "receipt", page
    visitor.press("main a[href$='/notice']")
    yield "notice", page
    visitor.press("main a[href^='/notices/']")
    yield "notice-public", page
    page.go_back()
    visitor.press("main a.button[href^='/grants/']")
    visitor.broker("/trace")
    yield "trace", page
    page.go_back()
    visitor.press("main a[href$='/extend']")
    yield "extend", page
    page.check("input[name=until] >> nth=-1")
    visitor.press("main form button")
    yield "extend-confirm", page
    visitor.press("main form button[value=pin]")
    yield "receipt-extended", page
    visitor.press("main a[href$='/withdraw']")
    yield "withdraw", page
    visitor.press("main form button")
    yield "receipt-withdrawn", page
    page.goto(outcome)
    visitor.press("form[action*='/again'] button")
    yield "outcome-refused", page
    visitor.broker("/grants")
    yield "grants-withdrawn", page
    visitor.broker("/trace")
    yield "trace-refused", page
    visitor.broker("/grants")
    visitor.press("main a[href='/trace/key']")
    yield "replace-key", page
    visitor.press("main form button")
    yield "new-key", page
    visitor.broker("/trace")
    yield "trace-new-key", page


def _errors(visitor: Visitor) -> Iterator[Shown]:
    """Addresses that do not exist and forms that came too late."""
    page = visitor.page
    visitor.broker("/nowhere")
    yield "not-found", page
    visitor.broker("/grants/99")
    yield "grant-not-found", page
    unknown = "urn:ietf:params:oauth:request_uri:" + "x" * 43
    visitor.broker(f"/oauth/authorize?client_id=perlinsos-pkh&request_uri={unknown}")
    yield "request-expired", page
    visitor.broker("/grants")
    page.evaluate("document.querySelector('[name=csrf_token]').value = 'stale'")
    visitor.press("header form button")
    yield "form-stale", page
    visitor.broker("/grants")
    visitor.press("header form button")
    visitor.choose_language()
    visitor.portal("/nowhere")
    yield "portal-not-found", page
    visitor.portal("/return")
    yield "portal-return-unknown", page
    visitor.portal("/apply")
    page.evaluate("document.querySelector('[name=form_token]').value = 'stale'")
    page.check("input[name=programme] >> nth=0")
    page.check("input[name=area] >> nth=0")
    visitor.press("main form button")
    yield "portal-form-stale", page


def _outcome(visitor: Visitor, person: Person, story: str) -> Iterator[Shown]:
    """What the portal says to somebody who allowed everything."""
    visitor.apply(person)
    visitor.sign_in(person)
    visitor.answer()
    visitor.press("a[href^='/oauth/continue']")
    yield f"outcome-{story.replace('_', '-')}", visitor.page
    _sign_out(visitor)


def _declining_one(visitor: Visitor, person: Person) -> Iterator[Shown]:
    visitor.broker("/login")
    visitor.sign_in(person)
    visitor.broker("/grants")
    if not visitor.page.query_selector("main section"):
        yield "grants-empty", visitor.page
        visitor.broker("/trace")
        yield "trace-empty", visitor.page
    visitor.apply(person)
    visitor.press("button[name=go][value=one]")
    while answer := visitor.page.query_selector("input[type=radio][value=yes]"):
        first = visitor.page.query_selector("input[name=item-0][value=no]")
        (first or answer).check()
        visitor.press("button[name=go][value=next]")
    yield "review", visitor.page
    visitor.press("form[action='/oauth/authorize'] button:not([name])")
    yield "receipt-declined-one", visitor.page
    visitor.press("a[href^='/oauth/continue']")
    yield "outcome-declined-one", visitor.page


def _declining_all(visitor: Visitor, person: Person) -> Iterator[Shown]:
    visitor.apply(person)
    visitor.press("form[action='/oauth/authorize'] button[name=everything]")
    yield "declined", visitor.page
    visitor.press("main a.button")
    yield "outcome-denied", visitor.page
    visitor.apply(person)
    yield "paused", visitor.page
    visitor.press("main a[href='/grants']")
    yield "grants-paused", visitor.page
    # She changes her mind, so that the next journey finds her as this one did.
    visitor.press("form[action^='/pauses/'] button")
    _sign_out(visitor)


def _sign_out(visitor: Visitor) -> None:
    visitor.broker("/")
    visitor.press("header form button")
    visitor.choose_language()


def identifiers(text: str) -> list[str]:
    """Return what in `text` has the form of a NIK."""
    return re.findall(r"\d{16}", text)
