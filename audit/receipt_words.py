"""What is said of a receipt that was checked, in both languages. Pure.

The terminal and the page (`audit.receipt_page`) say the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from audit.receipt import GRANT, LOG, NUMBER, PROOF, SHARES, TAG, TEXT
from audit.words import Words

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
STEP_WORDS: Final = {
    TEXT: Words("Bagian A adalah teks tanda terima", "Part A is the text of a receipt"),
    LOG: Words("Semuanya dari catatan yang sama", "All is of one log"),
    PROOF: Words(
        "Izin itu tercatat, dan catatannya ditandatangani",
        "The grant stands in the log, and the log is signed",
    ),
    GRANT: Words("Catatan itu pemberian izin", "The entry gives a grant"),
    NUMBER: Words("Kunci rahasia cocok dengan izin ini", "The secret key is this grant's"),
    SHARES: Words("Setiap lembaga mendapat bagian kunci ini", "Every agency has this key's share"),
    TAG: Words("Kunci ini menemukan catatan itu", "This key finds the entry"),
}
PAGE: Final[Mapping[str, Words]] = {
    "TITLE": Words("Periksa tanda terima", "Check a receipt"),
    "LEAD": Words(
        "Apakah kunci rahasia di kertas ini kunci yang sungguh tercatat?",
        "Is the secret key on this paper the one that was really recorded?",
    ),
    "OFFLINE": Words(
        "Halaman ini bekerja tanpa internet dan tidak dapat mengirim apa pun. Tutup halaman ini "
        "sesudah memeriksa.",
        "This page works without the internet and cannot send anything. Close it afterwards.",
    ),
    "NO_SCRIPT": Words(
        "Halaman ini perlu JavaScript. Nyalakan, atau gunakan `izin audit check-receipt`.",
        "This page needs JavaScript. Switch it on, or use `izin audit check-receipt`.",
    ),
    "VKEY": Words("Kunci verifikasi catatan", "The log's verifier key"),
    "VKEY_HINT": Words(
        "Cocokkan dengan kunci yang diumumkan, misalnya di papan kantor desa.",
        "Compare it with the published one, for example on the village office's board.",
    ),
    "PART_A": Words("Bagian A: bukti", "Part A: the proof"),
    "PART_A_HINT": Words(
        "Pilih berkas yang diunduh (izin-1.txt), atau tempelkan isi kode QR bagian A.",
        "Choose the file that you downloaded (izin-1.txt), or paste the text of part A's QR code.",
    ),
    "FILE": Words("Berkas bagian A:", "Part A's file:"),
    "PART_B": Words("Bagian B: kunci rahasia", "Part B: the secret key"),
    "PART_B_HINT": Words(
        "Isi kode QR bagian B, dimulai dengan izin-trace. Jangan tunjukkan kepada orang lain.",
        "The text of part B's QR code, which begins with izin-trace. Show it to nobody.",
    ),
    "CHECK": Words("Periksa", "Check"),
    "CLEAR": Words("Hapus isian", "Clear the form"),
    "LIMITS": Words(
        "Yang tidak dikatakan: apakah izin ini sudah dicabut sesudahnya.",
        "What this does not say: whether the grant was withdrawn later.",
    ),
}
"""The page's own sentences, by their names in its template."""

SCRIPT: Final[Mapping[str, Words]] = {
    "TITLE": PAGE["TITLE"],
    "HOLDS": Words("COCOK", "IT HOLDS"),
    "WHERE": Words(
        "Kunci di kertas ini adalah kunci yang tercatat untuk izin nomor {n}. " + WHERE.id,
        "The key on this paper is the one that the log committed to for grant {n}. " + WHERE.en,
    ),
    "FAILS": Words("TIDAK COCOK (langkah {number})", "IT DOES NOT HOLD (step {number})"),
    "STEP": Words("{what}: {state}", "{what}: {state}"),
    "YES": Words("ya", "yes"),
    "NO": Words("TIDAK", "NO"),
    "NOT_REACHED": Words("belum diperiksa", "not checked"),
    "CANNOT": Words("Belum dapat diperiksa", "This cannot be checked yet"),
}
CANNOT_WHY: Final = {
    "vkey": Words(
        "Kunci verifikasi tidak lengkap atau salah ketik.",
        "The verifier key is not complete or has a typing error.",
    ),
    "part_b": Words(
        "Bagian B tidak lengkap atau salah ketik.",
        "Part B is not complete or has a typing error.",
    ),
    "browser": Words(
        "Peramban ini tidak dapat memeriksa. Simpan halaman ini, lalu buka berkasnya dengan "
        "peramban yang lebih baru.",
        "This browser cannot check. Save this page and open the file with a newer browser.",
    ),
}
