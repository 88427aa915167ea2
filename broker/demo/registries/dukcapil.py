"""Dukcapil: residents with their civil status and the code of where they live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from broker.demo.population import Resident
from broker.demo.registries.calendar import days_ago
from broker.demo.registries.database import Row, Tables

SCHEMA: Final = """
CREATE TABLE pemutakhiran (tanggal TEXT NOT NULL) STRICT;
CREATE TABLE penduduk (
    nik TEXT PRIMARY KEY,
    no_kk TEXT NOT NULL,
    nama TEXT NOT NULL,
    tgl_lahir TEXT NOT NULL,
    jenis_kelamin TEXT NOT NULL CHECK (jenis_kelamin IN ('L', 'P')),
    kode_desa TEXT NOT NULL, -- without dots
    status TEXT NOT NULL CHECK (status IN ('HIDUP', 'MENINGGAL'))
) STRICT;
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    rows: list[Row] = [
        (
            each.nik,
            each.family_card,
            each.name.upper(),
            each.born.isoformat(),
            "P" if each.sex == "f" else "L",
            each.village_code.replace(".", ""),
            "HIDUP" if each.facts.alive else "MENINGGAL",
        )
        for each in residents
        if each.facts.alive is not None
    ]
    return {"pemutakhiran": [(days_ago(today, 0),)], "penduduk": rows}
