"""Evidence in one file: what proves itself, what is refused, and how the commands say it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from audit.bundle import (
    check_bundle,
    format_bundle_file,
    parse_bundle_file,
)
from audit.cli import audit
from audit.cosignature import cosign, format_cosigner_vkey
from audit.errors import AuditError, BundleError
from audit.note import format_vkey, parse_vkey, sign_note
from broker.app import web_app
from tests.audit.logs import access, open_log
from tests.audit.memory_log import TestSigner
from tests.world import World

ROOT = Path(__file__).parents[2]


@pytest.fixture
def made(tmp_path: Path) -> tuple[Path, str]:
    """Return a bundle of two entries of a log of seven, and the log's verifier key."""
    log = open_log(tmp_path)
    log.append([access() for _ in range(7)])
    out = tmp_path / "two.bundle"
    done = run(
        *("bundle", str(tmp_path / "log.db"), "--entry", "5", "--entry", "2"),
        *("--vkey", log.vkey, "--out", str(out)),
    )
    assert (0, "wrote 2 entries and 0 about keys and policy\n") == (done.exit_code, done.output)
    return out, log.vkey


def run(*arguments: str) -> Result:
    return CliRunner().invoke(audit, arguments, catch_exceptions=False)


def refused(raw: bytes, vkey: str) -> bool:
    try:
        check_bundle(raw, parse_vkey(vkey))
    except BundleError:
        return True
    return False


def summed(body: bytes) -> bytes:
    """Return a file whose sum is right, whatever stands in it."""
    return b"izin-bundle:1:" + sha256(body).hexdigest().encode() + b"\n" + body


def changed(raw: bytes, **members: object) -> bytes:
    body = orjson.loads(raw.partition(b"\n")[2])
    return summed(orjson.dumps({**body, **members}, option=orjson.OPT_SORT_KEYS))


