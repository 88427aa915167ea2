"""Korlantas Polri: registered owners and their vehicles, by type.

`pemilik` holds everybody whose identity the police's register knows, with or without a vehicle.
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
CREATE TABLE pemilik (id INTEGER PRIMARY KEY, nik TEXT NOT NULL UNIQUE, nama TEXT NOT NULL) STRICT;
CREATE TABLE kendaraan (
    nopol TEXT PRIMARY KEY,
    id_pemilik INTEGER NOT NULL REFERENCES pemilik,
    jenis TEXT NOT NULL CHECK (jenis IN ('MOBIL PENUMPANG', 'MOBIL BARANG', 'SEPEDA MOTOR')),
    tahun INTEGER NOT NULL
) STRICT;
CREATE INDEX kendaraan_pemilik ON kendaraan (id_pemilik);
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    owners: list[Row] = []
    vehicles: list[Row] = []
    for index, each in enumerate(residents):
        held = each.facts.polri
        if held is None:
            continue
        owner = 50_000 + index
        owners.append((owner, each.nik, each.name))
        types = (
            ["MOBIL PENUMPANG"] * held.cars
            + ["MOBIL BARANG"] * held.trucks
            + ["SEPEDA MOTOR"] * held.motorcycles
        )
        # ZZ: no region of Indonesia has these letters.
        vehicles.extend(
            (f"ZZ {index:05d}{number} X", owner, vehicle, today.year - 2 - (index + number) % 12)
            for number, vehicle in enumerate(types)
        )
    return {
        "pemutakhiran": [(days_ago(today, 0),)],
        "pemilik": owners,
        "kendaraan": vehicles,
    }
