"""The pages' own words, both languages beside each other.

What is asked of whom is not here but in the notice (`consent.notice`), whose digest is logged.
Plain words for people who rarely fill in forms: short sentences, no terms of law or technology.
Why they stand in code: docs/adr/page-words-in-code.md.
"""

from __future__ import annotations

from policies.words import Words

# On every page
NAME = Words("Izin", "Izin")
SKIP = Words("Langsung ke isi", "Skip to content")
DEMO = Words(
    "Ini peragaan. Semua orang dan data di sini rekaan.",
    "This is a demonstration. All people and data here are invented.",
)
MY_GRANTS = Words("Izin saya", "My permissions")
MY_TRACE = Words("Siapa bertanya", "Who asked")
SIGN_IN = Words("Masuk", "Sign in")
SIGN_OUT = Words("Keluar", "Sign out")
BACK_TO_START = Words("Ke halaman awal", "To the start page")

# Start
START_TITLE = Words("Data Anda, izin Anda", "Your data, your permission")
START_LEAD = Words(
    "Program bantuan sosial hanya boleh bertanya tentang Anda jika Anda mengizinkannya di sini.",
    "An assistance programme may ask about you only if you allow it here.",
)
START_POINTS = (
    Words(
        "Anda memilih sendiri, satu per satu, pertanyaan mana yang boleh.",
        "You choose yourself, one by one, which questions are allowed.",
    ),
    Words(
        "Jawabannya hanya ya, tidak, atau tidak diketahui. Angka dan dokumen tidak dikirim.",
        "The answers are only yes, no or unknown. No figures, no documents.",
    ),
    Words(
        "Setiap pertanyaan tentang Anda dicatat. Anda dapat melihat semuanya.",
        "Every question about you is recorded. You can see them all.",
    ),
    Words(
        "Izin dapat Anda cabut kapan saja.",
        "You can withdraw your permission at any time.",
    ),
)

# Sign-in
LOGIN_TITLE = Words("Masuk", "Sign in")
LOGIN_LEAD = Words(
    "Isi NIK dan PIN Anda. PIN Anda terima saat mendaftar di kantor desa.",
    "Enter your NIK and PIN. You got your PIN when you enrolled at the village office.",
)
NIK = Words("NIK (16 angka di KTP)", "NIK (the 16 digits on your ID card)")
PIN = Words("PIN (6 angka)", "PIN (6 digits)")
LOGIN_WRONG = Words(
    "NIK atau PIN tidak cocok, atau terlalu sering dicoba. Periksa lagi. Setelah lima kali "
    "salah, tunggu 15 menit.",
    "NIK or PIN do not match, or were tried too often. Check them. After five wrong tries, "
    "wait 15 minutes.",
)
LOGIN_BUSY = Words(
    "Terlalu banyak percobaan dari tempat ini. Tunggu 15 menit, lalu coba lagi.",
    "Too many tries from this place. Wait 15 minutes, then try again.",
)
LOGIN_SHARED = Words(
    "Memakai HP atau komputer bersama? Tekan Keluar setelah selesai.",
    "On a shared phone or computer? Press Sign out when you are done.",
)

# Consent
ASKS = Words("{programme} meminta izin Anda", "{programme} asks for your permission")
SIGNED_IN_AS = Words("Anda masuk sebagai {name}.", "You are signed in as {name}.")
FOR_WHAT = Words("Untuk apa", "What for")
HOW_OFTEN = Words("Berapa sering", "How often")
UNTIL = Words("Sampai kapan", "Until when")
KEPT = Words("Disimpan", "Kept")
IF_NO_TITLE = Words("Kalau Anda menjawab Tidak", "If you answer No")
IF_NO = Words(
    "Hak Anda tidak berkurang. Untuk hal yang Anda tolak, {programme} menilai dengan cara lain: "
    "petugas desa memeriksa langsung bersama Anda.",
    "You lose no right. For what you decline, {programme} assesses you in another way: a village "
    "officer checks together with you.",
)
CHOOSE_TITLE = Words("Jawaban Anda, satu per satu", "Your answers, one by one")
ASKED_OF = Words("Yang ditanya:", "Who is asked:")
REQUIRED = Words("Diperlukan program", "Needed by the programme")
OPTIONAL = Words("Tidak wajib", "Optional")
NOT_SHARED = Words("Tidak diberitahukan:", "Not shared:")
YES = Words("Ya", "Yes")
NO = Words("Tidak", "No")
SAVE = Words("Simpan jawaban saya", "Save my answers")
NO_TO_ALL = Words("Tidak untuk semuanya", "No to everything")
UNANSWERED = Words(
    "Belum semua dijawab. Pilih Ya atau Tidak pada: {questions}",
    "Not everything is answered. Choose Yes or No for: {questions}",
)
CHOOSE_HERE = Words("Pilih satu:", "Choose one:")
CHANGED = Words(
    "Isi permintaan ini baru saja berubah. Baca lagi, lalu jawab.",
    "The words of this request have just changed. Read again, then answer.",
)
DECLINED_TITLE = Words("Anda tidak memberi izin", "You gave no permission")
DECLINED = Words(
    "Tidak ada yang hilang. Tidak ada pertanyaan yang dikirim. {programme} dapat menilai Anda "
    "dengan cara lain: petugas desa memeriksa langsung bersama Anda.",
    "Nothing is lost. No question was sent. {programme} can assess you in another way: a village "
    "officer checks together with you.",
)
GO_BACK = Words("Kembali ke {programme}", "Back to {programme}")

