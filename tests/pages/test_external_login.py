"""An external login in a real browser: for signing in, then for consent that an agency believes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import pytest

from keys import trust
from keys.sign_in_trust import LoginProvider, login_keys
from tests.openid.running import (
    CLIENT_ID,
    SECRET,
    NoProviderError,
    RunningProvider,
    running_provider,
)
from tests.pages.journey import LANGUAGES, Language, Visitor
from tests.pages.running import ROOT, Demo, Person, running_demo
from tests.pages.test_axe import HEIGHT, WIDTHS, violations
from tests.pages.test_passkeys import AGENCY, told_at_the_agency

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def demo(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """Return a demo with a login provider, which one of its agencies believes."""
    folder: Path = tmp_path_factory.mktemp("login")
    with running_demo(folder) as found:
        niks = {login_of(person): person.nik for person in found.people}
        back = f"{found.broker}/login/callback"
        try:
            with (
                running_provider(folder, back=back, niks=niks) as provider,
                _asking(found, provider),
                _believing(found, provider),
            ):
                yield found
        except NoProviderError as error:
            pytest.skip(str(error))


def login_of(person: Person) -> str:
    """Return what she types at the provider; first names are shared."""
    return f"p{person.nik[-6:]}"


@contextmanager
def _asking(demo: Demo, provider: RunningProvider) -> Iterator[None]:
    """Name the provider in the broker's settings, and start the broker anew."""
    home = demo.home / "broker"
    (home / "login-secret").write_text(SECRET)
    with (home / "izin.toml").open("a") as file:
        file.write(f'login_issuer = "{provider.issuer}"\nlogin_client_id = "{CLIENT_ID}"\n')
        file.write('login_secret = "login-secret"\nlogin_name = "Masuk Daerah"\n')
    with _restarted(demo, "broker", demo.broker, ["serve"], IZIN_HOME=str(home)):
        yield


@contextmanager
def _believing(demo: Demo, provider: RunningProvider) -> Iterator[None]:
    """Write the provider into one agency's trust file, and start its gateway anew."""
    home = demo.home / "agencies" / AGENCY
    path = home / "trust.toml"
    trusted = trust.parse(path.read_text("utf-8"))
    login = LoginProvider(provider.issuer, CLIENT_ID, "nik", login_keys(provider.jwks))
    path.write_text(trust.format(replace(trusted, logins={login.issuer: login})), "utf-8")
    command = ["gateway", "serve", "--config", str(home / "gateway.toml")]
    with _restarted(demo, AGENCY, demo.gateways[AGENCY], command):
        yield


@contextmanager
def _restarted(
    demo: Demo, name: str, url: str, command: list[str], **environment: str
) -> Iterator[None]:
    os.kill(demo.pids[name], signal.SIGTERM)
    _wait(url, answers=False)
    process = subprocess.Popen(
        [sys.executable, "-m", "broker.cli", *command],
        cwd=ROOT,
        env={**os.environ, **environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait(url, answers=True)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _wait(url: str, *, answers: bool) -> None:
    ends = time.monotonic() + 30
    while _answers(url) != answers:
        assert time.monotonic() < ends
        time.sleep(0.05)


def _answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/healthz", timeout=2).status_code == 200
    except httpx2.HTTPError:
        return False


def at_the_provider(page: Page, login: str, back: str) -> None:
    """Sign in on the provider's own pages, until they lead back."""
    for _ in range(4):
        if page.url.startswith(back):
            return
        if page.query_selector("input[name=login]"):
            page.fill("input[name=login]", login)
            page.fill("input[name=password]", "any")
        with page.expect_navigation():
            page.click("button[type=submit]")
    assert page.url.startswith(back)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_from_an_external_login_to_an_agency_s_answer(
    browser: Browser, demo: Demo, lang: Language
) -> None:
    person = demo.person("eligible", LANGUAGES.index(lang))
    login = login_of(person)
    context = browser.new_context()
    visitor, wrong = Visitor(demo, context, lang), []
    page = visitor.page
    visitor.apply(person)
    wrong += _violations("sign-in", page)
    visitor.press("a[href^='/login/provider']")
    at_the_provider(page, login, demo.broker)
    visitor.answer()
    wrong += _violations("confirm", page)
    visitor.press("a[href$='/login']")
    at_the_provider(page, login, demo.broker)
    assert page.url == f"{demo.broker}/grants/1"
    wrong += _violations("receipt", page)
    visitor.press("a[href^='/oauth/continue']")
    context.close()
    assert [] == wrong
    told = told_at_the_agency(demo, person)
    assert "First consent here was shown by: id-token" in told
    assert "access.answered" == told[-2].split("\t")[2]
    # An agency whose agreement names no provider does not take its word.
    told = told_at_the_agency(demo, person, agency="pln")
    assert "evidence_too_weak" in told[-2]


def _violations(name: str, page: Page) -> list[str]:
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"{name} at {width}: {each}" for each in violations(page)]
    return found