def test_a_bundle_proves_its_entries_without_the_log(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    path, vkey = made
    (tmp_path / "log.db").unlink()
    done = run("check-bundle", str(path), "--vkey", vkey)
    assert 0 == done.exit_code
    assert "Entry 2: 2026-11-24 13:00 UTC · access.sent · pkh · polri" in done.output
    assert "PROVEN: 2 entries stand in izin.example/log, at size 7." in done.output
    assert (
        "TERBUKTI: 2 catatan"
        in run("check-bundle", str(path), "--vkey", vkey, "--lang", "id").output
    )
    said = json.loads(run("check-bundle", str(path), "--vkey", vkey, "--json").output)
    assert [2, 5] == [each["index"] for each in said["entries"]]


def test_every_flipped_bit_is_refused(made: tuple[Path, str]) -> None:
    raw, vkey = made[0].read_bytes(), made[1]
    assert not refused(raw, vkey)
    flips = ((place, bit) for place in range(len(raw)) for bit in range(8))
    assert [] == [
        (place, bit)
        for place, bit in flips
        if not refused(raw[:place] + bytes([raw[place] ^ 1 << bit]) + raw[place + 1 :], vkey)
    ]


def test_every_changed_byte_under_a_new_sum_is_refused(made: tuple[Path, str]) -> None:
    """Whoever changes a file on purpose writes a new sum: the signature stands all the same."""
    raw, vkey = made[0].read_bytes(), made[1]
    body = raw.partition(b"\n")[2]
    assert [] == [
        place
        for place in range(len(body))
        if not refused(summed(body[:place] + bytes([body[place] ^ 1]) + body[place + 1 :]), vkey)
    ]


def test_another_log_s_key_proves_nothing(made: tuple[Path, str]) -> None:
    signer = TestSigner(seed=9)
    done = run("check-bundle", str(made[0]), "--vkey", format_vkey(signer.name, signer.public_key))
    assert 1 == done.exit_code
    assert "NOT PROVEN (step 3, checkpoint)" in done.output


def test_a_bundle_that_names_another_key_is_refused(made: tuple[Path, str]) -> None:
    """Its reader may have no other key to compare, and would take the one that stands there."""
    other = TestSigner(seed=9)
    raw = changed(made[0].read_bytes(), vkey=format_vkey(other.name, other.public_key))
    assert refused(raw, made[1])


def test_a_checkpoint_of_another_origin_is_refused(made: tuple[Path, str]) -> None:
    """Signed by the log's own key, which signs for another log as well."""
    bundle = parse_bundle_file(made[0].read_bytes())
    text = bundle.checkpoint.partition("\n\n")[0].replace("izin.example", "other.example") + "\n"
    raw = format_bundle_file(replace(bundle, checkpoint=sign_note(text, TestSigner())))
    assert refused(raw, made[1])


def test_an_entry_under_another_number_is_named(made: tuple[Path, str]) -> None:
    raw, vkey = made[0].read_bytes(), made[1]
    bundle = parse_bundle_file(raw)
    moved = (replace(bundle.entries[0], index=3), bundle.entries[1])
    with pytest.raises(BundleError) as caught:
        check_bundle(format_bundle_file(replace(bundle, entries=moved)), parse_vkey(vkey))
    assert ("entries", 3) == (caught.value.step, caught.value.index)


def test_an_access_passed_off_as_history_is_refused(made: tuple[Path, str]) -> None:
    bundle = parse_bundle_file(made[0].read_bytes())
    raw = format_bundle_file(replace(bundle, history=bundle.entries[:1]))
    with pytest.raises(BundleError) as caught:
        check_bundle(raw, parse_vkey(made[1]))
    assert "history" == caught.value.step


@pytest.mark.parametrize(
    "members",
    [
        {"more": 1},
        {"v": 2},
        {"entries": []},
        {"entries": [1]},
        {"history": {}},
        {"vkey": 1},
        {"checkpoint": 1},
        {"catalogue": []},
        {"catalogue": {"policy": "x"}},
        {"catalogue": {"policy": "x", "questions": [], "more": 1}},
        {"catalogue": {"policy": "x", "questions": [{"agency": "pln"}]}},
    ],
)
def test_what_no_bundle_holds_is_refused(made: tuple[Path, str], members: object) -> None:
    assert isinstance(members, dict)
    assert refused(changed(made[0].read_bytes(), **members), made[1])


def test_entries_twice_or_out_of_order_are_refused(made: tuple[Path, str]) -> None:
    raw, vkey = made[0].read_bytes(), made[1]
    first, second = orjson.loads(raw.partition(b"\n")[2])["entries"]
    assert refused(changed(raw, entries=[second, first]), vkey)
    assert refused(changed(raw, entries=[first, first]), vkey)
    assert not refused(changed(raw, entries=[second]), vkey)


def test_a_witness_s_cosignature_travels_along(made: tuple[Path, str]) -> None:
    path, vkey = made
    witness = TestSigner("witness.example/w1", seed=3)
    witness_vkey = format_cosigner_vkey(witness.name, witness.public_key)
    arguments = ("check-bundle", str(path), "--vkey", vkey, "--witness", witness_vkey)
    assert "not signed by witness.example/w1" in run(*arguments).output
    note = parse_bundle_file(path.read_bytes()).checkpoint
    kept = path.with_name("cosigned")
    kept.write_text(note + cosign(note[: note.rindex("\n\n") + 1], witness, at=1_790_000_000))
    out = path.with_name("cosigned.bundle")
    source = str(path.with_name("log.db"))
    made_again = ("bundle", source, "--entry", "2", "--vkey", vkey, "--checkpoint", str(kept))
    assert 0 == run(*made_again, "--out", str(out)).exit_code
    done = run("check-bundle", str(out), *arguments[2:])
    assert 0 == done.exit_code
    assert "witness.example/w1" in done.output


def test_what_cannot_run_exits_2(made: tuple[Path, str]) -> None:
    path, vkey = made
    source = str(path.with_name("log.db"))
    out = ("--out", str(path.with_name("new")), "--vkey", vkey)
    assert 2 == run("check-bundle", "/nowhere", "--vkey", vkey).exit_code
    assert 2 == run("check-bundle", str(path), "--vkey", "nonsense").exit_code
    assert 2 == run("bundle", source, "--entry", "7", *out).exit_code
    assert 2 == run("bundle", "/nowhere", "--entry", "1", *out).exit_code
    assert 2 == run("bundle", source, "--entry", "1", "--out", str(path), "--vkey", vkey).exit_code


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"1",
        b"{}",
        b'{"policy":"aa","questions":{}}',
        b'{"policy":1,"questions":[]}',
        b'{"policy":"aa","questions":[1.5]}',
    ],
)
def test_what_is_no_catalogue_makes_no_bundle(made: tuple[Path, str], content: bytes) -> None:
    path, vkey = made
    catalogue, out = path.with_name("catalogue"), path.with_name("new")
    catalogue.write_bytes(content)
    source = str(path.with_name("log.db"))
    arguments = ("bundle", source, "--entry", "1", "--vkey", vkey, "--out", str(out))
    done = run(*arguments, "--catalogue", str(catalogue))
    assert (2, False) == (done.exit_code, out.exists())


