"""The page that checks a receipt from a disk, in a real browser: what it says and never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from audit.note import format_vkey
from audit.receipt import ProofText, format_proof_text, parse_proof_text
from audit.receipt_page import receipt_page
from audit.receipt_words import PAGE, WHY
from tests.audit.memory_log import TestSigner
from tests.pages.test_axe import violations
from tests.receipts import Paper, paper_of
from tests.world import World

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

# What browsers from before 2025 do when asked for Ed25519.
WITHOUT_ED25519 = """
const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, key, algorithm, ...rest) =>
  algorithm.name === "Ed25519"
    ? Promise.reject(new DOMException("no such algorithm", "NotSupportedError"))
    : real(format, key, algorithm, ...rest);
"""
WITHOUT_CRYPTO = "Object.defineProperty(globalThis.crypto, 'subtle', {value: undefined});"


@pytest.fixture
def paper(world: World) -> Paper:
    world.consent(world.person("eligible"))
    return paper_of(world, world.consent(world.person("eligible")))


@pytest.fixture(params=["the browser's Ed25519", "our own Ed25519"])
def page(
    request: pytest.FixtureRequest, browser: Browser, world: World, tmp_path: Path
) -> Iterator[Page]:
    """Open the saved file; fail if anything at all is asked of a network."""
    path = tmp_path / "receipt.html"
    path.write_bytes(receipt_page(world.prepared.vkey))
    context = browser.new_context()
    if request.param == "our own Ed25519":
        context.add_init_script(WITHOUT_ED25519)
    opened = context.new_page()
    asked: list[str] = []
    opened.on("request", lambda each: asked.append(each.url))
    errors: list[str] = []
    opened.on("pageerror", lambda each: errors.append(str(each)))
    opened.on("console", lambda each: errors.append(each.text) if each.type == "error" else None)
    opened.goto(path.as_uri())
    yield opened
    context.close()
    assert [path.as_uri()] == asked
    assert [] == errors


def verdict(page: Page, part_a: str, part_b: str, vkey: str | None = None) -> str:
    """Fill in and press; return what the page says first."""
    page.fill("#part-a", part_a)
    page.fill("#part-b", part_b)
    if vkey is not None:
        page.fill("#vkey", vkey)
    page.evaluate("document.getElementById('result').hidden = true")
    page.click("button[type=submit]")
    page.wait_for_selector("#result:not([hidden])")
    return page.inner_text("#verdict")


def test_a_true_receipt_holds(page: Page, world: World, paper: Paper) -> None:
    assert "COCOK" == verdict(page, paper.part_a, paper.part_b)
    assert "izin nomor 2" in page.inner_text("#detail")
    assert 7 == page.locator("#steps li").count()
    assert "TIDAK" not in page.inner_text("#steps")
    assert paper.part_b.rsplit(":", 1)[1] not in page.inner_text("body")
    assert "COCOK" == verdict(page, paper.part_a, paper.part_b.rsplit(":", 1)[1])


def test_another_person_s_part_b_does_not_hold(page: Page, world: World, paper: Paper) -> None:
    other = paper_of(world, world.consent(world.person("declines")))
    assert "TIDAK COCOK (langkah 5)" == verdict(page, paper.part_a, other.part_b)
    assert WHY["number"].id == page.inner_text("#detail")
    assert "COCOK" == verdict(page, other.part_a, other.part_b)


def test_a_receipt_of_another_number_does_not_hold(page: Page, paper: Paper) -> None:
    other = paper.part_a.replace(":2:dtsen", ":1:dtsen", 1)
    assert other != paper.part_a
    assert "TIDAK COCOK (langkah 5)" == verdict(page, other, paper.part_b)


def test_a_log_of_another_key_does_not_hold(page: Page, world: World, paper: Paper) -> None:
    signer = TestSigner(name=world.broker.log.origin, seed=9)
    vkey = format_vkey(signer.name, signer.public_key)
    assert "TIDAK COCOK (langkah 3)" == verdict(page, paper.part_a, paper.part_b, vkey)
    elsewhere = format_vkey("other.example", signer.public_key)
    assert "TIDAK COCOK (langkah 2)" == verdict(page, paper.part_a, paper.part_b, elsewhere)


def test_a_share_of_another_key_does_not_hold(page: Page, paper: Paper) -> None:
    said = parse_proof_text(paper.part_a)
    fewer = ProofText(said.origin, said.n, said.entry, said.proof, said.agencies[1:])
    assert "TIDAK COCOK (langkah 6)" == verdict(page, format_proof_text(fewer), paper.part_b)


def test_every_flipped_byte_of_part_a_is_noticed(page: Page, world: World, paper: Paper) -> None:
    """Through the page's own function: pressing the button three thousand times takes minutes."""
    unnoticed = page.evaluate(
        """async ([partA, partB, vkey, step]) => {
          const unnoticed = [];
          for (let place = 0; place < partA.length; place += step) {
            const flipped = String.fromCharCode(partA.charCodeAt(place) ^ 1);
            const text = partA.slice(0, place) + flipped + partA.slice(place + 1);
            try { await checkReceipt(text, partB, vkey); unnoticed.push(place); }
            catch (error) { if (!(error instanceof Fails)) unnoticed.push(String(error)); }
          }
          return unnoticed;
        }""",
        [paper.part_a, paper.part_b, world.prepared.vkey, 7],
    )
    assert [] == unnoticed


