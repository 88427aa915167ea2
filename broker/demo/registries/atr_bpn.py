"""ATR/BPN: persons, parcels, and the rights that tie them (a right may be a share).

`subjek` holds every person known to the land office, with or without land.
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
CREATE TABLE subjek (id INTEGER PRIMARY KEY, nik TEXT NOT NULL UNIQUE, nama TEXT NOT NULL) STRICT;
CREATE TABLE bidang (
    nib TEXT PRIMARY KEY,
    kode_desa TEXT NOT NULL,
    luas_m2 INTEGER NOT NULL
) STRICT;
CREATE TABLE hak (
    nib TEXT NOT NULL REFERENCES bidang,
    id_subjek INTEGER NOT NULL REFERENCES subjek,
    jenis TEXT NOT NULL,
    bagian INTEGER NOT NULL, -- her share is bagian / penyebut
    penyebut INTEGER NOT NULL CHECK (penyebut >= bagian),
    PRIMARY KEY (nib, id_subjek)
) STRICT;
CREATE INDEX hak_subjek ON hak (id_subjek);
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    persons: list[Row] = []
    parcels: list[Row] = []
    rights: list[Row] = []
    for index, each in enumerate(residents):
        if each.facts.atr_bpn is None:
            continue
        person = 1_000 + index
        persons.append((person, each.nik, each.name))
        for number, square_metres in enumerate(each.facts.atr_bpn):
            parcel = f"{each.village_code.replace('.', '')}{index:05d}{number}"
            # Every second parcel is held by halves: only her half may count.
            shares = 1 + number % 2
            parcels.append((parcel, each.village_code, square_metres * shares))
            rights.append((parcel, person, "HAK MILIK", 1, shares))
    return {
        "pemutakhiran": [(days_ago(today, 3),)],
        "subjek": persons,
        "bidang": parcels,
        "hak": rights,
    }