def test_a_catalogue_without_its_questions_stays_out(made: tuple[Path, str]) -> None:
    path, vkey = made
    catalogue, out = path.with_name("catalogue"), path.with_name("new")
    catalogue.write_bytes(b'{"policy":"aa","questions":["x",{"agency":"polri"}]}')
    source = str(path.with_name("log.db"))
    arguments = ("bundle", source, "--entry", "1", "--vkey", vkey, "--out", str(out))
    assert 0 == run(*arguments, "--catalogue", str(catalogue)).exit_code
    assert parse_bundle_file(out.read_bytes()).catalogue is None


def test_a_log_that_lies_gets_no_bundle(made: tuple[Path, str], tmp_path: Path) -> None:
    path, vkey = made
    folder = tmp_path / "folder"
    run("export", str(path.with_name("log.db")), "--out", str(folder))
    bundle = folder / "tile/entries/000.p/7"
    bundle.write_bytes(bundle.read_bytes().replace(b"owns_car", b"owns_cat"))
    out = tmp_path / "lie.bundle"
    done = run("bundle", str(folder), "--entry", "1", "--vkey", vkey, "--out", str(out))
    assert (1, False) == (done.exit_code, out.exists())


def test_keys_and_the_questions_words_travel_with_real_entries(
    world: World, tmp_path: Path
) -> None:
    """The whole of it as processes: a person's accesses, the keys that answered, the words."""
    grant = world.consent(world.person("eligible"))
    entry = str(world.ask(grant).items[0]["entry"])
    published = web_app(world.broker).test_client().get("/v1/catalogue").data
    catalogue = tmp_path / "catalogue.json"
    catalogue.write_bytes(published)
    out = tmp_path / "evidence.bundle"
    source = str(world.plan.broker_home / "log.db")
    vkey = ("--vkey", world.prepared.vkey)
    done = process(
        "bundle", source, "--entry", entry, *vkey, "--catalogue", str(catalogue), "--out", str(out)
    )
    assert (0, "") == (done.returncode, done.stderr)
    done = process("check-bundle", str(out), *vkey, "--json")
    said = json.loads(done.stdout)
    agency = json.loads(said["entries"][0]["entry"])["agency"]
    owners = {json.loads(each["entry"]).get("owner") for each in said["history"]}
    assert {agency} <= owners <= {agency, grant.programme, world.broker.log.origin, None}
    assert "policy.changed" in {each["kind"] for each in said["history"]}
    assert said["policy_index"] is not None
    assert {agency} == {each["agency"] for each in said["catalogue"]["questions"]}
    raw = out.read_bytes()
    assert refused(raw.replace(b'"not_shared"', b'"not_sharee"', 1), world.prepared.vkey)
    assert grant.person_id.encode() not in raw


def process(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "broker.cli", "audit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


def test_the_parser_raises_only_our_error() -> None:
    for raw in (b"", b"\n", b"izin-bundle:1:\n", summed(b""), summed(b"[]"), summed(b"{}")):
        with pytest.raises(AuditError):
            parse_bundle_file(raw)
