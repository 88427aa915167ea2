"""Walks through the pages that carry the script, with a browser that has an authenticator.

The authenticator is Chromium's own virtual one: the page's script, the browser's checks and the
signature are real.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tests.pages.journey import Language, Shown, Visitor
from tests.pages.running import Demo, Person

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, CDPSession, Page

BUTTON = "[data-passkey-button]"


class Authenticator:
    """A virtual authenticator of one page. willing: whether its holder verifies herself."""

    def __init__(self, page: Page) -> None:
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.send("WebAuthn.enable")
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        made = self._session.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._id = made["authenticatorId"]

    def verifies(self, verified: bool) -> None:
        """Let its holder be recognised from now on, or not."""
        self._session.send(
            "WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": verified}
        )

    def credentials(self) -> list[dict[str, object]]:
        """Return what it holds."""
        found = self._session.send("WebAuthn.getCredentials", {"authenticatorId": self._id})
        credentials: list[dict[str, object]] = found["credentials"]
        return credentials


def passkey_journey(
    demo: Demo, context: BrowserContext, lang: Language, person: Person
) -> Iterator[Shown]:
    """Make a passkey, sign in with it, and give permission with it."""
    visitor = Visitor(demo, context, lang)
    page = visitor.page
    authenticator = Authenticator(page)
    visitor.broker("/login/passkey")
    authenticator.verifies(False)
    page.click(BUTTON)
    page.wait_for_selector("[data-passkey-trouble]:not([hidden])")
    authenticator.verifies(True)
    yield "login-passkey-trouble", page
    yield from _making(visitor, person)
    yield from _signing_in(visitor)
    visitor.apply(person)
    for radio in page.query_selector_all("input[type=radio][value=yes]"):
        radio.check()
    visitor.press("form[action='/oauth/authorize'] button:not([name])")
    yield "confirm", page
    visitor.press(BUTTON)
    yield "receipt-by-passkey", page
    visitor.press("a[href^='/oauth/continue']")
    yield "outcome", page
    visitor.broker("/grants")
    yield "grants-by-passkey", page
    assert 1 == len(authenticator.credentials())


def _making(visitor: Visitor, person: Person) -> Iterator[Shown]:
    page = visitor.page
    visitor.broker("/login")
    visitor.sign_in(person)
    visitor.broker("/passkey")
    page.fill("#pin", person.pin)
    visitor.press("main form button")
    yield "passkey-new", page
    visitor.press(BUTTON)
    yield "passkey-made", page


def _signing_in(visitor: Visitor) -> Iterator[Shown]:
    visitor.press("header form button")
    visitor.choose_language()
    visitor.broker("/login")
    yield "sign-in", visitor.page
    visitor.press("a[href^='/login/passkey']")
    yield "login-passkey", visitor.page
    visitor.press(BUTTON)
    assert visitor.page.url == f"{visitor.demo.broker}/"
