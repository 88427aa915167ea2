"""The demo's two witnesses: the broker's own, and one that stands for an independent party.

Made as anybody makes one, with `izin audit witness --init`; only that one person runs both.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from broker.reach import DEMO_ORIGIN
from broker.witness.settings import SETTINGS_NAME, load_settings
from broker.witness.setup import prepare_witness
from consent.persons import Clock

WITNESSES: Final[Mapping[str, str]] = {
    "own": f"witness.{DEMO_ORIGIN}",
    "university": "witness.university.demo",
}
"""What the policy calls a witness: the name of its key."""

POLICY_NAME: Final = "witnesses.policy"


def prepare_witnesses(
    homes: Mapping[str, Path], urls: Mapping[str, str], *, log_vkey: str, clock: Clock
) -> tuple[str, Mapping[str, str]]:
    """Make the witnesses' homes and keys; return the policy that wants both, and their vkeys.

    homes, urls: by the names of WITNESSES.
    """
    vkeys = {}
    for name, url in urls.items():
        homes[name].mkdir(mode=0o700, parents=True)
        path = homes[name] / SETTINGS_NAME
        port = url.rpartition(":")[2]
        path.write_text(
            f'[witness]\nname = "{WITNESSES[name]}"\nport = {port}\nlogs = ["{log_vkey}"]\n',
            "utf-8",
        )
        vkeys[name] = prepare_witness(load_settings(path), clock=clock)
    lines = [f"witness {name} {vkeys[name]} {url}" for name, url in urls.items()]
    return "\n".join([*lines, f"group both all {' '.join(urls)}", "quorum both", ""]), vkeys
