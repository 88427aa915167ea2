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

# A programme that asks too often
TOO_OFTEN_TITLE = Words("{programme} terlalu sering meminta", "{programme} asks too often")
TOO_OFTEN = Words(
    "{programme} sudah beberapa kali meminta izin Anda dalam 30 hari ini, jadi permintaan ini "
    "tidak ditampilkan. Tidak ada yang dikirim. Izin yang sudah Anda berikan tetap berlaku.",
    "{programme} has asked for your permission several times within 30 days, so this request is "
    "not shown. Nothing was sent. Permissions that you have given stay in force.",
)
TOO_OFTEN_NEXT = Words(
    "Anda tidak perlu melakukan apa-apa. Perlu bantuan? Datang ke kantor desa atau kelurahan.",
    "You need not do anything. Need help? Come to the village office.",
)
