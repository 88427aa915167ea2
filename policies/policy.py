"""A whole policy as loaded: catalogue, purposes, ceilings, programmes, areas, formulas.

A frozen value; it must not read files (see `load`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from policies.catalogue import Catalogue
from policies.eligibility import Formula
from policies.programmes import Area, Programme
from policies.purposes import Ceiling, Purpose


@dataclass(frozen=True)
class Policy:
    """Everything that rules and formulas rest on.

    ceilings: by (purpose, programme or None). formulas: by (programme, area), oldest first.
    digest: SHA-256, hex, over the whole policy in canonical JSON: what `policy.changed` logs.
    """

    catalogue: Catalogue
    purposes: Mapping[str, Purpose]
    ceilings: Mapping[tuple[str, str | None], Ceiling]
    programmes: Mapping[str, Programme]
    areas: Mapping[str, Area]
    formulas: Mapping[tuple[str, str], tuple[Formula, ...]]
    digest: str

    def ceiling(self, programme: str, purpose: str) -> Ceiling | None:
        """Return the programme's own ceiling for the purpose, else the common one, else None."""
        own = self.ceilings.get((purpose, programme))
        return own if own is not None else self.ceilings.get((purpose, None))

    def formula(self, programme: str, area: str, *, on: date) -> Formula | None:
        """Return the youngest formula of the programme and area that is valid on a day."""
        valid = [f for f in self.formulas.get((programme, area), ()) if f.valid_from <= on]
        return valid[-1] if valid else None
