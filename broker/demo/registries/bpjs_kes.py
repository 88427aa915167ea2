"""BPJS Kesehatan: participants of the health insurance with ward class and payer.

`segmen`: PBI (the state pays), PPU (employer and employee), PBPU (she pays herself).
`nik_padan` holds every NIK that was matched with Dukcapil, insured or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from broker.demo.population import Resident
from broker.demo.registries.calendar import days_ago
from broker.demo.registries.database import Row, Tables

SCHEMA: Final = """
CREATE TABLE pemutakhiran (tanggal TEXT NOT NULL) STRICT;
CREATE TABLE nik_padan (nik TEXT PRIMARY KEY) STRICT;
CREATE TABLE peserta (
    nomor_kartu TEXT PRIMARY KEY,
    nik TEXT NOT NULL UNIQUE REFERENCES nik_padan,
    nama TEXT NOT NULL,
    segmen TEXT NOT NULL CHECK (segmen IN ('PBI', 'PBPU', 'PPU')),
    kelas INTEGER NOT NULL CHECK (kelas BETWEEN 1 AND 3)
) STRICT;
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    known: list[Row] = []
    insured: list[Row] = []
    for index, each in enumerate(residents):
        health = each.facts.bpjs_kes
        if health is None:
            continue
        known.append((each.nik,))
        if health.segment is not None:
            card = f"0009{index:09d}"
            insured.append((card, each.nik, each.name, health.segment, health.ward_class))
    return {
        "pemutakhiran": [(days_ago(today, 1),)],
        "nik_padan": known,
        "peserta": insured,
    }
