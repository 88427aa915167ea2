"""What `izin receipt verify` says, in both languages. Pure."""

from __future__ import annotations

from typing import Final

from consent.receipt_check import (
    ENDED,
    FIELDS,
    GRANT,
    LOG,
    NOTICE,
    PARTS,
    SCHEMA,
    SIGNATURE,
    TEXT,
)
from policies.words import Words

HOLDS: Final = Words(
    "COCOK: tanda terima ini asli, dan catatan {origin} mencatat izin ini.",
    "IT HOLDS: this receipt is genuine, and the log {origin} recorded this permission.",
)
WHERE: Final = Words(
    "Catatan {index} dari {size}; dibuat {created}, ditandatangani dengan kunci {signer}.",
    "Entry {index} of {size}; made {created}, signed with the key {signer}.",
)
ALLOWED: Final = Words("Yang diizinkan untuk {programme}:", "What {programme} was allowed:")
DECLINED: Final = Words("Yang ditolak:", "What was declined:")
UNTIL: Final = Words(
    "Sampai {day}. {frequency} {retention}", "Until {day}. {frequency} {retention}"
)
STATES: Final = {
    "live": Words("Keadaan pada {created}: berlaku.", "As of {created}: in force."),
    "withdrawn": Words("Keadaan pada {created}: SUDAH DICABUT.", "As of {created}: WITHDRAWN."),
    "replaced": Words(
        "Keadaan pada {created}: DIGANTI izin lain.", "As of {created}: REPLACED by another one."
    ),
    "expired": Words("Keadaan pada {created}: SUDAH BERAKHIR.", "As of {created}: EXPIRED."),
}
OVER: Final = Words(
    "Hari terakhirnya sudah lewat: izin ini tidak berlaku lagi.",
    "Its last day is over: this permission is no longer in force.",
)
LIMITS: Final = Words(
    "Yang tidak dikatakan: apakah izin ini dicabut sesudah waktu itu. Itu terlihat di {status}",
    "What this does not say: whether it was withdrawn after that time. See {status}",
)
KEY_OF_LOG: Final = Words(
    "Kunci diambil dari tanda terima: kunci yang sama menandatangani bagian tiap lembaga yang "
    "tercatat.",
    "The key is the receipt's own: it signed the agencies' parts to which the log committed.",
)
FAILS: Final = Words(
    "TIDAK COCOK (langkah {number}, {step}): {why}",
    "IT DOES NOT HOLD (step {number}, {step}): {why}",
)
STATUS_FAILS: Final = Words(
    "TIDAK COCOK (keadaan): keterangan keadaan ini bukan untuk tanda terima ini, atau bukan asli.",
    "IT DOES NOT HOLD (status): this status is of another receipt, or is not genuine.",
)
WHY: Final = {
    TEXT: Words("Ini bukan tanda terima digital Izin.", "This is not a digital receipt of Izin."),
    SCHEMA: Words(
        "Isinya lain dari bentuk tanda terima.", "Its members are not those of a receipt."
    ),
    SIGNATURE: Words(
        "Tanda tangannya bukan dari kunci yang dipercaya.",
        "The signature is not by a key that is trusted.",
    ),
    LOG: Words(
        "Izin ini tidak terbukti ada dalam catatan itu.",
        "The permission is not proven to stand in that log.",
    ),
    GRANT: Words(
        "Yang tercatat bukan izin di tanda terima ini.",
        "What the log recorded is not the permission on this receipt.",
    ),
    PARTS: Words(
        "Yang diterima lembaga bukan yang tercatat.",
        "The agencies' parts are not those to which the log committed.",
    ),
    FIELDS: Words(
        "Tanda terima ini menyebut hal lain dari yang diterima lembaga.",
        "The receipt says something else than the agencies' parts.",
    ),
    NOTICE: Words(
        "Kata-katanya bukan yang ditunjukkan waktu itu.",
        "The words are not those that were shown then.",
    ),
    ENDED: Words("Akhir izin yang disebut tidak terbukti.", "The end that it names is not proven."),
}
