"""PLN: customers and their meters with the connection's power.

`nik_padan` holds every NIK that was matched with Dukcapil, customer or not.
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
CREATE TABLE pelanggan (
    id_pelanggan TEXT PRIMARY KEY,
    nik TEXT NOT NULL REFERENCES nik_padan,
    nama TEXT NOT NULL
) STRICT;
CREATE INDEX pelanggan_nik ON pelanggan (nik);
CREATE TABLE meter (
    nomor TEXT PRIMARY KEY,
    id_pelanggan TEXT NOT NULL REFERENCES pelanggan,
    daya_va INTEGER NOT NULL
) STRICT;
CREATE INDEX meter_pelanggan ON meter (id_pelanggan);
"""


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    known: list[Row] = []
    customers: list[Row] = []
    meters: list[Row] = []
    for index, each in enumerate(residents):
        power = each.facts.pln
        if power is None:
            continue
        known.append((each.nik,))
        if power.va is not None:
            customer = f"5199{index:08d}"
            customers.append((customer, each.nik, each.name))
            meters.append((f"86{index:09d}", customer, power.va))
    return {
        "pemutakhiran": [(days_ago(today, 2),)],
        "nik_padan": known,
        "pelanggan": customers,
        "meter": meters,
    }
