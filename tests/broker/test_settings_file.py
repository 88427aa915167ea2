"""izin.toml changed by a program: the lines that are meant, and no others."""

from __future__ import annotations

import tomllib

import pytest

from broker.errors import BrokerError
from broker.settings_file import with_values

TEXT = """\
# a comment
[broker]   # ours
issuer = "https://izin.example"
origin = "izin.example" # the name
port = 8000

[other]
log = "stays"
"""


def test_values_are_changed_and_added_in_their_table_only() -> None:
    changed = with_values(TEXT, {"origin": "2.izin.example", "log": 'a "log".db'})
    table = tomllib.loads(TEXT)
    table["broker"] |= {"origin": "2.izin.example", "log": 'a "log".db'}
    assert table == tomllib.loads(changed)
    assert changed.startswith("# a comment\n[broker]   # ours\n")


def test_changing_back_gives_the_same_values() -> None:
    there = with_values(TEXT, {"origin": "2.izin.example"})
    assert tomllib.loads(TEXT) == tomllib.loads(with_values(there, {"origin": "izin.example"}))


@pytest.mark.parametrize("text", ["", 'broker = {origin = "x"}', "[brokers]\n"])
def test_a_file_without_the_table_is_left_to_people(text: str) -> None:
    with pytest.raises(BrokerError):
        with_values(text, {"origin": "x"})
