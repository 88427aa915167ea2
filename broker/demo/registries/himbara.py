"""The four state banks behind one gateway: a database each, each in its bank's own style.

Every bank keeps the NIKs that the shared customer check confirmed, customers or not. Without it a
bank could not tell "no customer of ours" from "customer under a number that we cannot match".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import Final

from broker.demo.facts import Account, Bank
from broker.demo.population import Resident
from broker.demo.registries.calendar import month_ends
from broker.demo.registries.database import Row, Tables

BRI: Final = """
CREATE TABLE cek_nik (nik TEXT PRIMARY KEY) STRICT;
CREATE TABLE nasabah (cif TEXT PRIMARY KEY, no_ktp TEXT NOT NULL, nama TEXT NOT NULL) STRICT;
CREATE INDEX nasabah_ktp ON nasabah (no_ktp);
CREATE TABLE rekening (no_rek TEXT PRIMARY KEY, cif TEXT NOT NULL, tgl_buka TEXT NOT NULL) STRICT;
CREATE TABLE saldo_akhir_bulan (
    no_rek TEXT NOT NULL,
    tgl TEXT NOT NULL, -- last day of the month
    saldo INTEGER NOT NULL, -- rupiah
    PRIMARY KEY (no_rek, tgl)
) STRICT;
"""
MANDIRI: Final = """
CREATE TABLE id_check (id_number TEXT PRIMARY KEY) STRICT;
CREATE TABLE customer (
    customer_id INTEGER PRIMARY KEY, id_number TEXT NOT NULL, full_name TEXT NOT NULL
) STRICT;
CREATE INDEX customer_id_number ON customer (id_number);
CREATE TABLE account (
    account_no TEXT PRIMARY KEY, customer_id INTEGER NOT NULL, opened_on TEXT NOT NULL
) STRICT;
CREATE TABLE eom_balance (
    account_no TEXT NOT NULL,
    period TEXT NOT NULL, -- YYYYMM
    balance_sen INTEGER NOT NULL, -- hundredths of a rupiah
    PRIMARY KEY (account_no, period)
) STRICT;
"""
BNI: Final = """
CREATE TABLE VERIFIKASI_NIK (NIK TEXT PRIMARY KEY) STRICT;
CREATE TABLE MST_NASABAH (
    ID_NASABAH TEXT PRIMARY KEY, NIK_NASABAH TEXT NOT NULL, NM_NASABAH TEXT NOT NULL
) STRICT;
CREATE INDEX IX_NASABAH_NIK ON MST_NASABAH (NIK_NASABAH);
CREATE TABLE MST_REKENING (
    NO_REKENING TEXT PRIMARY KEY, ID_NASABAH TEXT NOT NULL, TGL_BUKA TEXT NOT NULL
) STRICT;
CREATE TABLE TRX_SALDO_BULANAN (
    NO_REKENING TEXT NOT NULL,
    TAHUN INTEGER NOT NULL,
    BULAN INTEGER NOT NULL,
    SALDO_AKHIR INTEGER NOT NULL,
    PRIMARY KEY (NO_REKENING, TAHUN, BULAN)
) STRICT;
"""
BTN: Final = """
CREATE TABLE identity_verified (identity_no TEXT PRIMARY KEY) STRICT;
CREATE TABLE savings (
    savings_no TEXT PRIMARY KEY,
    identity_no TEXT NOT NULL,
    holder TEXT NOT NULL,
    open_date INTEGER NOT NULL -- YYYYMMDD
) STRICT;
CREATE INDEX savings_identity ON savings (identity_no);
CREATE TABLE monthly_balance (
    savings_no TEXT NOT NULL,
    month_end INTEGER NOT NULL, -- YYYYMMDD
    amount INTEGER NOT NULL,
    PRIMARY KEY (savings_no, month_end)
) STRICT;
"""
SCHEMAS: Final[Mapping[Bank, str]] = {"bri": BRI, "mandiri": MANDIRI, "bni": BNI, "btn": BTN}
_MONTHS_KEPT: Final = 6
_LACKING: Final = 1
"""Which month end (0 = newest) a bank lacks where the facts say that one is missing."""


def tables(bank: Bank, residents: Sequence[Resident], today: date) -> Tables:
    """Return one bank's rows."""
    known: list[Row] = [(each.nik,) for each in residents if each.facts.himbara is not None]
    return _BANKS[bank](known, residents, today)


