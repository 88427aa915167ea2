"""P6: a whole demo is lived through; then everything that it left on the disk is searched.

The attacker has every file of the broker, of nine agencies' gateways and of the programmes, and
knows whom he looks for. Only the agencies' registries, which know people by their nature, and
what a KEK's owner alone can open are not his; sealed columns are searched all the same.
"""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from audit.errors import LogUnavailableError
from audit.export import export_folder
from audit.source import open_source
from broker.demo.population import InventedPerson, people
from broker.demo.registries.seed import AGENCIES
from tests.attacks.p6_nobody_else.needles import ANSWERS, files_below, found_in, of_person

ROOT = Path(__file__).resolve().parents[3]
APPLICANTS = 6
SEED = 2026
REGISTRIES = ("registries",)


@dataclass(frozen=True)
class Left:
    """What a demo left behind. printed: everything that it wrote to its terminal."""

    home: Path
    printed: bytes
    applicants: list[InventedPerson]


@pytest.fixture(scope="session")
def left(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """Live through a demo of six people, in processes of their own, once for all tests."""
    home = tmp_path_factory.mktemp("left") / "home"
    command = [sys.executable, "-m", "broker.cli", "demo", "--once", "--port", "0"]
    command += ["--applicants", str(APPLICANTS), "--seed", str(SEED), "--home", str(home)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, timeout=110, check=False)
    assert 0 == told.returncode, told.stderr.decode()
    return Left(home, told.stdout + told.stderr, people(APPLICANTS, SEED))


def test_the_search_finds_what_there_is(left: Left) -> None:
    """Would the others find anything? The registries hold every number, and the search says so."""
    everybody = left.applicants
    raw = b"".join(path.read_bytes() for path in files_below(left.home / "registries"))
    for person in everybody:
        assert person.nik.encode() in raw
        assert found_in(raw, of_person(person))


def test_no_file_names_anybody(left: Left) -> None:
    """Would succeed against a debug log, a cache, an index over a number or over its hash."""
    needles = set().union(*(of_person(person) for person in left.applicants))
    searched = 0
    for path in files_below(left.home, but=REGISTRIES):
        searched += 1
        assert [] == found_in(path.read_bytes(), needles), path
        assert [] == found_in(str(path).encode(), needles)
    # A broker, a portal, a gateway for each agency: database, log, keys and output of each.
    assert searched > 3 * len(AGENCIES)


def test_no_file_but_the_programmes_own_holds_an_answer(left: Left) -> None:
    """Would succeed where an answer is written down before it is sealed, or after it is opened."""
    for path in files_below(left.home, but=REGISTRIES):
        assert [] == found_in(path.read_bytes(), {*ANSWERS}), path


def test_no_pin_and_no_family_card_is_written_down(left: Left) -> None:
    """Would succeed against a request log with form fields."""
    output = b"".join(path.read_bytes() for path in files_below(left.home / "output"))
    for person in left.applicants:
        assert person.pin.encode() not in output
        assert person.family_card.encode() not in output


def test_the_programs_output_says_nothing_about_anybody(left: Left) -> None:
    """Would succeed against log lines that name pseudonyms, grants, people or answers."""
    output = b"".join(path.read_bytes() for path in files_below(left.home / "output"))
    assert output.strip(), "the programs write no log lines: nothing was searched"
    needles = set().union(*(of_person(person) for person in left.applicants))
    assert [] == found_in(output, needles)
    assert b'"subject"' not in output
    assert b"izin-trace" not in output


def test_the_terminal_shows_no_number(left: Left) -> None:
    """The demo's own closing table names invented people; their numbers and PINs stay out of it."""
    for person in left.applicants:
        assert person.nik.encode() not in left.printed
        assert person.pin.encode() not in left.printed


def test_the_exported_logs_name_nobody(left: Left, tmp_path: Path) -> None:
    """Would succeed against an entry about a person in clear, or under a hash of her number.

    Exported as everybody may export them: the broker's log and each agency's own.
    """
    needles = set().union(*(of_person(person) for person in left.applicants))
    needles |= {*ANSWERS}
    logs = {"broker": left.home / "broker" / "log.db"}
    for agency in AGENCIES:
        (logs[agency],) = (left.home / "agencies" / agency).glob("*log.db")
    exported = 0
    for name, log in logs.items():
        out = tmp_path / name
        try:
            exported += export_folder(open_source(str(log)), out)
        except LogUnavailableError:
            continue  # no programme asked this agency, so its log signed nothing yet
        for path in files_below(out):
            assert [] == found_in(path.read_bytes(), needles), path
    assert exported > 100
