"""The portal through a browser's eyes; the broker is replaced at the HTTP edge only."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx2
import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from broker.programme.portal.app import build_app
from broker.programme.settings import Files, ProgrammeSettings
from broker.programme.setup import prepare_programme
from broker.programme.wiring import AskingSide, open_asking_side
from keys import trust
from keys.trust import BrokerTrust, TrustFile
from policies.load import load
from tests.broker.programme.asking_world import (
    BROKER_ROOT,
    CONSENT_KEY,
    NOW,
    ORIGIN,
    SUBJECT,
    TestAgency,
    World,
)
from tests.broker.programme.fake_broker import ISSUER, FakeBroker

PORTAL = "http://127.0.0.1:8200"
KEMIREN = "35.10.15.2004"
GOOD = {
    "alive": "yes",
    "lives_in": "yes",
    "owns_car": "no",
    "wage_above": "no",
    "balance_above": "no",
    "power_above": "no",
    "decile_at_most": "yes",
    "premium_paid_by_state": "yes",
    "land_area_above": "no",
}


class Browser:
    """One person's browser at the portal."""

    def __init__(self, client: FlaskClient, broker: FakeBroker) -> None:
        self.client = client
        self.broker = broker

    def token(self, path: str = "/apply") -> str:
        found = re.search(r'name="form_token" value="([^"]+)"', self.client.get(path).text)
        assert found is not None
        return found[1]

    def apply(self, programme: str = "pkh", area: str = KEMIREN, query: str = "") -> str:
        """Apply, and return where the broker asks."""
        form = {"form_token": self.token(), "programme": programme, "area": area}
        response = self.client.post(f"/apply{query}", data=form)
        assert response.status_code == 303, response.text
        return response.headers["Location"]

    def come_back(self, url: str, **changes: str | None) -> str:
        """Return from the broker, and return the outcome page's address."""
        response = self.client.get(self.broker.back(url, **changes))
        assert response.status_code == 303, response.text
        return response.headers["Location"]

    def outcome(self, where: str) -> tuple[str, list[str], str]:
        """Return result, reasons and text of an outcome page."""
        response = self.client.get(where)
        assert response.status_code == 200
        found = re.search(r'<main data-result="(\w+)" data-reasons="([^"]*)">', response.text)
        assert found is not None
        return found[1], found[2].split(), response.text

    def again(self, where: str) -> None:
        path = where.partition("?")[0]
        data = {"form_token": self.token(where)}
        assert self.client.post(f"{path}/again", data=data).status_code == 303


@pytest.fixture
def broker(tmp_path: Path) -> FakeBroker:
    fake = FakeBroker(World(tmp_path))
    fake.answers = dict(GOOD)
    return fake


@pytest.fixture
def asking(tmp_path: Path, broker: FakeBroker) -> Any:
    home = tmp_path / "programme"
    made = [
        prepare_programme(home, name, f"perlinsos-{name}", clock=lambda: NOW)
        for name in ("pkh", "bpnt")
    ]
    broker.jwks = {each.client_id: each.jwks for each in made}
    broker.roots = {each.programme: each.root for each in made}
    trusted = TrustFile(
        BrokerTrust(
            ORIGIN, broker.world.log.vkey, ISSUER, (CONSENT_KEY.public,), BROKER_ROOT.public
        ),
        {each.programme: each.root for each in made},
        {name: TestAgency(name).root.public for name in load().catalogue.agencies},
    )
    (home / "trust.toml").write_text(trust.format(trusted))
    opened = open_asking_side(
        ProgrammeSettings(Files(home), issuer=ISSUER, url=PORTAL, trace_page="/trace"),
        http=httpx2.Client(transport=httpx2.WSGITransport(app=broker.app)),
        clock=lambda: NOW,
    )
    yield opened
    opened.close()


@pytest.fixture
def browser(asking: AskingSide, broker: FakeBroker) -> Browser:
    return Browser(build_app(asking).test_client(), broker)


def entry_of(text: str) -> str:
    found = re.search(r"<strong>(\d+)</strong>", text)
    assert found is not None
    return found[1]


def test_an_application_ends_in_a_decision_with_every_reason_and_its_entry(
    browser: Browser, broker: FakeBroker
) -> None:
    where = browser.come_back(browser.apply())
    result, reasons, text = browser.outcome(where)
    assert result == "eligible"
    assert reasons[0] == "points"
    assert "dtsen.decile_at_most" in reasons
    assert text.count('data-status="answered"') == len(broker.world.agencies)
    assert f'href="{ISSUER}/trace"' in text
    assert entry_of(text) == str(next(iter(broker.decisions.values())))


@pytest.mark.parametrize("programme", ["pkh", "bpnt"])
def test_each_programme_asks_with_its_own_client_and_keys(
    browser: Browser, broker: FakeBroker, programme: str
) -> None:
    url = browser.apply(programme)
    assert f"client_id=perlinsos-{programme}" in url
    pushed = next(iter(broker.pushed.values()))
    assert f'"programme":"{programme}"' in pushed["authorization_details"]
    assert pushed["redirect_uri"] == f"{PORTAL}/return"


