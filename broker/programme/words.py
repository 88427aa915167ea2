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
UNDECIDED: Final = "undecided"
"""Stands for the result where the portal decided nothing at all."""

TITLES: Final = {
    **RESULTS,
    UNDECIDED: Words("Petugas menilai dengan cara lain", "An officer assesses you another way"),
}
LEADS: Final = {
    "eligible": Words(
        "Jawaban lembaga memenuhi aturan program ini.",
        "What the agencies answered meets the rule of this programme.",
    ),
    "not_eligible": Words(
        "Menurut jawaban lembaga, aturan program ini belum terpenuhi.",
        "By what the agencies answered, the rule of this programme is not met.",
    ),
    "needs_review": Words(
        "Ini bukan penolakan. Ada yang belum pasti, jadi petugas memeriksa permohonan Anda.",
        "This is not a refusal. Something is not certain, so an officer looks into it.",
    ),
    UNDECIDED: Words(
        "Ini bukan penolakan. Lewat portal ini permohonan Anda belum dinilai.",
        "This is not a refusal. Through this portal your application is not assessed yet.",
    ),
    "refused": Words(
        "Permintaan terakhir kami ditolak sebelum ada lembaga yang ditanya. Keputusan "
        "sebelumnya, jika ada, tidak berubah.",
        "Our last request was refused before any agency was asked. An earlier decision, if any, "
        "does not change.",
    ),
}
NEXT: Final = {
    "eligible": (
        Words(
            "Kantor desa atau kelurahan memberi tahu Anda kapan bantuan mulai.",
            "The village office tells you when the assistance begins.",
        ),
        Words(
            "Anda tidak perlu membayar kepada siapa pun.",
            "You need not pay anybody for this.",
        ),
    ),
    "not_eligible": (
        Words(
            "Ada alasan yang keliru? Anda berhak menyanggah di kantor desa atau kelurahan. Bawa "
            "KTP dan nomor keputusan di bawah.",
            "Is a reason wrong? You have the right to object at the village office. Bring your "
            "ID card and the number of the decision below.",
        ),
        Words(
            "Keadaan Anda berubah? Anda boleh mengajukan lagi.",
            "Have things changed for you? You may apply again.",
        ),
    ),
    "needs_review": (
        Words(
            "Petugas menghubungi Anda. Anda tidak perlu melakukan apa-apa sekarang.",
            "An officer gets in touch with you. You need not do anything now.",
        ),
        Words(
            "Anda juga boleh datang sendiri ke kantor desa atau kelurahan dengan KTP.",
            "You may also come to the village office yourself with your ID card.",
        ),
    ),
    UNDECIDED: (
        Words(
            "Datang ke kantor desa atau kelurahan dengan KTP. Petugas menilai Anda tanpa bertanya "
            "kepada lembaga-lembaga ini.",
            "Come to the village office with your ID card. An officer assesses you without asking "
            "these agencies.",
        ),
        Words(
            "Berubah pikiran? Anda boleh mengajukan lagi kapan saja.",
            "Changed your mind? You may apply again at any time.",
        ),
    ),
    "refused": (
        Words(
            "Ingin dinilai lagi? Ajukan lagi dari awal dan beri izin baru.",
            "Want to be assessed again? Apply again from the beginning and give a new permission.",
        ),
        Words(
            "Atau datang ke kantor desa atau kelurahan dengan KTP. Petugas menilai dengan cara "
            "lain.",
            "Or come to the village office with your ID card. An officer assesses you another way.",
        ),
    ),
}
CHOOSE_PROGRAMME: Final = Words("Pilih satu program.", "Choose a programme.")
CHOOSE_AREA: Final = Words("Pilih satu desa atau kelurahan.", "Choose a village.")
NOT_OPEN_HERE: Final = Words(
    "Program ini belum dibuka di sana. Pilih tempat lain atau program lain.",
    "This programme is not open there yet. Choose another place or programme.",
)
ANSWERS: Final = {
    "yes": Words("Ya", "Yes"),
    "no": Words("Tidak", "No"),
    "unknown": Words("Tidak diketahui", "Not known"),
}
_STATUSES: Final = {
    "answered": Words("Sudah menjawab.", "Answered."),
    "refused": Words("Menolak menjawab.", "Refused to answer."),
    "pending": Words("Belum menjawab.", "Has not answered yet."),
    "unavailable": Words("Tidak dapat dihubungi.", "Could not be reached."),
    "faulty": Words("Jawabannya tidak dapat dipercaya.", "The answer cannot be trusted."),
    "missing": Words("Tidak ada kabar.", "No word."),
    "declined": Words(
        "Tidak Anda izinkan, jadi tidak ditanya.", "You did not allow it: not asked."
    ),
    "not_asked": Words("Tidak ditanya.", "Not asked."),
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