# Receipt
RECEIPT_TITLE = Words("Tanda terima izin nomor {n}", "Receipt of permission number {n}")
SAVED = Words(
    "Jawaban Anda tersimpan. Tinggal satu langkah.", "Your answers are saved. One step left."
)
CONTINUE = Words("Lanjut ke {programme}", "Continue to {programme}")
PRINT_FIRST = Words(
    "Cetak atau foto tanda terima ini dulu bila perlu. Anda juga dapat membukanya lagi nanti.",
    "Print or photograph this receipt first if you like. You can also open it again later.",
)
PART_A = Words("Bagian A: boleh ditunjukkan", "Part A: may be shown")
STATE = Words("Keadaan", "State")
STATES = {
    "live": Words("Berlaku", "In force"),
    "withdrawn": Words("Dicabut", "Withdrawn"),
    "expired": Words("Sudah berakhir", "Ended"),
}
GIVEN_ON = Words("Diberikan", "Given")
ALLOWED = Words("Anda izinkan", "You allowed")
NOT_ALLOWED = Words("Anda tolak", "You declined")
ENTRY = Words("Nomor catatan", "Entry number")
ENTRY_PROOF = Words(
    "Kode ini membuktikan bahwa izin Anda tercatat. Tidak ada NIK atau nama di dalamnya.",
    "This code proves that your permission is recorded. It holds no NIK and no name.",
)
ENTRY_PROOF_ALT = Words("Kode QR bukti catatan", "QR code of the entry's proof")
PROOF_TOO_LONG = Words(
    "Buktinya terlalu panjang untuk kode QR; mintalah berkasnya di kantor desa.",
    "The proof is too long for a QR code; ask for the file at the village office.",
)
HOW_TO_WITHDRAW = Words(
    "Cara mencabut: masuk ke halaman ini dan tekan tombol di bawah, atau datang ke kantor desa "
    "dengan nomor izin ini.",
    "To withdraw: sign in to this page and press the button below, or come to the village office "
    "with this number.",
)
PART_B = Words("Bagian B: RAHASIA, simpan sendiri", "Part B: SECRET, keep it to yourself")
PART_B_WARNING = Words(
    "Sobek bagian ini. Siapa pun yang memegang kode ini dapat melihat siapa yang bertanya tentang "
    "Anda. Ia tidak dapat melihat jawabannya dan tidak dapat memberi izin atas nama Anda. "
    "Tunjukkan hanya kepada orang yang Anda percaya.",
    "Tear this part off. Whoever holds this code can see who asked about you. They cannot see the "
    "answers and cannot give permission in your name. Show it only to somebody you trust.",
)
PART_B_ALT = Words("Kode QR kunci jejak, rahasia", "QR code of the trace key, secret")
AS_TEXT = Words("Tampilkan sebagai tulisan", "Show as text")
WITHDRAW = Words("Cabut izin ini", "Withdraw this permission")

# My grants
GRANTS_TITLE = Words("Izin saya", "My permissions")
NO_GRANTS = Words("Anda belum memberi izin kepada siapa pun.", "You have given nobody permission.")
GRANT_LINE = Words("Nomor {n}: {programme}", "Number {n}: {programme}")
OPEN_RECEIPT = Words("Lihat tanda terima", "See the receipt")

