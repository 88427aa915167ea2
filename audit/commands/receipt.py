"""`izin audit check-receipt`: do the two parts of a receipt belong together?"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from audit.commands.terminal import (
    TAMPERED,
    VKEY_HELP,
    as_json_option,
    lang_option,
    outcome,
    print_json,
    read_bytes,
    read_key,
    speaker,
)
from audit.errors import ReceiptError
from audit.note import parse_vkey
from audit.receipt import (
    GRANT,
    LOG,
    NUMBER,
    PROOF,
    SHARES,
    STEPS,
    TAG,
    TEXT,
    CheckedReceipt,
    check_receipt,
)
from audit.words import Words, fill

HOLDS: Final = Words(
    "COCOK: kunci di kertas ini adalah kunci yang tercatat untuk izin nomor {n}.",
    "IT HOLDS: the key on this paper is the one that the log committed to for grant {n}.",
)
WHERE: Final = Words(
    "Catatan {index} dari {size} dalam {origin}: izin untuk {programme} ({purpose}), {at}, "
    "{agencies} lembaga.",
    "Entry {index} of {size} in {origin}: a grant to {programme} ({purpose}), {at}, "
    "{agencies} agencies.",
)
LIMITS: Final = Words(
    "Yang tidak dikatakan: apakah izin itu sudah dicabut sesudahnya; itu terlihat dengan "
    "`izin audit trace`.",
    "What this does not say: whether the grant was withdrawn later; `izin audit trace` shows that.",
)
FAILS: Final = Words(
    "TIDAK COCOK (langkah {number}, {step}): {why}",
    "IT DOES NOT HOLD (step {number}, {step}): {why}",
)
WHY: Final = {
    TEXT: Words("Bagian A bukan teks tanda terima Izin.", "Part A is not the text of a receipt."),
    LOG: Words(
        "Bagian A, bagian B dan kunci verifikasi bukan dari catatan yang sama.",
        "Part A, part B and the verifier key are not of one log.",
    ),
    PROOF: Words(
        "Catatan di bagian A tidak terbukti ada dalam catatan yang ditandatangani.",
        "The entry in part A is not proven to stand in the signed log.",
    ),
    GRANT: Words(
        "Catatan di bagian A bukan pemberian izin.", "The entry in part A gives no grant."
    ),
    NUMBER: Words(
        "Kunci di bagian B bukan kunci untuk izin ini: orang lain, atau kertas lain.",
        "The key in part B is not this grant's: another person's, or another paper's.",
    ),
    SHARES: Words(
        "Untuk salah satu lembaga tercatat bagian dari kunci lain, atau nama lembaganya kurang.",
        "For some agency the log has a share of another key, or an agency's name is missing.",
    ),
    TAG: Words(
        "Catatan itu tidak akan ditemukan dengan kunci di bagian B.",
        "The key in part B would not find this entry.",
    ),
}


@click.command("check-receipt")
@click.argument("part_a", type=click.Path(path_type=Path))
@click.option("--trace-key", "part_b", required=True, help="Part B's text or bare key; - reads it.")
@click.option("--vkey", required=True, help=VKEY_HELP)
@click.option("--agency", "agencies", multiple=True, help="For a receipt that names no agencies.")
@lang_option
@as_json_option
def check_receipt_command(
    part_a: Path, part_b: str, vkey: str, agencies: tuple[str, ...], lang: str, as_json: bool
) -> None:
    """Check a receipt offline: PART_A, the file that the receipt's page offers, and part B.

    Is the key on the paper the one that the log committed to? Exit 0 yes, 1 no, 2 could not run.
    """
    with outcome(as_json):
        verifier = parse_vkey(vkey)
        origin, key = read_key(part_b)
        say = speaker(as_json, lang)
        # Bytes that are no text are a receipt that does not hold, not a command that cannot run.
        text = read_bytes(part_a).decode("utf-8", errors="replace")
        try:
            checked = check_receipt(text, key, verifier, agencies=agencies, key_origin=origin)
        except ReceiptError as error:
            number = STEPS.index(error.step) + 1
            say(fill(FAILS, number=number, step=error.step, why=WHY[error.step]))
            if as_json:
                print_json(
                    {
                        "result": "fails",
                        "step": error.step,
                        "number": number,
                        "reason": str(error),
                    }
                )
            raise click.exceptions.Exit(TAMPERED) from error
        if as_json:
            print_json(_members(checked))
        say(fill(HOLDS, n=checked.n))
        say(
            fill(
                WHERE,
                index=checked.index,
                size=checked.checkpoint.size,
                origin=checked.checkpoint.origin,
                programme=checked.entry.members["programme"],
                purpose=checked.entry.members["purpose"],
                at=checked.entry.at.strftime("%Y-%m-%d %H:00 UTC"),
                agencies=len(checked.agencies),
            )
        )
        say(LIMITS)


def _members(checked: CheckedReceipt) -> dict[str, object]:
    return {
        "result": "ok",
        "origin": checked.checkpoint.origin,
        "n": checked.n,
        "index": checked.index,
        "size": checked.checkpoint.size,
        "programme": checked.entry.members["programme"],
        "purpose": checked.entry.members["purpose"],
        "at": checked.entry.at.strftime("%Y-%m-%dT%H:00:00Z"),
        "agencies": list(checked.agencies),
        "steps": list(STEPS),
    }
