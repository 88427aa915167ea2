"""BPBD/BNPB: disaster events and the families that each affected.

`anggota` lists the families' members for every village that the agency looks after.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from broker.demo.population import Resident
from broker.demo.registries.calendar import days_ago
from broker.demo.registries.database import Tables

SCHEMA: Final = """
CREATE TABLE pemutakhiran (tanggal TEXT NOT NULL) STRICT;
CREATE TABLE kejadian (
    id INTEGER PRIMARY KEY,
    jenis TEXT NOT NULL,
    tanggal TEXT NOT NULL,
    kode_desa TEXT NOT NULL
) STRICT;
CREATE TABLE anggota (nik TEXT PRIMARY KEY, no_kk TEXT NOT NULL) STRICT;
CREATE TABLE keluarga_terdampak (
    no_kk TEXT NOT NULL,
    id_kejadian INTEGER NOT NULL REFERENCES kejadian,
    PRIMARY KEY (no_kk, id_kejadian)
) STRICT;
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    events: dict[tuple[str, str], int] = {}
    affected: set[tuple[str, int]] = set()
    for each in residents:
        if each.facts.disaster_days_ago is not None:
            event = (days_ago(today, each.facts.disaster_days_ago), each.village_code)
            number = events.setdefault(event, len(events) + 1)
            affected.add((each.family_card, number))
    return {
        "pemutakhiran": [(days_ago(today, 0),)],
        "kejadian": [(number, "BANJIR", day, area) for (day, area), number in events.items()],
        "anggota": [(each.nik, each.family_card) for each in residents],
        "keluarga_terdampak": sorted(affected),
    }
