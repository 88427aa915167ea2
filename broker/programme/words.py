"""What ids mean to an applicant, in both languages. Pure: words only."""

from __future__ import annotations

from typing import Final

from policies.rules import RULES
from policies.words import Words

RESULTS: Final = {
    "eligible": Words("Anda memenuhi syarat", "You are eligible"),
    "not_eligible": Words("Anda belum memenuhi syarat", "You are not eligible"),
    "needs_review": Words("Petugas akan memeriksa", "An officer will check"),
    "refused": Words("Tidak ada yang ditanyakan", "Nothing was asked"),
}
ANSWERS: Final = {
    "yes": Words("Ya", "Yes"),
    "no": Words("Tidak", "No"),
    "unknown": Words("Tidak diketahui", "Not known"),
}
_STATUSES: Final = {
    "answered": Words("Sudah menjawab", "Answered"),
    "refused": Words("Menolak menjawab", "Refused to answer"),
    "pending": Words("Belum menjawab", "Has not answered yet"),
    "unavailable": Words("Tidak dapat dihubungi", "Could not be reached"),
    "faulty": Words("Jawaban tidak dapat dipercaya", "The answer cannot be trusted"),
    "missing": Words("Tidak ada kabar", "No word"),
    "declined": Words("Tidak Anda izinkan, tidak ditanya", "You did not allow it, not asked"),
    "not_asked": Words("Tidak ditanya", "Not asked"),
}
_UNTRUSTED: Final = Words(
    "Jawaban tidak lolos pemeriksaan keaslian, jadi tidak dipakai. Petugas diberi tahu.",
    "The answer failed the check of its origin, so it is not used. An officer is told.",
)
_REASONS: Final = {
    "declined": Words(
        "Anda tidak memberi izin. Itu hak Anda; petugas menilai dengan cara lain.",
        "You did not give permission. That is your right; an officer assesses you another way.",
    ),
    "not_finished": Words(
        "Permintaan izin belum selesai. Anda dapat mengajukan lagi.",
        "The request for permission was not finished. You can apply again.",
    ),
    "izin_unavailable": Words(
        "Layanan Izin sedang tidak dapat dihubungi. Coba lagi nanti.",
        "The Izin service cannot be reached now. Try again later.",
    ),
    "izin_contradicts": Words(
        "Kabar dari layanan Izin tidak masuk akal, jadi tidak dipakai.",
        "What the Izin service said does not fit together, so it is not used.",
    ),
    "formula_not_in_force": Words(
        "Aturan penilaian untuk desa yang dipilih tidak berlaku bagi Anda.",
        "The assessment rule for the village chosen is not the one in force for you.",
    ),
    "grant-not-live": Words(
        "Izin Anda tidak berlaku lagi, jadi tidak ada lembaga yang ditanya.",
        "Your permission is no longer in force, so no agency was asked.",
    ),
    "not-permitted": Words(
        "Izin Anda tidak mencakup pertanyaan ini sekarang.",
        "Your permission does not cover these questions now.",
    ),
    "invalid-token": Words(
        "Masa pakai izin di portal ini sudah habis. Ajukan lagi untuk ditanya kembali.",
        "This portal's use of the permission has run out. Apply again to be asked again.",
    ),
    "grant_withdrawn": Words("Izin sudah dicabut.", "The permission was withdrawn."),
    "agency_too_slow": Words("Terlalu lama menjawab.", "Took too long to answer."),
    "agency_unreachable": Words("Tidak dapat dihubungi.", "Could not be reached."),
    "agency_missing": Words("Tidak ada kabar.", "No word of it."),
    "frequency_spent": Words(
        "Batas jumlah pertanyaan dalam masa ini sudah tercapai.",
        "The number of uses allowed in this period has been reached.",
    ),
    "agency_not_asked": _UNTRUSTED,
    "item_unreadable": _UNTRUSTED,
    "agency_unknown": _UNTRUSTED,
    "answer_not_genuine": _UNTRUSTED,
    "answer_unproven": _UNTRUSTED,
    "answer_of_another": _UNTRUSTED,
    "answer_repeated": _UNTRUSTED,
}
_RULES: Final = {rule.id: rule.text for rule in RULES}


def status(name: str) -> Words:
    """Return what came of asking an agency, in words."""
    return _STATUSES.get(name, Words(name, name))


def reason(name: str) -> Words:
    """Return a reason in words; one that nobody wrote words for is shown as its id."""
    return _REASONS.get(name) or _RULES.get(name) or Words(f"Alasan: {name}", f"Reason: {name}")
