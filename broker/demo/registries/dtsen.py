"""DTSEN (Kemensos): households, their members, and each household's decile per quarter.

`penduduk_padan` holds every NIK that was matched with Dukcapil, registered or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from broker.demo.population import Resident
from broker.demo.registries.calendar import quarter_starts
from broker.demo.registries.database import Row, Tables

SCHEMA: Final = """
CREATE TABLE penduduk_padan (nik TEXT PRIMARY KEY) STRICT;
CREATE TABLE keluarga (id_keluarga TEXT PRIMARY KEY, kode_desa TEXT NOT NULL) STRICT;
CREATE TABLE anggota (
    nik TEXT PRIMARY KEY REFERENCES penduduk_padan,
    id_keluarga TEXT NOT NULL REFERENCES keluarga,
    nama TEXT NOT NULL,
    hubungan TEXT NOT NULL
) STRICT;
CREATE TABLE peringkat (
    id_keluarga TEXT NOT NULL REFERENCES keluarga,
    periode TEXT NOT NULL, -- first day of the quarter
    desil INTEGER NOT NULL CHECK (desil BETWEEN 1 AND 10),
    PRIMARY KEY (id_keluarga, periode)
) STRICT;
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    now, before = quarter_starts(today, 2)
    known: list[Row] = []
    households: dict[str, Row] = {}
    members: list[Row] = []
    deciles: list[Row] = []
    for each in residents:
        welfare = each.facts.dtsen
        if welfare is None:
            continue
        known.append((each.nik,))
        if welfare.decile is None:
            continue
        household = f"DTSEN-{each.family_card}"
        relation = "ANGGOTA" if household in households else "KEPALA KELUARGA"
        members.append((each.nik, household, each.name, relation))
        if household in households:
            continue
        households[household] = (household, each.village_code.replace(".", ""))
        deciles.append((household, now.isoformat(), welfare.decile))
        # Last quarter's rank differed: whoever reads the wrong period answers wrongly.
        deciles.append((household, before.isoformat(), 11 - welfare.decile))
    return {
        "penduduk_padan": known,
        "keluarga": list(households.values()),
        "anggota": members,
        "peringkat": deciles,
    }
