"""Settings and trust files, as an operator may mistype them: read, or one sentence of ours."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broker import settings as broker
from broker.errors import BrokerError
from broker.gateway import settings as gateway
from broker.programme import settings as programme
from broker.witness import settings as witness
from keys import trust
from keys.errors import KeysError

HOME = Path("/nowhere")
BROKER = """
[broker]
issuer = "https://izin.example"
origin = "izin.example"
port = 8000
deadline_seconds = 10
"""
GATEWAY = """
[gateway]
agency = "polri"
origin = "polri.izin.example"
url = "https://polri.example"
grid_ms = 50
least_evidence = { owns_car = "passkey" }
new_people_per_day = { passkey = 10 }
[sources.registry]
url = "sqlite:///registry.db"
"""
PROGRAMME = """
[portal]
issuer = "https://izin.example"
url = "https://portal.example"
port = 8200
"""
WITNESS = """
[witness]
name = "witness.example/w1"
logs = []
"""

Read = Callable[[dict[str, Any]], object]
KINDS: dict[str, tuple[str, Read]] = {
    "broker": (
        BROKER,
        lambda table: broker.parse_settings(table["broker"], home=HOME, environment={}),
    ),
    "gateway": (GATEWAY, lambda table: gateway.parse_settings(table, home=HOME)),
    "programme": (PROGRAMME, lambda table: programme.parse_settings(table, home=HOME)),
    "witness": (WITNESS, lambda table: witness.parse_settings(table, home=HOME)),
}
toml_values = st.recursive(
    st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.text(alphabet="htps:/[]@?#.0e-", max_size=20)
    | st.dates()
    | st.times(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=4,
)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_others_change_is_right(kind: str) -> None:
    text, read = KINDS[kind]
    if kind != "witness":  # which needs a real key to be right
        assert read(tomllib.loads(text))


@given(st.sampled_from(sorted(KINDS)), st.integers(0, 30), toml_values)
def test_any_value_of_a_setting_is_read_or_refused(kind: str, place: int, value: Any) -> None:
    text, read = KINDS[kind]
    table = tomllib.loads(text)
    places = [(top, name) for top in table for name in table[top]]
    top, name = places[place % len(places)]
    table[top][name] = value
    with suppress(BrokerError):
        read(table)


@given(st.sampled_from(sorted(KINDS)), st.text(max_size=10), toml_values)
def test_any_further_setting_is_refused(kind: str, name: str, value: Any) -> None:
    text, read = KINDS[kind]
    table = tomllib.loads(text)
    top = next(iter(table))
    if name in table[top]:
        return
    table[top][name] = value
    with suppress(BrokerError):
        read(table)


@given(
    st.sampled_from(["IZIN_PORT", "IZIN_DEMO", "IZIN_ISSUER", "IZIN_THREADS", "IZIN_LOG"]),
    st.text(max_size=12) | st.text(alphabet="0123456789-.\u0661\u00b2", max_size=30),
)
def test_any_variable_of_the_environment_is_read_or_refused(name: str, text: str) -> None:
    table = tomllib.loads(BROKER)["broker"]
    with suppress(BrokerError):
        broker.parse_settings(table, home=HOME, environment={name: text})


LOADERS: dict[str, tuple[str, Callable[[Path], object]]] = {
    "broker": ("izin.toml", lambda path: broker.load_settings({"IZIN_HOME": str(path.parent)})),
    "gateway": ("gateway.toml", gateway.load_settings),
    "programme": ("programme.toml", programme.load_settings),
    "witness": ("witness.toml", witness.load_settings),
}


@pytest.mark.parametrize("kind", LOADERS)
@pytest.mark.parametrize(
    "raw",
    [b"", b"\xff\xfe", b"\x00", b"[broker", b"a = 1\na = 2", b"a = " + b"[" * 5_000, b"broker = 1"],
    ids=["empty", "not UTF-8", "a NUL", "cut", "twice", "deep", "no table"],
)
def test_a_file_that_is_no_settings_is_refused(tmp_path: Path, kind: str, raw: bytes) -> None:
    name, load = LOADERS[kind]
    path = tmp_path / name
    path.write_bytes(raw)
    with pytest.raises(BrokerError):
        load(path)
    path.unlink()
    with pytest.raises(BrokerError):
        load(path)


def test_a_trust_file_nested_too_deep_is_refused() -> None:
    with pytest.raises(KeysError):
        trust.parse("a = " + "[" * 5_000)
