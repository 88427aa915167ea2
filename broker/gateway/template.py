"""A first gateway.toml, with a comment for everything that the agency must fill in."""

from __future__ import annotations

import os
from pathlib import Path

from broker.gateway.errors import GatewaySettingsError
from broker.gateway.settings import parse_settings
from broker.gateway.setup import SETTINGS_NAME
from policies.catalogue import Question
from policies.load import load

_TEMPLATE = """\
# The gateway of {agency}. Every setting is explained in docs/settings.md.
[gateway]
agency = "{agency}"
origin = "{agency}.{origin}"
url = "{url}"
port = {port}

# Where the registry's data is; as many as there are, by names of your own. Read only.
# [sources.main]
# url = "sqlite:////srv/registry.db"
# as_of = "SELECT MAX(day) FROM updates"   # or a date: how old the data is

# One statement a question. Parameters: :nik, :today, and the question's own. It answers with one
# value; no row at all means that the person is not known, and is answered `unknown`.
{questions}"""

_QUESTION = """\
# [questions.{id}]
# # {text}
# statement = "SELECT ... FROM ... WHERE nik = :nik"
# operator = "{operator}"
{param}"""


def write_template(
    home: Path, *, agency: str | None, origin: str | None, url: str | None, port: int
) -> None:
    """Write `home`/gateway.toml; raises GatewaySettingsError where an option is missing."""
    if agency is None or origin is None or url is None:
        raise GatewaySettingsError("for a new gateway.toml give --agency, --origin and --url")
    catalogue = load().catalogue
    questions = catalogue.of_agency(agency)
    if not questions:
        raise GatewaySettingsError("the catalogue has no such agency")
    table = {"agency": agency, "origin": f"{agency}.{origin}", "url": url, "port": port}
    parse_settings({"gateway": table}, home=home)
    text = _TEMPLATE.format(
        agency=agency,
        origin=origin,
        url=url,
        port=port,
        questions="\n".join(_block(one) for one in questions),
    )
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    # For its owner only: a source's url may hold a password.
    descriptor = os.open(home / SETTINGS_NAME, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _block(question: Question) -> str:
    """Return one question's commented lines: a number to compare with, or a plain yes or no."""
    numbers = [
        name for name, values in question.params.items() if all(type(v) is int for v in values)
    ]
    return _QUESTION.format(
        id=question.id,
        text=question.text.en,
        operator="above" if numbers else "holds",
        param=f'# param = "{numbers[0]}"\n' if numbers else "",
    )