# Withdrawal
WITHDRAW_TITLE = Words("Cabut izin nomor {n}?", "Withdraw permission number {n}?")
WITHDRAW_LEAD = Words(
    "Setelah dicabut, {programme} tidak dapat bertanya lagi tentang Anda dengan izin ini. Jawaban "
    "yang sudah diterima tidak ditarik, tetapi tidak boleh disimpan lebih lama dari batasnya. "
    "Pencabutan ini tidak dapat dibatalkan; Anda dapat memberi izin baru.",
    "Once withdrawn, {programme} can ask nothing more about you under this permission. Answers "
    "that it has already are not taken back, but may not be kept beyond their limit. A withdrawal "
    "cannot be undone; you can give a new permission.",
)
WITHDRAW_YES = Words("Ya, cabut", "Yes, withdraw")
WITHDRAW_NO = Words("Tidak, kembali", "No, go back")
WITHDRAWN = Words(
    "Izin ini dicabut dan tidak dapat dipakai lagi. Pencabutannya tercatat.",
    "This permission is withdrawn and cannot be used any more. The withdrawal is recorded.",
)

# My trace
TRACE_TITLE = Words("Siapa bertanya tentang Anda", "Who asked about you")
TRACE_LEAD = Words(
    "Semua catatan tentang Anda, yang terbaru di atas. Penolakan juga dicatat. Isi jawaban tidak "
    "ada di sini: Izin tidak dapat membacanya.",
    "All entries about you, the newest first. Refusals are recorded too. The answers are not here: "
    "Izin cannot read them.",
)
NO_ENTRIES = Words("Belum ada catatan tentang Anda.", "There is no entry about you yet.")
CHECK_TITLE = Words("Hasil pemeriksaan", "Result of the check")
CHECK_WHOLE = Words(
    "Seluruh catatan ({size}) baru saja diperiksa: utuh, tidak ada yang diubah atau hilang. "
    "{count} di antaranya tentang Anda.",
    "The whole log ({size} entries) was checked just now: complete, nothing changed or missing. "
    "{count} of them are about you.",
)
CHECK_OWN = Words(
    "{count} catatan tentang Anda baru saja diperiksa satu per satu: semuanya benar ada di dalam "
    "daftar {size} catatan.",
    "{count} entries about you were checked one by one just now: each truly stands in the list of "
    "{size} entries.",
)
CHECK_FAILED = Words(
    "PEMERIKSAAN GAGAL pada langkah {step}, catatan nomor {index}. Catatan mungkin diubah. "
    "Laporkan kepada petugas pelindungan data dan simpan halaman ini.",
    "THE CHECK FAILED at step {step}, entry number {index}. The log may have been changed. "
    "Report it to the data-protection officer and keep this page.",
)
CHECK_YOURSELF = Words(
    "Anda tidak perlu percaya pada halaman ini. Dengan Bagian B dari tanda terima, orang yang Anda "
    "percaya dapat memeriksa sendiri.",
    "You need not believe this page. With Part B of your receipt, somebody you trust can check "
    "for themselves.",
)
ENTRY_NUMBER = Words("Catatan nomor {index}", "Entry number {index}")

# When something is wrong
ERROR_TITLE = Words("Halaman ini tidak dapat dibuka", "This page cannot be opened")
ERROR_REQUEST = Words(
    "Permintaan izin ini tidak dikenal, sudah dijawab, atau sudah lewat waktunya. Kembali ke "
    "program yang mengirim Anda ke sini, lalu mulai lagi.",
    "This request for permission is unknown, answered already, or too old. Go back to the "
    "programme that sent you here and start again.",
)
ERROR_CONTINUE = Words(
    "Waktu untuk kembali ke program sudah lewat. Izin Anda tetap tersimpan. Kembali ke program itu "
    "sendiri, lalu mulai lagi.",
    "The time to return to the programme is over. Your permission is still saved. Go to the "
    "programme yourself and start again.",
)
ERROR_FORM = Words(
    "Formulir ini sudah lama terbuka atau tidak berasal dari halaman kami. Tidak ada yang "
    "tersimpan. Buka halamannya lagi, lalu isi sekali lagi.",
    "This form was open for long or does not come from our page. Nothing was saved. Open the page "
    "again and fill it in once more.",
)
OPEN_AGAIN = Words("Buka lagi", "Open again")
ERROR_NOT_FOUND = Words("Halaman ini tidak ada.", "There is no such page.")
ERROR_UNAVAILABLE = Words(
    "Catatan sedang tidak dapat ditulis, jadi tidak ada yang diubah. Coba lagi sebentar lagi.",
    "The log cannot be written at the moment, so nothing was changed. Try again in a while.",
)
ERROR_OTHER = Words(
    "Ada yang tidak beres. Tidak ada yang dikirim. Coba lagi, atau minta bantuan di kantor desa.",
    "Something went wrong. Nothing was sent. Try again, or ask for help at the village office.",
)
