"""What policy's answer costs: six agencies' questions, decided with every reason."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from policies.ask import Ask, Frequency, GrantView, Item
from policies.decide import Permit, decide
from policies.load import load
from tests.bench.row import Row, Sizes
from tests.bench.timing import cpu_seconds, paired

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
ITEMS = (
    Item("atr_bpn", "land_area_above", {"square_metres": 5000}),
    Item("bpjs_tk", "active_employment"),
    Item("dtsen", "decile_at_most", {"decile": 4}),
    Item("dukcapil", "alive"),
    Item("himbara", "balance_above", {"rupiah": 5_000_000}),
    Item("polri", "owns_car"),
)
ROUNDS = 200
MOST_MS = 0.3


def run(sizes: Sizes, scratch: Path) -> Sequence[Row]:
    """Return the row of six decisions beside six bare comparisons of the same members."""
    policy = load()
    grant = GrantView(
        programme="pkh",
        purpose="eligibility",
        items=ITEMS,
        valid_until=date(2027, 2, 28),
        frequency=Frequency("month", 1),
        given_at=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
        live_index=7,
        evidence="broker-attested",
        retention_days=90,
        uses={item.agency: 0 for item in ITEMS},
    )
    asks = [Ask("pkh", "eligibility", item.agency, (item,), "35.10.15.2004") for item in ITEMS]

    def decided() -> None:
        for _ in range(ROUNDS):
            for ask in asks:
                if not isinstance(decide(ask, grant, policy, at=AT), Permit):
                    raise AssertionError("this ask is permitted")

    granted = {item.of: item for item in ITEMS}

    def bare() -> None:
        for _ in range(ROUNDS):
            for ask in asks:
                item = ask.items[0]
                if (
                    ask.programme != grant.programme
                    or ask.purpose != grant.purpose
                    or granted[item.of].params != item.params
                    or AT < grant.given_at
                    or AT.date() > grant.valid_until
                    or grant.uses[ask.agency] >= grant.frequency.max
                    or (ask.agency, item.question) not in policy.catalogue.questions
                ):
                    raise AssertionError("this ask is permitted")

    pair = paired(lambda: cpu_seconds(decided), lambda: cpu_seconds(bare), sizes.repeats)
    took_ms = pair.figure / ROUNDS * 1000
    return [
        Row(
            "policy decision, six agencies",
            f"{took_ms:.2f} ms",
            f"{pair.baseline / ROUNDS * 1000:.3f} ms",
            pair.ratio,
            f"<= {MOST_MS} ms",
            took_ms <= MOST_MS,
            "baseline: the bare look-ups and comparisons, which give no reasons; the target is "
            "the absolute time.",
        )
    ]
