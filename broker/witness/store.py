"""The witness's only table. Private to this package."""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer, LargeBinary
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

# 64 bits in both: SQLite knows one kind of integer.
_WIDE = BigInteger().with_variant(Integer, "sqlite")


class WitnessTable(SQLModel, registry=registry()):
    """The base of the witness's tables, apart from everybody else's."""


class CosignedRow(WitnessTable, table=True):
    """The last checkpoint that was cosigned for a log. note: as the log signed it."""

    __tablename__ = "cosigned"

    origin: str = Field(primary_key=True)
    size: int = Field(sa_type=_WIDE)
    root: bytes = Field(sa_type=LargeBinary)
    note: str
    at: int = Field(sa_type=_WIDE)