def _held(bank: Bank, residents: Sequence[Resident]) -> Iterator[tuple[str, Resident, Account]]:
    """Yield every account at the bank with a number of its own."""
    for index, each in enumerate(residents):
        for number, account in enumerate(each.facts.himbara or ()):
            if account.bank == bank:
                yield f"{index:07d}{number}", each, account


def _opened(account: Account, today: date) -> date:
    """Return the first day of an account that has seen `months_open` month ends."""
    if account.months_open == 0:
        return today.replace(day=1)
    return month_ends(today, account.months_open)[-1].replace(day=1)


def _balances(account: Account, today: date) -> Iterator[tuple[date, int]]:
    for back, end in enumerate(month_ends(today, min(_MONTHS_KEPT, account.months_open))):
        if not (account.month_missing and back == _LACKING):
            # Only the last three month ends may count; before, the balance was far higher.
            yield end, account.rupiah if back < 3 else account.rupiah * 10


def _bri(known: Sequence[Row], residents: Sequence[Resident], today: date) -> Tables:
    held = list(_held("bri", residents))
    return {
        "cek_nik": known,
        "nasabah": [(f"CIF{number}", each.nik, each.name) for number, each, _ in held],
        "rekening": [
            (f"0099{number}", f"CIF{number}", _opened(account, today).isoformat())
            for number, _, account in held
        ],
        "saldo_akhir_bulan": [
            (f"0099{number}", end.isoformat(), rupiah)
            for number, _, account in held
            for end, rupiah in _balances(account, today)
        ],
    }


def _mandiri(known: Sequence[Row], residents: Sequence[Resident], today: date) -> Tables:
    held = list(_held("mandiri", residents))
    return {
        "id_check": known,
        "customer": [(int(number), each.nik, each.name) for number, each, _ in held],
        "account": [
            (f"990-{number}", int(number), _opened(account, today).isoformat())
            for number, _, account in held
        ],
        "eom_balance": [
            (f"990-{number}", f"{end:%Y%m}", rupiah * 100)
            for number, _, account in held
            for end, rupiah in _balances(account, today)
        ],
    }


def _bni(known: Sequence[Row], residents: Sequence[Resident], today: date) -> Tables:
    held = list(_held("bni", residents))
    return {
        "VERIFIKASI_NIK": known,
        "MST_NASABAH": [(f"N{number}", each.nik, each.name.upper()) for number, each, _ in held],
        "MST_REKENING": [
            (f"9{number}", f"N{number}", _opened(account, today).isoformat())
            for number, _, account in held
        ],
        "TRX_SALDO_BULANAN": [
            (f"9{number}", end.year, end.month, rupiah)
            for number, _, account in held
            for end, rupiah in _balances(account, today)
        ],
    }


def _btn(known: Sequence[Row], residents: Sequence[Resident], today: date) -> Tables:
    held = list(_held("btn", residents))
    return {
        "identity_verified": known,
        "savings": [
            (f"S{number}", each.nik, each.name, int(f"{_opened(account, today):%Y%m%d}"))
            for number, each, account in held
        ],
        "monthly_balance": [
            (f"S{number}", int(f"{end:%Y%m%d}"), rupiah)
            for number, _, account in held
            for end, rupiah in _balances(account, today)
        ],
    }


_Rows = Callable[[Sequence[Row], Sequence[Resident], date], Tables]
_BANKS: Final[Mapping[Bank, _Rows]] = {"bri": _bri, "mandiri": _mandiri, "bni": _bni, "btn": _btn}