def test_an_exclusion_is_shown_with_its_reason_in_indonesian_and_english(
    browser: Browser, broker: FakeBroker
) -> None:
    broker.answers["owns_car"] = "yes"
    where = browser.come_back(browser.apply())
    result, reasons, text = browser.outcome(where)
    assert (result, reasons[0]) == ("not_eligible", "polri.owns_car")
    assert "Ada mobil terdaftar atas nama orang ini." in text
    assert '<html lang="id">' in text
    english = browser.outcome(f"{where}?lang=en")[2]
    assert "A car is registered in this person&#39;s name." in english
    assert '<html lang="en">' in english


def test_english_is_kept_through_the_whole_application(browser: Browser) -> None:
    where = browser.come_back(browser.apply(query="?lang=en"))
    assert where.endswith("?lang=en")


def test_a_declined_agency_is_unknown_to_the_formula(browser: Browser, broker: FakeBroker) -> None:
    broker.declined = {"himbara"}
    result, reasons, text = browser.outcome(browser.come_back(browser.apply()))
    assert (result, reasons[0]) == ("needs_review", "unknown.himbara.balance_above")
    assert 'data-status="declined"' in text


def test_a_no_leads_to_another_way_and_to_nobody_being_asked(
    browser: Browser, broker: FakeBroker
) -> None:
    where = browser.come_back(browser.apply(), code=None, error="access_denied")
    result, reasons, text = browser.outcome(where)
    assert (result, reasons) == ("needs_review", ["declined"])
    assert "Petugas menilai dengan cara lain" in text
    assert broker.requests == []


def test_after_a_withdrawal_asking_again_is_refused_in_plain_words(
    browser: Browser, broker: FakeBroker
) -> None:
    where = browser.come_back(browser.apply())
    broker.withdrawn = True
    browser.again(where)
    result, reasons, text = browser.outcome(where)
    assert (result, reasons) == ("refused", ["grant_live"])
    assert "Tidak ada persetujuan yang sedang berlaku." in text
    assert 'data-earlier="eligible"' in text
    assert 'data-status="answered"' not in text
    assert len(broker.requests) == 2
    assert broker.requests[0]["request_id"] != broker.requests[1]["request_id"]


def test_slow_agencies_are_waited_for(browser: Browser, broker: FakeBroker) -> None:
    broker.pending_polls = 2
    assert browser.outcome(browser.come_back(browser.apply()))[0] == "eligible"


def test_a_forged_answer_counts_as_unknown_and_is_reported(
    browser: Browser, broker: FakeBroker
) -> None:
    """The broker answers for the police with a key of its own."""
    broker.world.agencies["polri"] = TestAgency("nobody")
    with capture_logs() as lines:
        result, reasons, text = browser.outcome(browser.come_back(browser.apply()))
    assert (result, reasons[0]) == ("needs_review", "unknown.polri.owns_car")
    assert 'data-status="faulty"' in text
    reported = [line for line in lines if line["event"] == "answer.not_believed"]
    assert [(line["agency"], line["reason"]) for line in reported] == [
        ("polri", "answer_not_genuine")
    ]


def test_no_log_line_has_the_subject_or_an_answer(browser: Browser, broker: FakeBroker) -> None:
    broker.world.agencies["polri"] = TestAgency("nobody")
    with capture_logs() as lines:
        browser.come_back(browser.apply())
    text = repr(lines)
    assert SUBJECT not in text
    assert not re.search(r"\b(yes|no|unknown|eligible|token-1)\b", text)


def test_a_lost_response_is_asked_for_again_under_the_same_request_id(
    browser: Browser, broker: FakeBroker
) -> None:
    def lose(_items: Any) -> Any:
        raise RuntimeError("the connection breaks")

    broker.app.config["PROPAGATE_EXCEPTIONS"] = False
    broker.change = lose
    where = browser.come_back(browser.apply())
    assert browser.outcome(where)[:2] == ("needs_review", ["izin_unavailable"])
    broker.change = lambda items: items
    browser.again(where)
    assert browser.outcome(where)[0] == "eligible"
    assert broker.requests[0]["request_id"] == broker.requests[1]["request_id"]


def test_a_decision_that_the_log_missed_is_posted_later(
    browser: Browser, broker: FakeBroker, asking: AskingSide
) -> None:
    broker.decision_problem = "log-unavailable"
    where = browser.come_back(browser.apply())
    assert "belum tercatat" in browser.outcome(where)[2]
    broker.decision_problem = None
    asking.applications.settle()
    assert entry_of(browser.outcome(where)[2]) == str(next(iter(broker.decisions.values())))


def test_a_decision_under_a_formula_that_is_not_in_force_does_not_count(
    browser: Browser, broker: FakeBroker
) -> None:
    broker.decision_problem = "formula-not-in-force"
    result, reasons, text = browser.outcome(browser.come_back(browser.apply()))
    assert (result, reasons) == ("needs_review", ["formula_not_in_force"])
    assert "Petugas menilai dengan cara lain" in text


