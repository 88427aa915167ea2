"""Words of the pages on which a person changes a grant of hers."""

from __future__ import annotations

from policies.words import Words

CHANGED = (
    Words("Izin ini sudah diubah", "This permission was changed already"),
    Words(
        "Izin ini baru saja diubah atau dicabut di jendela lain. Yang dipilih di sana berlaku; "
        "jawaban di jendela ini tidak dipakai. Buka Izin saya untuk melihatnya.",
        "This permission was changed or withdrawn in another window just now. What was chosen "
        "there counts; the answer in this window was not used. Open My permissions to see it.",
    ),
)

# Extending
EXTEND = Words("Perpanjang izin ini", "Extend this permission")
EXTEND_NUMBER = Words("Perpanjang izin nomor {n}", "Extend permission number {n}")
EXTEND_TITLE = Words("Perpanjang izin nomor {n}?", "Extend permission number {n}?")
EXTEND_LEAD = Words(
    "Izin untuk {programme} berlaku sampai {day}. Anda boleh membiarkannya berakhir.",
    "Your permission for {programme} holds until {day}. You may let it end.",
)
EXTEND_SAME = Words(
    "Yang tetap sama: pertanyaannya, tujuannya, berapa sering boleh ditanya, dan berapa lama "
    "jawaban disimpan. Yang Anda tolak tetap ditolak. Anda tetap dapat mencabutnya kapan saja.",
    "What stays the same: the questions, what for, how often, and how long answers are kept. "
    "What you declined stays declined. You can still withdraw at any time.",
)
EXTEND_NEW = Words(
    "Izin nomor {n} berakhir dan izin dengan nomor baru menggantikannya. Anda mendapat tanda "
    "terima baru.",
    "Permission number {n} ends and one with a new number takes its place. You get a new receipt.",
)
UNTIL_WHICH = Words("Sampai kapan izin ini berlaku?", "Until when should it hold?")
UNTIL_DAY = Words("Sampai {day}", "Until {day}")
LONGEST = Words("paling lama", "the longest possible")
CHOOSE_DAY = Words("Pilih satu tanggal.", "Choose one date.")
GO_ON = Words("Lanjut", "Continue")
DO_NOT = Words("Jangan perpanjang", "Do not extend")
CONFIRM_TITLE = Words("Perpanjang sampai {day}?", "Extend until {day}?")
CONFIRM_LEAD = Words(
    "Periksa lagi. Izin baru diperpanjang setelah Anda menekan salah satu tombol di bawah.",
    "Check again. It is extended only after you press one of the buttons below.",
)
CONFIRM_YES = Words("Ya, perpanjang", "Yes, extend it")
CONFIRM_CHANGE = Words("Pilih tanggal lain", "Choose another date")
PROOF_NEEDED = Words(
    "Izin ini dulu diberikan dengan bukti yang lebih kuat. Perpanjang dengan cara yang sama.",
    "This permission was given with stronger proof. Extend it in the same way.",
)
