"""Writing every agency's databases and telling its gateway how to ask them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Final

from broker.demo.facts import BANKS
from broker.demo.population import Resident
from broker.demo.registries import (
    atr_bpn,
    bpbd,
    bpjs_kes,
    bpjs_tk,
    dtsen,
    dukcapil,
    himbara,
    pln,
    polri,
)
from broker.demo.registries.database import Tables, write_database
from broker.errors import BrokerError


@dataclass(frozen=True)
class Shape:
    """One database: its file, its tables, and the rows that residents have in them."""

    file: str
    schema: str
    tables: Callable[[Sequence[Resident], date], Tables]


SHAPES: Final[Mapping[str, tuple[Shape, ...]]] = {
    "dtsen": (Shape("dtsen.db", dtsen.SCHEMA, dtsen.tables),),
    "bpjs_tk": (Shape("bpjs_tk.db", bpjs_tk.SCHEMA, bpjs_tk.tables),),
    "bpjs_kes": (Shape("bpjs_kes.db", bpjs_kes.SCHEMA, bpjs_kes.tables),),
    "atr_bpn": (Shape("atr_bpn.db", atr_bpn.SCHEMA, atr_bpn.tables),),
    "polri": (Shape("polri.db", polri.SCHEMA, polri.tables),),
    "himbara": tuple(
        Shape(f"himbara_{bank}.db", himbara.SCHEMAS[bank], partial(himbara.tables, bank))
        for bank in BANKS
    ),
    "dukcapil": (Shape("dukcapil.db", dukcapil.SCHEMA, dukcapil.tables),),
    "pln": (Shape("pln.db", pln.SCHEMA, pln.tables),),
    "bpbd": (Shape("bpbd.db", bpbd.SCHEMA, bpbd.tables),),
}
AGENCIES: Final = tuple(SHAPES)


def seed_registries(folder: Path, residents: Sequence[Resident], *, today: date) -> None:
    """Write every agency's databases into `folder`, which must not hold any of them yet.

    residents: applicants and background together. today: the day from which "three months ago"
    and the like are counted back.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for shapes in SHAPES.values():
        for shape in shapes:
            write_database(folder / shape.file, shape.schema, shape.tables(residents, today))


def registry_toml(agency: str, folder: Path) -> str:
    """Return the `[sources]` and `[questions]` tables of the agency's gateway settings.

    folder: where `seed_registries` wrote the databases.
    """
    if agency not in SHAPES:
        raise BrokerError("the demo has no such agency")
    template = files(__package__).joinpath(f"{agency}.toml").read_text("utf-8")
    # JSON's way of quoting is TOML's as well; a folder's name may hold a quote or a backslash.
    quoted = json.dumps(folder.absolute().as_posix())[1:-1]
    return template.replace("@FOLDER@", quoted)