def test_what_cannot_be_checked_is_told_apart(page: Page, paper: Paper) -> None:
    assert "Belum dapat diperiksa" == verdict(page, paper.part_a, "izin-trace:1:x")
    assert "Belum dapat diperiksa" == verdict(page, paper.part_a, paper.part_b, "nonsense")


def test_it_is_used_with_the_keyboard_alone(page: Page, paper: Paper, tmp_path: Path) -> None:
    file = tmp_path / "izin-2.txt"
    file.write_text(paper.part_a, "utf-8")
    page.set_input_files("#file", file)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # the language
    assert "en" == page.get_attribute("html", "lang")
    page.focus("#part-a")
    page.keyboard.press("Tab")
    page.keyboard.type(paper.part_b)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:not([hidden])")
    assert "IT HOLDS" == page.inner_text("#verdict")
    assert "result" == page.evaluate("document.activeElement.id")
    page.focus("button[type=reset]")
    page.keyboard.press("Enter")
    assert ("", "") == (page.input_value("#part-a"), page.input_value("#part-b"))
    assert not page.is_visible("#result")


def test_both_languages_say_all_and_never_both_at_once(page: Page) -> None:
    for lang, other in (("id", "en"), ("en", "id")):
        text = page.inner_text("main")
        for words in (PAGE["TITLE"], PAGE["OFFLINE"], PAGE["PART_B_HINT"]):
            assert getattr(words, lang) in text
            assert getattr(words, other) not in text
        page.click("#language")


def test_a_changed_script_does_not_run(browser: Browser, world: World, tmp_path: Path) -> None:
    path = tmp_path / "changed.html"
    raw = receipt_page(world.prepared.vkey).replace(b'"use strict";', b'"use strict";alert(1);')
    path.write_bytes(raw)
    opened = browser.new_page()
    opened.goto(path.as_uri())
    assert "undefined" == opened.evaluate("typeof checkReceipt")
    opened.close()


def test_a_browser_without_cryptography_says_so(
    browser: Browser, world: World, paper: Paper, tmp_path: Path
) -> None:
    path = tmp_path / "receipt.html"
    path.write_bytes(receipt_page(world.prepared.vkey))
    context = browser.new_context()
    context.add_init_script(WITHOUT_CRYPTO)
    opened = context.new_page()
    opened.goto(path.as_uri())
    assert "Belum dapat diperiksa" == verdict(opened, paper.part_a, paper.part_b)
    context.close()


def test_it_fits_a_small_telephone_and_axe_finds_nothing(
    browser: Browser, world: World, paper: Paper, tmp_path: Path
) -> None:
    path = tmp_path / "receipt.html"
    path.write_bytes(receipt_page(world.prepared.vkey))
    # Axe is a script, which the page's own policy lets not run.
    context = browser.new_context(bypass_csp=True)
    opened = context.new_page()
    opened.goto(path.as_uri())
    for part_b in (paper.part_b, "izin-trace:1:x"):
        verdict(opened, paper.part_a, part_b)
        for width in (320, 360, 1280):
            opened.set_viewport_size({"width": width, "height": 740})
            assert width >= opened.evaluate("document.documentElement.scrollWidth")
            assert [] == violations(opened)
    small = opened.evaluate(
        "[...document.querySelectorAll('button, input')].map(each => each.getBoundingClientRect())"
        ".filter(box => Math.min(box.width, box.height) < 44).length"
    )
    assert 0 == small
    context.close()


def test_our_own_ed25519_gives_every_wycheproof_verdict(
    browser: Browser, vectors: Path, tmp_path: Path
) -> None:
    suite = json.loads((vectors / "crypto" / "wycheproof-ed25519.json").read_text("utf-8"))
    cases = [
        [group["publicKey"]["pk"], each["msg"], each["sig"], each["result"] == "valid"]
        for group in suite["testGroups"]
        for each in group["tests"]
        if len(each["sig"]) == 128  # the caller refuses other lengths
    ]
    path = tmp_path / "receipt.html"
    path.write_bytes(receipt_page())
    opened = browser.new_page()
    opened.goto(path.as_uri())
    wrong = opened.evaluate(
        """async (cases) => {
          const raw = (text) =>
            Uint8Array.from(text.match(/../g) || [], (each) => parseInt(each, 16));
          const wrong = [];
          for (const [key, message, signature, expected] of cases) {
            const verdict = await ownEd25519(raw(key), raw(signature), raw(message));
            if (verdict !== expected) wrong.push([key, message, signature]);
          }
          return wrong;
        }""",
        cases,
    )
    opened.close()
    assert len(cases) > 100
    assert [] == wrong
