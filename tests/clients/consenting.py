"""A person at her browser who allows what a client of somebody else's making asks."""

from __future__ import annotations

from typing import Any

from broker.demo.browser import Browser, Form, Page, link
from broker.demo.population import InventedPerson
from broker.programme.request import format_details, request_for
from tests.attacks.stages import Stage


def details_for(stage: Stage, person: InventedPerson) -> list[dict[str, Any]]:
    """Return everything that the formula of her programme and village needs asked."""
    policy = stage.broker.policy
    today = stage.clock().date()
    formula = policy.formula(person.programme, person.village_code, on=today)
    assert formula is not None
    return format_details(request_for(formula, policy, today=today))


def question_about(stage: Stage, person: InventedPerson, request_id: str) -> dict[str, Any]:
    """Return the body of a verification but for its grant."""
    identity = stage.identities[person.programme]
    return {
        "answer_key": identity.answer.public.jwk(),
        "answer_key_statement": identity.answer_statement,
        "request_id": request_id,
    }


def allow_everything(person: InventedPerson, authorize: str) -> Page:
    """Walk from the client's link through sign-in, consent and receipt, back to the client."""
    browser = Browser()
    try:
        page = browser.open(authorize)
        page = browser.send(page, _form(page, "/login"), {"nik": person.nik, "pin": person.pin})
        form = _form(page, "/oauth/authorize")
        page = browser.send(page, form, dict.fromkeys(form.choices, "yes"))
        return browser.open(link(page, "/oauth/continue"))
    finally:
        browser.close()


def _form(page: Page, action: str) -> Form:
    return next(form for form in page.forms if form.action.split("?")[0].endswith(action))
