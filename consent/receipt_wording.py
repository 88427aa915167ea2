"""What the pages about notices and digital receipts say, in both languages. Pure."""

from __future__ import annotations

from typing import Final

from policies.words import Words

SHOWN_TITLE: Final = Words("Yang ditunjukkan kepada Anda", "What you were shown")
SHOWN_ON: Final = Words(
    "Ini yang Anda baca pada {day}, sebelum memberi izin nomor {n}. Kata-katanya tetap seperti "
    "waktu itu, juga kalau halaman izin sekarang berbunyi lain.",
    "This is what you read on {day}, before you gave permission number {n}. The words stay as they "
    "were, even if the page reads differently today.",
)
SHOWN_IN: Final = Words("Anda membacanya dalam {language}.", "You read it in {language}.")
LANGUAGES: Final = {
    "id": Words("bahasa Indonesia", "Indonesian"),
    "en": Words("bahasa Inggris", "English"),
}
NOTICE_TITLE: Final = Words("Pemberitahuan izin", "A permission's notice")
NOTICE_LEAD: Final = Words(
    "Ini yang dibaca orang sebelum memberi izin. Tidak ada nama orang di sini.",
    "This is what people read before they give permission. Nobody is named here.",
)
SHOWN_ASKED: Final = Words("Yang diminta {programme}", "What {programme} asked for")
SHOWN_QUESTIONS: Final = Words("Pertanyaan satu per satu", "Question by question")
SHOWN_INTACT: Final = Words(
    "Sudah diperiksa: kata-kata ini sama dengan yang tercatat waktu itu.",
    "Checked: these are the words that were recorded then.",
)
SHOWN_CHANGED: Final = Words(
    "AWAS: kata-kata ini tidak sama dengan yang tercatat waktu itu. Ada yang mengubahnya. "
    "Laporkan kepada petugas.",
    "WARNING: these are not the words that were recorded then. Somebody changed them. Report it.",
)
SHOWN_MISSING: Final = Words(
    "Kata-kata untuk izin ini tidak tersimpan atau tidak dapat dibaca lagi.",
    "The words for this permission are not kept, or cannot be read any more.",
)
SHOWN_DIGEST: Final = Words("Sidik kata-kata ini (SHA-256)", "Digest of these words (SHA-256)")
SHOWN_ALL: Final = Words(
    "Alamat untuk ditunjukkan kepada orang lain", "The address to show to others"
)
BACK_TO_RECEIPT: Final = Words("Kembali ke tanda terima", "Back to the receipt")
SEE_SHOWN: Final = Words("Lihat yang ditunjukkan kepada Anda", "See what you were shown")
DOWNLOAD: Final = Words("Unduh tanda terima digital", "Download the digital receipt")
DOWNLOAD_WHY: Final = Words(
    "Tanda terima digital ditandatangani dan dapat diperiksa siapa saja tanpa internet. "
    "Isinya tidak menyebut NIK atau nama Anda.",
    "The digital receipt is signed, and anybody can check it without the internet. It names "
    "neither your NIK nor you.",
)
