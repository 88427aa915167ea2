"""BPJS Ketenagakerjaan: employers, memberships, monthly wage reports, terminations.

`nik_padan` holds every NIK that was matched with Dukcapil, member or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from broker.demo.population import Resident
from broker.demo.registries.calendar import days_ago, month_ends
from broker.demo.registries.database import Row, Tables

SCHEMA: Final = """
CREATE TABLE nik_padan (nik TEXT PRIMARY KEY) STRICT;
CREATE TABLE perusahaan (npp TEXT PRIMARY KEY, nama TEXT NOT NULL) STRICT;
CREATE TABLE kepesertaan (
    kpj TEXT PRIMARY KEY,
    nik TEXT NOT NULL REFERENCES nik_padan,
    npp TEXT NOT NULL REFERENCES perusahaan,
    mulai TEXT NOT NULL
) STRICT;
CREATE INDEX kepesertaan_nik ON kepesertaan (nik);
CREATE TABLE laporan_upah (
    kpj TEXT NOT NULL REFERENCES kepesertaan,
    periode TEXT NOT NULL, -- YYYY-MM
    upah INTEGER NOT NULL,
    PRIMARY KEY (kpj, periode)
) STRICT;
CREATE TABLE pemberhentian (
    kpj TEXT PRIMARY KEY REFERENCES kepesertaan,
    tanggal TEXT NOT NULL,
    alasan TEXT NOT NULL
) STRICT;
"""
EMPLOYERS: Final = (
    ("JJ990001", "CV Rakitan Semenanjung"),
    ("JJ990002", "UD Kopi Lereng Biru"),
    ("JJ990003", "PT Dermaga Angan"),
)
_REPORTED_MONTHS: Final = 6
_FORMER_WAGE: Final = 2_400_000


def tables(residents: Sequence[Resident], today: date) -> Tables:
    """Return the registry's rows."""
    periods = [f"{end:%Y-%m}" for end in month_ends(today, _REPORTED_MONTHS)]
    known: list[Row] = []
    memberships: list[Row] = []
    reports: list[Row] = []
    ended: list[Row] = []
    for index, each in enumerate(residents):
        work = each.facts.bpjs_tk
        if work is None:
            continue
        known.append((each.nik,))
        for job, wage in enumerate(work.monthly_wages):
            kpj = f"26{index:07d}{job}"
            employer = EMPLOYERS[(index + job) % len(EMPLOYERS)][0]
            memberships.append((kpj, each.nik, employer, days_ago(today, 900)))
            # The newest report counts; the older ones were lower.
            reports.extend(
                (kpj, period, wage - 40_000 * back)
                for back, period in enumerate(periods[work.unreported_months :])
            )
        if work.lost_job_days_ago is not None:
            kpj = f"25{index:07d}0"
            employer = EMPLOYERS[index % len(EMPLOYERS)][0]
            memberships.append((kpj, each.nik, employer, days_ago(today, 1_500)))
            reports.append((kpj, periods[-1], _FORMER_WAGE))
            ended.append((kpj, days_ago(today, work.lost_job_days_ago), "PHK"))
    return {
        "nik_padan": known,
        "perusahaan": EMPLOYERS,
        "kepesertaan": memberships,
        "laporan_upah": reports,
        "pemberhentian": ended,
    }
