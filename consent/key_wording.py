"""The words of the pages on which a person replaces her trace key, both languages."""

from __future__ import annotations

from policies.words import Words

TITLE = Words("Ganti kunci jejak?", "Replace your trace key?")
LEAD = Words(
    "Lakukan ini jika bagian B tanda terima Anda hilang, atau ada orang lain yang melihatnya. "
    "Tidak ada izin yang bertambah.",
    "Do this if part B of your receipt is lost, or somebody else saw it. No permission is added.",
)
POINTS = (
    Words(
        "Anda mendapat bagian B yang baru. Cetak atau simpan, dan jangan perlihatkan kepada siapa "
        "pun.",
        "You get a new part B. Print or keep it, and show it to nobody.",
    ),
    Words(
        "Kunci yang lama tidak lagi menemukan catatan baru tentang Anda. Catatan yang lama tetap "
        "dapat dicari dengan kunci lama: simpan jika masih ada.",
        "The old key finds no new entries about you. Old entries are still found with the old key: "
        "keep it if you have it.",
    ),
    Words(
        "Penutupan kunci lama tertulis dalam catatan umum. Siapa pun yang memegang kunci lama "
        "dapat melihat bahwa kunci itu sudah diganti.",
        "That the old key is closed is written in the public log. Whoever holds the old key can "
        "see that it was replaced.",
    ),
    Words(
        "Izin yang masih berlaku diakhiri, lalu diberikan lagi dengan pilihan yang sama, sampai "
        "tanggal yang sama, dengan nomor baru.",
        "Permissions that are in force end and are given again with the same choices, until the "
        "same day, under new numbers.",
    ),
    Words(
        "Izin yang Anda kuatkan dengan kunci sandi hanya diakhiri: program itu harus meminta lagi.",
        "A permission that you confirmed with a passkey only ends: that programme must ask again.",
    ),
)
YES = Words("Ya, ganti kunci", "Yes, replace the key")
NO = Words("Tidak, kembali", "No, go back")
DONE_TITLE = Words("Kunci jejak Anda", "Your trace key")
DONE_LEAD = Words(
    "Ini bagian B yang berlaku sekarang. Cetak atau simpan.",
    "This is the part B that counts now. Print or keep it.",
)
DONE_NEXT = Words(
    "Tanda terima baru untuk izin Anda ada di halaman Izin saya.",
    "New receipts for your permissions are on the page My permissions.",
)