@pytest.mark.parametrize(
    "change",
    [
        {"token_type": "Bearer"},
        {"grant_id": "short"},
        {"authorization_details": []},
        {
            "authorization_details": [
                {
                    "type": "social_assistance_verification",
                    "programme": "pkh",
                    "purpose": "eligibility",
                    "questions": [{"agency": "bpbd", "question": "alive"}],
                }
            ]
        },
    ],
)
def test_a_token_that_is_not_what_was_asked_for_is_not_used(
    browser: Browser, broker: FakeBroker, change: dict[str, Any]
) -> None:
    broker.change_token = lambda body: {**body, **change}
    result, reasons, _ = browser.outcome(browser.come_back(browser.apply()))
    assert (result, reasons) == ("needs_review", ["not_finished"])
    assert broker.requests == []


# Who may see and do what


def test_a_return_from_another_issuer_is_not_used(browser: Browser, broker: FakeBroker) -> None:
    where = browser.come_back(browser.apply(), iss="https://evil.example")
    assert browser.outcome(where)[:2] == ("needs_review", ["not_finished"])
    assert broker.requests == []


def test_a_return_without_iss_is_not_used(browser: Browser, broker: FakeBroker) -> None:
    browser.come_back(browser.apply(), iss=None)
    assert broker.requests == []


def test_a_return_with_another_state_finds_nothing(browser: Browser, broker: FakeBroker) -> None:
    response = browser.client.get(broker.back(browser.apply(), state="x" * 43))
    assert response.status_code == 400
    assert broker.requests == []


def test_a_return_in_another_browser_finds_nothing(
    browser: Browser, broker: FakeBroker, asking: AskingSide
) -> None:
    """An attacker who sends a victim to the end of the attacker's own request gets nowhere."""
    back = broker.back(browser.apply())
    other = Browser(build_app(asking).test_client(), broker)
    other.token()
    assert other.client.get(back).status_code == 400
    assert broker.requests == []


def test_a_return_that_is_loaded_twice_asks_once(browser: Browser, broker: FakeBroker) -> None:
    back = broker.back(browser.apply())
    assert browser.client.get(back).status_code == 303
    assert browser.client.get(back).status_code == 400
    assert len(broker.requests) == 1


def test_nobody_else_sees_an_application(
    browser: Browser, broker: FakeBroker, asking: AskingSide
) -> None:
    where = browser.come_back(browser.apply())
    other = Browser(build_app(asking).test_client(), broker)
    data = {"form_token": other.token()}
    assert other.client.get(where).status_code == 404
    assert other.client.post(f"{where}/again", data=data).status_code == 404
    assert len(broker.requests) == 1


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_a_form_from_elsewhere_is_refused(
    browser: Browser, broker: FakeBroker, headers: dict[str, str]
) -> None:
    form = {"form_token": browser.token(), "programme": "pkh", "area": KEMIREN}
    assert browser.client.post("/apply", data=form, headers=headers).status_code == 403
    assert broker.pushed == {}


def test_a_form_without_its_token_is_refused(browser: Browser, broker: FakeBroker) -> None:
    browser.token()
    form = {"programme": "pkh", "area": KEMIREN}
    assert browser.client.post("/apply", data=form).status_code == 403
    assert broker.pushed == {}


@pytest.mark.parametrize("form", [{"programme": "x"}, {"programme": "pkh", "area": "1"}])
def test_a_wrong_choice_is_asked_for_again(browser: Browser, form: dict[str, str]) -> None:
    response = browser.client.post("/apply", data={"form_token": browser.token(), **form})
    assert response.status_code == 422
    assert 'role="alert"' in response.text


def test_a_broker_that_is_away_is_said_so(browser: Browser, broker: FakeBroker) -> None:
    form = {"form_token": browser.token(), "programme": "pkh", "area": KEMIREN}
    broker.down = True
    response = browser.client.post("/apply", data=form)
    assert response.status_code == 503
    assert "coba lagi nanti" in response.text


@pytest.mark.parametrize("path", ["/", "/apply", "/nowhere"])
def test_pages_run_no_script_and_may_lead_to_the_broker_only(browser: Browser, path: str) -> None:
    response = browser.client.get(path)
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert f"form-action 'self' {ISSUER};" in policy
    assert "<script" not in response.text
    assert "style=" not in response.text
    assert response.headers["Cache-Control"] == "no-store"


def test_the_cookie_says_nothing_and_the_database_does_not_hold_it(
    browser: Browser, tmp_path: Path
) -> None:
    browser.come_back(browser.apply())
    cookie = browser.client.get_cookie("perlinsos", domain="localhost")
    assert cookie is not None
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    stored = b"".join(each.read_bytes() for each in (tmp_path / "programme").glob("*.db*"))
    for secret in (cookie.value.encode(), SUBJECT.encode(), b"token-1", b"owns_car", b"eligible"):
        assert secret not in stored
