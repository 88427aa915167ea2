"""The pages' own words, both languages beside each other.

What is asked of whom is not here but in the notice (`consent.notice`), whose digest is logged.
For people who rarely fill in forms: short, plain. Why in code: docs/adr/page-words-in-code.md.
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
MENU = Words("Menu", "Menu")
SIGN_IN = Words("Masuk", "Sign in")
SIGN_OUT = Words("Keluar", "Sign out")
BACK_TO_START = Words("Ke halaman awal", "To the start page")

# Start
START_TITLE = Words("Data Anda, izin Anda", "Your data, your permission")
START_LEAD = Words(
    "Program bantuan sosial hanya boleh bertanya tentang Anda kalau Anda mengizinkannya di sini.",
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
    "Isi NIK dan PIN Anda. PIN diberikan saat Anda mendaftar di kantor desa atau kelurahan.",
    "Enter your NIK and PIN. You got your PIN when you enrolled at the village office.",
)
LOGIN_FOR_REQUEST = Words(
    "Sebuah program meminta izin Anda. Masuk dulu untuk membaca permintaannya. Belum ada yang "
    "disetujui.",
    "A programme asks for your permission. Sign in first to read what it asks. Nothing is "
    "allowed yet.",
)
LOGIN_HELP = Words(
    "Lupa PIN atau belum mendaftar? Datang ke kantor desa atau kelurahan dengan KTP Anda.",
    "Forgot your PIN, or not enrolled yet? Come to the village office with your ID card.",
)
NIK = Words("NIK (16 angka di KTP)", "NIK (the 16 digits on your ID card)")
PIN = Words("PIN (6 angka)", "PIN (6 digits)")
LOGIN_WRONG = Words(
    "NIK atau PIN tidak cocok. Periksa angkanya, lalu isi lagi. Setelah lima kali salah, tunggu "
    "15 menit.",
    "NIK or PIN do not match. Check the digits and enter them again. After five wrong tries, "
    "wait 15 minutes.",
)
LOGIN_BUSY = Words(
    "Sudah terlalu banyak percobaan dari tempat ini. Tunggu 15 menit, lalu coba lagi.",
    "There were too many tries from this place. Wait 15 minutes, then try again.",
)
TRY_AGAIN_HERE = Words("Isi lagi NIK dan PIN", "Enter NIK and PIN again")
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
KEPT = Words("Berapa lama disimpan", "How long kept")
REPLACES = Words(
    "Kalau Anda mengizinkan, izin nomor {n} berakhir dan izin baru menggantikannya.",
    "If you allow this, permission number {n} ends and a new one takes its place.",
)
IF_NO_TITLE = Words("Kalau Anda menjawab Tidak", "If you answer No")
IF_NO = Words(
    "Hak Anda tidak berkurang. Untuk hal yang Anda tolak, {programme} menilai dengan cara lain: "
    "petugas memeriksa langsung bersama Anda.",
    "You lose no right. For what you decline, {programme} assesses you in another way: an officer "
    "checks together with you.",
)
CHOOSE_TITLE = Words("Jawaban Anda, satu per satu", "Your answers, one by one")
CHOOSE_LEAD = Words(
    "Ada {count} pertanyaan. Pilih Ya atau Tidak untuk masing-masing.",
    "There are {count} questions. Choose Yes or No for each.",
)
ASKED_OF = Words("Yang ditanya:", "Who is asked:")
REQUIRED = Words("Diperlukan program. Anda tetap boleh menolak.", "Needed. You may still decline.")
OPTIONAL = Words("Tidak wajib.", "Optional.")
NOT_SHARED = Words("Tidak diberitahukan:", "Not shared:")
YES = Words("Ya", "Yes")
NO = Words("Tidak", "No")
SAVE = Words("Simpan jawaban saya", "Save my answers")
NO_TO_ALL = Words("Tidak untuk semuanya", "No to everything")
AFTER_SAVING = Words(
    "Setelah ini Anda mendapat tanda terima. Lalu Anda kembali ke program itu.",
    "After this you get a receipt. Then you go back to the programme.",
)
UNANSWERED = Words(
    "Belum semua dijawab. Pilih Ya atau Tidak pada pertanyaan ini:",
    "Not everything is answered. Choose Yes or No for these questions:",
)
QUESTION_NUMBER = Words("Pertanyaan {n}", "Question {n}")
CHOOSE_HERE = Words("Belum dijawab. Pilih satu:", "Not answered yet. Choose one:")
CHANGED = Words(
    "Isi permintaan ini baru saja berubah. Baca lagi, lalu jawab.",
    "The words of this request have just changed. Read again, then answer.",
)
DECLINED_TITLE = Words("Anda tidak memberi izin", "You gave no permission")
DECLINED = Words(
    "Tidak ada yang hilang. Tidak ada pertanyaan yang dikirim. {programme} menilai Anda "
    "dengan cara lain: petugas memeriksa langsung bersama Anda.",
    "Nothing is lost. No question was sent. {programme} assesses you in another way: an "
    "officer checks together with you.",
)
DECLINED_PAUSE = Words(
    "Program itu tidak boleh meminta lagi sampai {day}. Berubah pikiran? Buka Izin saya.",
    "The programme may not ask again until {day}. Changed your mind? Open My permissions.",
)
PAUSED_TITLE = Words(
    "{programme} belum boleh meminta lagi", "{programme} may not ask you again yet"
)
PAUSED = Words(
    "Anda sudah menjawab Tidak untuk semuanya. {programme} baru boleh meminta lagi pada {day}. "
    "Anda tidak perlu melakukan apa-apa.",
    "You answered No to everything. {programme} may ask you again on {day}. You need not do "
    "anything.",
)
PAUSED_CHANGED = Words(
    "Berubah pikiran? Di halaman Izin saya, Anda sendiri dapat membuka lagi permintaannya.",
    "Changed your mind? On the page My permissions you yourself can let it ask again.",
)
PAUSE_LINE = Words(
    "{programme} tidak boleh meminta izin Anda sampai {day}.",
    "{programme} may not ask for your permission until {day}.",
)
PAUSE_END = Words("Biarkan {programme} meminta lagi", "Let {programme} ask again")
GO_BACK = Words("Kembali ke {programme}", "Back to {programme}")

# Receipt
RECEIPT_TITLE = Words("Tanda terima izin nomor {n}", "Receipt of permission number {n}")
SAVED = Words(
    "Jawaban Anda tersimpan. Tinggal satu langkah.", "Your answers are saved. One step left."
)
CONTINUE = Words("Lanjut ke {programme}", "Continue to {programme}")
PRINT_FIRST = Words(
    "Tekan tombol di bawah supaya permohonan Anda dilanjutkan. Kalau perlu, cetak dulu halaman "
    "ini. Anda dapat membukanya lagi kapan saja.",
    "Press the button below so that your application goes on. If you like, print this page "
    "first. You can open it again at any time.",
)
PART_A = Words("Bagian A: boleh ditunjukkan", "Part A: may be shown")
STATE = Words("Status", "Status")
GRANT_NUMBER = Words("Nomor izin", "Permission number")
PROGRAMME = Words("Program", "Programme")
STATES = {
    "live": Words("Berlaku", "In force"),
    "withdrawn": Words("Dicabut", "Withdrawn"),
    "expired": Words("Sudah berakhir", "Ended"),
}
GIVEN_ON = Words("Diberikan", "Given")
ALLOWED = Words("Anda izinkan", "You allowed")
NOT_ALLOWED = Words("Anda tolak (tidak akan ditanyakan)", "You declined (will not be asked)")
WITHDRAWN_ON = Words("Dicabut pada", "Withdrawn on")
ENDED_ON = Words("Berakhir pada", "Ended on")
ENTRY = Words("Nomor catatan", "Entry number")
PROOF_TITLE = Words("Bukti", "Proof")
ENTRY_PROOF = Words(
    "Kode ini membuktikan bahwa izin Anda tercatat. Tidak ada NIK atau nama di dalamnya.",
    "This code proves that your permission is recorded. It holds no NIK and no name.",
)
ENTRY_PROOF_ALT = Words("Kode QR bukti catatan", "QR code of the entry's proof")
PROOF_ELSEWHERE = Words(
    "Buktinya terlalu panjang untuk dicetak di sini. Unduh berkasnya dari halaman tanda terima.",
    "The proof is too long to print here. Download its file from the page of this receipt.",
)
DOWNLOAD_PROOF = Words("Unduh bukti (berkas teks)", "Download the proof (text file)")
HOW_TO_WITHDRAW = Words(
    "Cara mencabut: buka Izin saya, pilih izin ini, lalu tekan Cabut izin ini. Atau datang ke "
    "kantor desa atau kelurahan dengan nomor izin ini.",
    "To withdraw: open My permissions, choose this one, then press Withdraw this permission. Or "
    "come to the village office with this number.",
)
PART_B = Words("Bagian B: RAHASIA, simpan sendiri", "Part B: SECRET, keep it to yourself")
PART_B_SHOW = Words(
    "Tampilkan Bagian B (pastikan tidak ada orang lain yang melihat)",
    "Show Part B (make sure that nobody else is looking)",
)
PART_B_WARNING = Words(
    "Kalau dicetak, sobek bagian ini dan simpan terpisah. Siapa pun yang memegang kode ini dapat "
    "melihat siapa yang bertanya tentang Anda. Ia tidak dapat melihat jawabannya dan tidak dapat "
    "memberi izin atas nama Anda. Tunjukkan hanya kepada orang yang Anda percaya.",
    "When printed, tear this part off and keep it apart. Whoever holds this code can see who asked "
    "about you. They cannot see the answers and cannot give permission in your name. Show it only "
    "to somebody you trust.",
)
PART_B_ALT = Words("Kode QR kunci jejak, rahasia", "QR code of the trace key, secret")
AS_TEXT = Words("Tampilkan sebagai tulisan", "Show as text")
WITHDRAW = Words("Cabut izin ini", "Withdraw this permission")

# My grants
GRANTS_TITLE = Words("Izin saya", "My permissions")
NO_GRANTS = Words("Anda belum memberi izin kepada siapa pun.", "You have given nobody permission.")
NO_GRANTS_NEXT = Words(
    "Tidak ada yang perlu dilakukan sekarang. Kalau sebuah program memerlukan izin, program itu "
    "mengantar Anda ke sini.",
    "There is nothing to do now. A programme that needs your permission leads you here.",
)
GRANTS_LEAD = Words(
    "Semua izin yang pernah Anda berikan, yang terbaru di atas.",
    "All permissions that you ever gave, the newest first.",
)
GRANT_LINE = Words("Nomor {n}: {programme}", "Number {n}: {programme}")
OPEN_RECEIPT = Words("Lihat tanda terima nomor {n}", "See receipt number {n}")
WITHDRAW_NUMBER = Words("Cabut izin nomor {n}", "Withdraw permission number {n}")

# Withdrawal
KEY_PRINTED = Words(
    "Petugas mencetak tanda terima Anda, jadi ia mungkin melihat kunci rahasia Anda. Sebaiknya "
    "ganti kunci itu sekarang.",
    "An officer printed your receipt and may have seen your secret key. Better replace it now.",
)
KEY_LOST = Words("Bagian B hilang atau dilihat orang?", "Part B lost, or seen by somebody?")
REPLACE_KEY = Words("Ganti kunci jejak", "Replace the trace key")

WITHDRAW_TITLE = Words("Cabut izin nomor {n}?", "Withdraw permission number {n}?")
WITHDRAW_LEAD = Words(
    "Setelah dicabut, {programme} tidak dapat bertanya lagi tentang Anda dengan izin ini.",
    "Once withdrawn, {programme} can ask nothing more about you under this permission.",
)
WITHDRAW_POINTS = (
    Words(
        "Jawaban yang sudah diterima tidak ditarik. Jawaban itu tetap harus dihapus pada waktunya.",
        "Answers that it has already are not taken back. They must still be deleted in time.",
    ),
    Words(
        "Pencabutan tidak dapat dibatalkan. Anda dapat memberi izin baru kapan saja.",
        "A withdrawal cannot be undone. You can give a new permission at any time.",
    ),
    Words(
        "Permohonan yang belum selesai dinilai dengan cara lain oleh petugas.",
        "An application that is not finished is assessed in another way by an officer.",
    ),
)
WITHDRAW_YES = Words("Ya, cabut", "Yes, withdraw")
WITHDRAW_NO = Words("Tidak, kembali", "No, go back")
WITHDRAWN = Words(
    "Izin ini sudah dicabut. Tidak ada pertanyaan baru yang dapat dikirim. Anda tidak perlu "
    "melakukan apa-apa lagi.",
    "This permission is withdrawn. No new question can be sent. You need not do anything more.",
)
SEE_RECORD = Words("Lihat catatannya", "See it on record")

# My trace
TRACE_TITLE = Words("Siapa bertanya tentang Anda", "Who asked about you")
TRACE_LEAD = Words(
    "Semua yang tercatat tentang Anda, yang terbaru di atas. Yang ditolak juga dicatat. Isi "
    "jawaban tidak ada di sini: Izin tidak dapat membacanya.",
    "All that is on record about you, the newest first. What was refused is recorded too. The "
    "answers are not here: Izin cannot read them.",
)
TRACE_COUNT = Words(
    "Lembaga ditanya tentang Anda: {asked} kali. Ditolak sebelum ditanyakan: {refused} kali.",
    "Agencies asked about you: {asked} times. Refused before asking: {refused} times.",
)
NO_ENTRIES = Words("Belum ada catatan tentang Anda.", "There is no entry about you yet.")
NO_ENTRIES_NEXT = Words(
    "Artinya, belum ada program yang bertanya tentang Anda lewat Izin.",
    "That means: no programme has asked about you through Izin.",
)
AUDITED_TITLE = Words("Dibuka untuk auditor", "Opened to an auditor")
AUDITED_LEAD = Words(
    "Diundi secara acak, untuk memeriksa bahwa setiap pertanyaan punya izin. Auditor melihat apa "
    "yang Anda izinkan, tanpa NIK dan nama.",
    "Drawn at random, to check that each question had a permission. The auditor saw what you had "
    "allowed, without NIK and name.",
)
AUDITED_ON = Words("{day}: catatan nomor {numbers}.", "{day}: entries {numbers}.")
CHECK_TITLE = Words("Apakah catatan ini dapat dipercaya?", "Can this record be trusted?")
CHECK_WHOLE = Words(
    "Ya. Seluruh catatan ({size}) baru saja diperiksa: utuh, tidak ada yang diubah atau hilang. "
    "{count} di antaranya tentang Anda.",
    "Yes. The whole log ({size} entries) was checked just now: complete, nothing changed or "
    "missing. {count} of them are about you.",
)
CHECK_OWN = Words(
    "Ya. {count} catatan tentang Anda baru saja diperiksa satu per satu: semuanya benar ada di "
    "dalam daftar {size} catatan.",
    "Yes. {count} entries about you were checked one by one just now: each truly stands in the "
    "list of {size} entries.",
)
CHECK_FAILED = Words(
    "PEMERIKSAAN GAGAL pada langkah {step}, catatan nomor {index}. Catatan mungkin diubah. "
    "Simpan atau foto halaman ini, lalu laporkan ke kantor desa atau kelurahan.",
    "THE CHECK FAILED at step {step}, entry number {index}. The log may have been changed. "
    "Keep or photograph this page, then report it to the village office.",
)
CHECK_YOURSELF = Words(
    "Anda tidak harus percaya pada halaman ini. Dengan Bagian B dari tanda terima, orang yang "
    "Anda percaya dapat memeriksa sendiri.",
    "You need not believe this page. With Part B of your receipt, somebody you trust can check "
    "for themselves.",
)
PURPOSE = Words("Untuk apa:", "What for:")
WHY = Words("Alasannya:", "The reasons:")
NOTHING_SENT = Words(
    "Tidak ada pertanyaan yang sampai ke lembaga.", "No question reached an agency."
)
ON_RECORD = Words("Catatan nomor {numbers}", "Entry number {numbers}")
PROOFS = {
    "holds": Words("bukti cocok", "proof holds"),
    "fails": Words("BUKTI TIDAK COCOK", "PROOF FAILS"),
    "unsure": Words("bukti belum pasti", "proof uncertain"),
}
WRONG_TITLE = Words("Ada yang tidak Anda kenal?", "Is there something you do not recognise?")
WRONG_LEAD = Words(
    "Misalnya program yang tidak pernah Anda datangi, atau hari yang tidak mungkin.",
    "For example a programme that you never went to, or a day that cannot be.",
)
WRONG_STEPS = (
    Words("Cabut izinnya di halaman Izin saya.", "Withdraw it on the page My permissions."),
    Words(
        "Catat nomor catatannya, lalu datang ke kantor desa atau kelurahan dengan KTP.",
        "Write down the entry number, then come to the village office with your ID card.",
    ),
    Words(
        "Minta petugas pelindungan data memeriksanya. Itu hak Anda, dan tidak dipungut biaya.",
        "Ask the data-protection officer to look into it. That is your right and costs nothing.",
    ),
)

# When something is wrong: a heading, and what to do
MEND = Words("Perbaiki", "Please mend")
ERROR_REQUEST = (
    Words("Permintaan izin ini tidak berlaku", "This request for permission is not valid"),
    Words(
        "Permintaannya sudah dijawab, sudah lewat waktunya, atau tidak dikenal. Kembali ke "
        "program yang mengirim Anda ke sini, lalu mulai lagi dari sana.",
        "It was answered already, is too old, or is unknown. Go back to the programme that sent "
        "you here and start again from there.",
    ),
)
ERROR_CONTINUE = (
    Words("Waktu untuk kembali sudah lewat", "The time to go back is over"),
    Words(
        "Izin Anda tetap tersimpan. Buka sendiri halaman program itu, lalu mulai lagi dari sana.",
        "Your permission is still saved. Open the programme's page yourself and start again from "
        "there.",
    ),
)
ERROR_FORM = (
    Words("Formulir perlu diisi lagi", "The form must be filled in again"),
    Words(
        "Formulir ini terlalu lama terbuka, atau tidak berasal dari halaman kami. Tidak ada yang "
        "tersimpan.",
        "This form was open for too long, or does not come from our page. Nothing was saved.",
    ),
)
OPEN_AGAIN = Words("Buka formulirnya lagi", "Open the form again")
ERROR_NOT_FOUND = (
    Words("Halaman ini tidak ada", "There is no such page"),
    Words(
        "Periksa lagi alamatnya, atau mulai dari halaman awal.",
        "Check the address, or begin at the start page.",
    ),
)
ERROR_UNAVAILABLE = (
    Words("Coba lagi sebentar lagi", "Try again in a while"),
    Words(
        "Catatan sedang tidak dapat ditulis, jadi tidak ada yang diubah.",
        "The log cannot be written at the moment, so nothing was changed.",
    ),
)
ERROR_OTHER = (
    Words("Ada yang tidak beres", "Something went wrong"),
    Words(
        "Tidak ada yang dikirim. Coba lagi, atau minta bantuan di kantor desa atau kelurahan.",
        "Nothing was sent. Try again, or ask for help at the village office.",
    ),
)
