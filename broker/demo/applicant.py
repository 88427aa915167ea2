"""One invented applicant at her browser: apply, sign in, allow or decline, come back, withdraw.

She reads what the pages say and presses what they offer; she knows no address but the portal's
and Izin's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broker.demo.browser import Browser, Form, Page, link
from broker.demo.population import InventedPerson
from broker.demo.processes import DemoError
from policies.policy import Policy


@dataclass(frozen=True)
class Told:
    """What the outcome page told her. result: eligible, not_eligible, needs_review, refused."""

    result: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Story:
    """What happened to one person. after_withdrawal: what a question after it came to."""

    person: InventedPerson
    told: Told
    after_withdrawal: Told | None = None

    @property
    def is_as_expected(self) -> bool:
        """Whether it is what the invented truth says."""
        if self.person.kind == "withdraws":
            again = self.after_withdrawal
            if again is None or again.result != "refused":
                return False
        return self.told.result == self.person.expected


def live_through(person: InventedPerson, *, portal: str, broker: str, policy: Policy) -> Story:
    """Let `person` apply at the portal, and withdraw if that is her story; raises DemoError."""
    browser = Browser()
    try:
        outcome = _apply(browser, person, portal=portal, policy=policy)
        told = _told(outcome)
        if person.kind != "withdraws":
            return Story(person, told)
        _withdraw(browser, broker)
        again = browser.open(outcome.url)
        return Story(person, told, _told(browser.send(again, _form(again, "/again"), {})))
    finally:
        browser.close()


def _apply(browser: Browser, person: InventedPerson, *, portal: str, policy: Policy) -> Page:
    page = browser.open(f"{portal}/apply")
    choices = {"programme": person.programme, "area": person.village_code}
    page = browser.send(page, _form(page, "/apply"), choices)
    page = browser.send(page, _form(page, "/login"), {"nik": person.nik, "pin": person.pin})
    form = _form(page, "/oauth/authorize")
    page = browser.send(page, form, _choices(form, person, policy))
    return browser.open(link(page, "/oauth/continue"))


def _choices(form: Form, person: InventedPerson, policy: Policy) -> Mapping[str, str]:
    """Return her yes or no to each question, found by the words that she reads."""
    formulas = policy.formulas[person.programme, person.village_code]
    refused = [
        policy.catalogue.question(agency, question).words(params).id
        for agency, question, params in formulas[-1].asked
        if (agency, question) in person.declined
    ]
    chosen = {
        name: "no" if any(words in form.legends[name] for words in refused) else "yes"
        for name in form.choices
    }
    if list(chosen.values()).count("no") != len(person.declined):
        raise DemoError("the consent page does not show a question that she wants to decline")
    return chosen


def _withdraw(browser: Browser, broker: str) -> None:
    page = browser.open(link(browser.open(f"{broker}/grants"), "/grants/"))
    page = browser.open(link(page, page.url.removeprefix(broker) + "/withdraw"))
    page = browser.send(page, _form(page, "/withdraw"), {})
    if page.status != 200:
        raise DemoError("the withdrawal did not go through")


def _form(page: Page, action: str) -> Form:
    for form in page.forms:
        if form.action.split("?")[0].endswith(action):
            return form
    raise DemoError(f"the page after status {page.status} lacks the form {action} that people need")


def _told(page: Page) -> Told:
    if "data-result" not in page.main:
        raise DemoError(f"the portal shows no outcome (status {page.status})")
    return Told(page.main["data-result"], tuple(page.main.get("data-reasons", "").split()))
