"""`izin audit check-receipt` and `receipt-page`: do the two parts of a receipt belong together?"""

from __future__ import annotations

from pathlib import Path

import click

from audit.commands.terminal import lang_option, print_json, read_bytes, read_key, speaker
from audit.errors import AuditError, ReceiptError
from audit.exits import TAMPERED, VKEY_HELP, as_json_option, outcome
from audit.note import parse_vkey
from audit.receipt import STEPS, CheckedReceipt, check_receipt
from audit.receipt_page import receipt_page
from audit.receipt_words import FAILS, HOLDS, LIMITS, WHERE, WHY
from audit.words import fill


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


@click.command("receipt-page")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The file to write.")
@click.option("--vkey", help="A verifier key for the page to begin with; it stays changeable.")
def receipt_page_command(out: Path, vkey: str | None) -> None:
    """Write the page that checks a receipt without a network: one file, to open from a disk."""
    with outcome(as_json=False):
        if vkey is not None:
            parse_vkey(vkey)
        try:
            out.write_bytes(receipt_page(vkey or ""))
        except OSError as error:
            raise AuditError(f"the page cannot be written: {error.strerror}") from error
        click.echo(f"wrote {out}")
