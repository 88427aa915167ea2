"""Words of answering: all questions on one page or one a page, and the look back at the end."""

from __future__ import annotations

from policies.words import Words

HOW_TO_ANSWER = Words("Cara menjawab", "How to answer")
ALL_ON_ONE = Words("Semua di satu halaman", "All on one page")
ONE_BY_ONE = Words("Satu per satu", "One by one")
PROGRESS = Words("Pertanyaan {n} dari {count}", "Question {n} of {count}")
IF_NO_HERE = Words(
    "Kalau Tidak: ini tidak ditanyakan, dan petugas {programme} memeriksanya langsung bersama "
    "Anda. Hak Anda tidak berkurang.",
    "If No: this is not asked, and an officer of {programme} checks it together with you. You "
    "lose no right.",
)
NEXT = Words("Lanjut", "Continue")
PREVIOUS = Words("Pertanyaan sebelumnya", "Previous question")
CHOOSE_ONE = Words("Belum dijawab. Pilih Ya atau Tidak.", "Not answered yet. Choose Yes or No.")
REVIEW_TITLE = Words("Periksa jawaban Anda", "Check your answers")
REVIEW_LEAD = Words(
    "Belum ada yang dikirim. Izin baru berlaku setelah Anda menyimpannya.",
    "Nothing has been sent. The permission holds only after you save your answers.",
)
YOUR_ANSWER = Words("Jawaban Anda:", "Your answer:")
CHANGE_ANSWER = Words("Ubah jawaban {n}", "Change answer {n}")
