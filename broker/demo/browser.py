"""What a browser without scripts does: follow links and redirects, keep cookies, send forms.

The demo's applicants use the very pages that people use; nothing here knows an inner address.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final
from urllib.parse import urljoin

import httpx2

from broker.demo.processes import DemoError

MOST_REDIRECTS: Final = 10


@dataclass
class Form:
    """A form: where it goes, what it holds now, and the values that each choice offers.

    legends: the words that a group of choices stands under, by the choice's name.
    """

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    choices: dict[str, list[str]] = field(default_factory=dict)
    buttons: list[tuple[str, str]] = field(default_factory=list)
    legends: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page as a program can read it. main: the attributes of its <main>."""

    url: str
    status: int
    text: str
    forms: list[Form]
    links: list[str]
    main: Mapping[str, str]


class Browser:
    """One person's browser, with her cookies."""

    def __init__(self, *, timeout_seconds: float = 60) -> None:
        self._http = httpx2.Client(timeout=timeout_seconds, follow_redirects=False)

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def open(self, url: str) -> Page:
        """Open `url` and whatever it redirects to."""
        return self._follow("GET", url, None)

    def send(self, page: Page, form: Form, values: Mapping[str, str]) -> Page:
        """Fill in `form` of `page` with `values` over what it holds, and send it."""
        unknown = sorted(set(values) - set(form.values) - set(form.choices) - _names(form))
        if unknown:
            raise DemoError(f"the form has no field {unknown[0]}")
        content = {**form.values, **values}
        return self._follow(form.method.upper(), urljoin(page.url, form.action), content)

    def _follow(self, method: str, url: str, content: Mapping[str, str] | None) -> Page:
        referer: dict[str, str] = {}
        for _ in range(MOST_REDIRECTS):
            if method == "POST":
                # As a browser does; the pages check where a form was sent from.
                origin = "/".join(url.split("/", 3)[:3])
                headers = {**referer, "Origin": origin, "Sec-Fetch-Site": "same-origin"}
                response = self._http.post(url, data=content, headers=headers)
            else:
                response = self._http.get(url, params=content, headers=referer)
            if response.status_code not in {301, 302, 303}:
                return _read(response)
            url, method, content = urljoin(url, response.headers["Location"]), "GET", None
        raise DemoError("a page redirects without end")


def _names(form: Form) -> set[str]:
    return {name for name, _ in form.buttons}


def _read(response: httpx2.Response) -> Page:
    parser = _PageParser()
    parser.feed(response.text)
    return Page(
        url=str(response.url),
        status=response.status_code,
        text=response.text,
        forms=parser.forms,
        links=parser.links,
        main=parser.main,
    )


class _PageParser(HTMLParser):
    """Collects forms, links and <main>."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.links: list[str] = []
        self.main: Mapping[str, str] = {}
        self._form: Form | None = None
        self._select: str | None = None
        self._legend = ""
        self._in_legend = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        got = {name: value or "" for name, value in attrs}
        if tag == "main":
            self.main = got
        elif tag == "a" and "href" in got:
            self.links.append(got["href"])
        elif tag == "form":
            self._form = Form(got.get("action", ""), got.get("method", "get"))
            self.forms.append(self._form)
        elif tag == "legend":
            self._legend, self._in_legend = "", True
        elif self._form is not None:
            self._field(self._form, tag, got)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "legend":
            self._in_legend = False

    def handle_data(self, data: str) -> None:
        if self._in_legend:
            self._legend += data

    def _field(self, form: Form, tag: str, got: dict[str, str]) -> None:
        name, kind = got.get("name", ""), got.get("type", "text")
        if tag == "select":
            self._select = name
            form.choices[name] = []
        elif tag == "option" and self._select is not None:
            form.choices[self._select].append(got.get("value", ""))
            if "selected" in got:
                form.values[self._select] = got.get("value", "")
        elif tag == "button" or (tag == "input" and kind == "submit"):
            form.buttons.append((name, got.get("value", "")))
        elif tag == "input" and kind in {"radio", "checkbox"}:
            form.choices.setdefault(name, []).append(got.get("value", "on"))
            form.legends.setdefault(name, self._legend)
            if "checked" in got:
                form.values[name] = got.get("value", "on")
        elif tag == "input" and name:
            form.values[name] = got.get("value", "")


def link(page: Page, beginning: str) -> str:
    """Return the target of the first link whose address begins so; raises DemoError."""
    for each in page.links:
        if each.startswith(beginning):
            return urljoin(page.url, each)
    raise DemoError(f"a page lacks the link {beginning} that people need")
