"""The pages on which a person replaces her trace key, under her own sign-in.

What happens is said before it happens, and nothing happens without her "yes".
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect
from werkzeug.wrappers import Response as WerkzeugResponse

from audit.trace import format_trace_key
from consent import key_wording
from consent.pages import Pages
from consent.qr import inline_svg


def add_replacing(blueprint: Blueprint, pages: Pages) -> None:
    """Add /trace/key and /trace/key/new."""
    deps = pages.deps

    @blueprint.get("/trace/key")
    def ask_replace_key() -> Response:
        pages.person_id()
        return pages.show("replace_key", k=key_wording)

    @blueprint.post("/trace/key")
    def replace_key() -> WerkzeugResponse:
        deps.trace_keys.replace(pages.person_id())
        # A page of its own: loading it again must not replace the key again.
        return redirect("/trace/key/new", 303)

    @blueprint.get("/trace/key/new")
    def new_key() -> Response:
        trace_key = format_trace_key(deps.log.origin, pages.person().trace_key)
        return pages.show(
            "new_key", k=key_wording, trace_key=trace_key, trace_key_svg=inline_svg(trace_key)
        )
