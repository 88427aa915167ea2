"""The portal's pages: read what the browser sent, hand it on, show what came of it.

Nothing is decided here. No page says whether somebody else's application exists.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from broker.programme import words
from broker.programme.errors import ReturnError
from broker.programme.outcome import view
from broker.programme.portal.guard import FORM_FIELD, Guard
from broker.programme.wiring import AskingSide
from policies.words import Words

_REF: Final = re.compile(r"[A-Za-z0-9_-]{22}", re.ASCII)
_STYLE: Final = Path(__file__).with_name("portal.css")


def language() -> str:
    """Return the page's language: Indonesian unless the address says English."""
    return "en" if request.args.get("lang") == "en" else "id"


def pages_blueprint(asking: AskingSide, guard: Guard) -> Blueprint:
    """Return the pages."""
    pages = Blueprint("pages", __name__, template_folder="templates")
    applications, policy = asking.applications, asking.applications.policy

    @pages.app_context_processor
    def _for_templates() -> dict[str, Any]:
        lang = language()
        return {
            "lang": lang,
            "say": lambda id_text, en_text: en_text if lang == "en" else id_text,
            "pick": _pick,
            "to": lambda name, **values: _to(name, lang, **values),
            "other_language": _other_language(lang),
            "form_field": FORM_FIELD,
        }

    @pages.get("/")
    def start() -> ResponseReturnValue:
        return render_template("start.html")

    @pages.get("/apply")
    def apply() -> ResponseReturnValue:
        return _apply_page({})

    @pages.post("/apply")
    def begin() -> ResponseReturnValue:
        session = guard.check_form(request)
        programme, area = request.form.get("programme", ""), request.form.get("area", "")
        problems: dict[str, Words] = {}
        if programme not in applications.programmes:
            problems["programme"] = words.CHOOSE_PROGRAMME
        found = policy.areas.get(area)
        if found is None:
            problems["area"] = words.CHOOSE_AREA
        elif not problems and programme not in found.programmes:
            problems["area"] = words.NOT_OPEN_HERE
        if problems:
            return _apply_page(problems), 422
        where = applications.begin(programme, area, session=session, lang=language())
        return redirect(where, 303)

    @pages.get("/return")
    def come_back() -> ResponseReturnValue:
        session = guard.session(request)
        names = list(request.args)
        # A repeated parameter is read differently by different programs: take none.
        if session is None or any(len(request.args.getlist(name)) > 1 for name in names):
            raise ReturnError("the return is not to a request of this session")
        application = applications.returned(request.args.to_dict(), session=session)
        return redirect(_to("outcome", application.lang, ref=application.ref), 303)

    @pages.get("/applications/<ref>")
    def outcome(ref: str) -> ResponseReturnValue:
        session = guard.session(request)
        records = applications.records
        found = None
        if session is not None and _REF.fullmatch(ref):
            found = records.find(ref, session=session)
        if found is None or session is None:
            raise NotFound
        return render_template(
            "outcome.html",
            view=view(found, records.verifications(found), records.decisions(found), policy),
            results=words.RESULTS,
            answers=words.ANSWERS,
            token=guard.form_token(session),
            trace_url=asking.settings.issuer + asking.settings.trace_page,
        )

    @pages.post("/applications/<ref>/again")
    def again(ref: str) -> ResponseReturnValue:
        session = guard.check_form(request)
        if not _REF.fullmatch(ref) or applications.again(ref, session=session) is None:
            raise NotFound
        return redirect(_to("outcome", language(), ref=ref), 303)

    @pages.post("/leave")
    def leave() -> ResponseReturnValue:
        guard.check_form(request)
        response = make_response(redirect(_to("start", language()), 303))
        guard.end_session(response)
        return response

    @pages.get("/portal.css")
    def style() -> Response:
        response = Response(_STYLE.read_text("utf-8"), mimetype="text/css")
        response.headers["Cache-Control"] = "public, max-age=3600"
        return response

    @pages.get("/healthz")
    def healthz() -> Response:
        return Response('{"status":"ok"}', mimetype="application/json")

    def _apply_page(problems: Mapping[str, Words]) -> Response:
        session = guard.session(request) or guard.new_session()
        response = make_response(
            render_template(
                "apply.html",
                problems=problems,
                token=guard.form_token(session),
                programmes=[
                    (name, _pick(policy.programmes[name].name)) for name in applications.programmes
                ],
                areas=[(each.code, each.name) for each in policy.areas.values()],
                chosen_programme=request.form.get("programme", ""),
                chosen_area=request.form.get("area", ""),
            )
        )
        guard.set_session(response, session)
        return response

    return pages


def _pick(text: Words) -> str:
    return text.en if language() == "en" else text.id


def _to(name: str, lang: str, **values: Any) -> str:
    """Return a page's address that keeps the language."""
    if lang == "en":
        values["lang"] = "en"
    return url_for(f"pages.{name}", **values)


def _other_language(lang: str) -> str:
    """Return this page's address in the other language; the start page for one without its own."""
    path = request.path if request.method == "GET" and request.path != "/return" else "/"
    return path if lang == "en" else f"{path}?lang=en"
