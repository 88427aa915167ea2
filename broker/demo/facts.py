"""What each registry holds of one invented person; says nothing about tables or answers.

`None` in place of an agency's facts means that the agency does not know the person at all. An
agency that knows her and holds nothing (no land, no car) has empty facts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Bank = Literal["bri", "mandiri", "bni", "btn"]
Segment = Literal["PBI", "PBPU", "PPU"]

BANKS: Final[tuple[Bank, ...]] = ("bri", "mandiri", "bni", "btn")


@dataclass(frozen=True)
class Welfare:
    """DTSEN. decile: 1 (poorest) to 10; None = known, but her household is not registered."""

    decile: int | None


@dataclass(frozen=True)
class Work:
    """BPJS Ketenagakerjaan. monthly_wages: rupiah, one for each job she holds now.

    unreported_months: for how long her employers have sent no wage report.
    """

    monthly_wages: tuple[int, ...] = ()
    lost_job_days_ago: int | None = None
    unreported_months: int = 0


@dataclass(frozen=True)
class Health:
    """BPJS Kesehatan. segment: PBI is paid by the state; None = known, but not insured."""

    segment: Segment | None
    ward_class: int = 3


@dataclass(frozen=True)
class Vehicles:
    """Korlantas Polri: vehicles registered to her now."""

    cars: int = 0
    motorcycles: int = 0
    trucks: int = 0


@dataclass(frozen=True)
class Account:
    """One bank account. rupiah: its balance at each month's end.

    month_missing: the bank lacks one of the last three month-end balances.
    """

    bank: Bank
    rupiah: int
    months_open: int = 36
    month_missing: bool = False


@dataclass(frozen=True)
class Power:
    """PLN. va: the power of the connection in her name; None = known, but none."""

    va: int | None


@dataclass(frozen=True)
class Facts:
    """One person in all registries. atr_bpn: square metres of each parcel that is hers.

    alive: None = Dukcapil does not know her. disaster_days_ago: the last disaster that
    affected her family (BPBD knows everybody of the two villages).
    """

    dtsen: Welfare | None
    bpjs_tk: Work | None
    bpjs_kes: Health | None
    atr_bpn: tuple[int, ...] | None
    polri: Vehicles | None
    himbara: tuple[Account, ...] | None
    alive: bool | None
    pln: Power | None
    disaster_days_ago: int | None = None
