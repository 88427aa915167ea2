"""Which third-party test vectors are run, by which tests, and which do not apply and why.

`pytest_terminal_summary` prints the table at the end of a run that had the vectors. A test holds
the list against the folder: a file that nobody lists is a file that nobody ran.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Use:
    """A file or folder of vectors. tests: beginnings of node ids; why: where none applies."""

    path: str
    tests: tuple[str, ...] = ()
    why: str = ""


USES = (
    Use("rfc6962-merkle", ("tests/audit/test_merkle.py::test_the_probes_of_transparency_dev",)),
    Use("tlog/notes.json", ("tests/audit/test_note.py::test_the_notes_of_sumdb",)),
    Use("tlog/tile-paths.json", ("tests/audit/test_tiles.py::test_the_paths_and_tile_sets",)),
    Use(
        "tessera-log",
        (
            "tests/audit/test_checkpoint.py::test_a_log_by_others",
            "tests/audit/test_verify.py::test_a_log_of_another_kind",
        ),
    ),
    Use("cosig-sample", ("tests/audit/test_note.py::test_the_cosignatures_of_a_witness",)),
    Use(
        "crypto/jcs-rfc8785-files.json",
        ("tests/audit/test_canonical.py::test_the_files_of_rfc_8785",),
    ),
    Use("crypto/jcs-es6-numbers-10k.txt", ("tests/audit/test_numbers.py::",)),
    Use(
        "crypto/jose-hpke-pq-pqt-draft00.json",
        ("tests/broker/test_jwe_profiles.py::test_the_published",),
    ),
    Use(
        "crypto/wycheproof-json_web_encryption.json",
        ("tests/broker/test_jwe_profiles.py::test_the_wycheproof",),
    ),
    Use("crypto/wycheproof-ecdh_secp256r1.json", ("tests/keys/test_ecdh_es.py::test_every_wyche",)),
    Use("crypto/hpke-pq-draft.json", ("tests/keys/test_xwing.py::test_the_x_wing_rows",)),
    Use("crypto/wycheproof-ed25519.json", ("tests/keys/test_signing.py::test_every_wycheproof",)),
    Use("crypto/wycheproof-x25519.json", ("tests/keys/test_xwing.py::test_the_x25519_part",)),
    Use("crypto/wycheproof-mlkem_768.json", ("tests/keys/test_xwing.py::test_the_mlkem_part",)),
    Use("crypto/wycheproof-hmac_sha256.json", ("tests/audit/test_hmac.py::",)),
    Use(
        "crypto/wycheproof-ecdsa_secp256r1_sha256_p1363.json",
        ("tests/consent/test_es256.py::",),
    ),
    Use("crypto/argon2id-rfc9106.txt", ("tests/keys/test_pseudonym.py::test_argon2id_gives",)),
    Use("crypto/nik-json-number-trap.json", ("tests/broker/test_nik.py::",)),
    Use("crypto/jose-hpke-draft20.json", why="classical HPKE only: our profile is HPKE-9-KE"),
    Use("crypto/rfc7520-cookbook-subset.json", why="algorithms that no message of ours may use"),
    Use("crypto/wycheproof-json_web_signature.json", why="headers that our JWS reader refuses"),
    Use("crypto/wycheproof-json_web_key.json", why="key sets chosen by header; we choose by owner"),
    Use("crypto/wycheproof-aes_gcm.json", why="the library's own; reached through HPKE-9-KE rows"),
    Use("crypto/wycheproof-aes_kwp.json", why="no key wrap with AES-KWP"),
    Use("crypto/wycheproof-hkdf_sha256.json", why="the library's own, in one fixed shape"),
    Use("crypto/wycheproof-mldsa_65_verify.json", why="no ML-DSA-65 signature is made or checked"),
    Use("areas", why="data, not vectors"),
    Use("consent", ("tests/consent/test_digital_receipt.py::test_the_dpv_terms",)),
    Use("dci", why="no DCI registry adapter yet"),
    Use("estonia", why="protocols of others to compare with, not vectors"),
)


def table(passed: Iterable[str], failed: Iterable[str]) -> list[str]:
    """Return the table's lines. passed, failed: node ids of a run."""
    passed, failed = list(passed), list(failed)
    lines = []
    for use in USES:
        if use.why:
            lines.append(f"{use.path:<54} not applicable: {use.why}")
            continue
        good = sum(node.startswith(use.tests) for node in passed)
        bad = sum(node.startswith(use.tests) for node in failed)
        if good or bad:
            verdict = f"FAILED {bad}" if bad else f"passed in {good} test{'s' * (good > 1)}"
            lines.append(f"{use.path:<54} {verdict}")
    return lines
