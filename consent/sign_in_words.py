"""The words of signing in by other means than a PIN, and of confirming a permission with them.

Beside `wording`, which has those of all other pages. A passkey is called by what people do: they
unlock their telephone.
"""

from __future__ import annotations

from policies.words import Words

# Sign-in
OTHER_WAYS = Words("Cara lain untuk masuk", "Other ways to sign in")
WITH_PASSKEY = Words("Masuk dengan kunci HP", "Sign in with a passkey")
WITH_LOGIN = Words("Masuk lewat {provider}", "Sign in through {provider}")
PASSKEY_LOGIN_LEAD = Words(
    "Buka kunci HP Anda seperti biasa: sidik jari, wajah, atau kode layar. Sidik jari atau wajah "
    "Anda tidak pernah dikirim.",
    "Unlock your phone as always: fingerprint, face or screen code. Your fingerprint or face is "
    "never sent.",
)
PASSKEY_LOGIN_WRONG = Words(
    "Kunci HP itu tidak dikenal di sini. Coba lagi, atau masuk dengan NIK dan PIN.",
    "That passkey is not known here. Try again, or sign in with NIK and PIN.",
)
LOGIN_FAILED = Words(
    "Masuk lewat {provider} tidak berhasil. Coba lagi, atau masuk dengan NIK dan PIN.",
    "Signing in through {provider} did not work. Try again, or sign in with NIK and PIN.",
)
WITH_PIN = Words("Masuk dengan NIK dan PIN", "Sign in with NIK and PIN")
TROUBLE = Words(
    "Belum berhasil. Tekan lagi tombolnya, atau pakai cara lain di bawah.",
    "That did not work. Press the button again, or use the other way below.",
)
NEEDS_SCRIPT = Words(
    "Kunci HP tidak dapat dipakai di peramban ini. Pakai cara lain di bawah.",
    "Passkeys do not work in this browser. Use the other way below.",
)

# My passkey
PASSKEY_TITLE = Words("Kunci HP saya", "My passkey")
PASSKEY_LEAD = Words(
    "Dengan kunci HP, hanya orang yang dapat membuka HP Anda yang dapat memberi izin. Lembaga "
    "dapat memeriksanya sendiri, tanpa harus percaya pada Izin.",
    "With a passkey, only somebody who can unlock your phone can give permission. Agencies can "
    "check that themselves, without having to trust Izin.",
)
PASSKEY_POINTS = (
    Words(
        "HP dipakai bersama? Jangan pakai kunci HP. PIN saja cukup.",
        "A shared phone? Do not use a passkey. Your PIN is enough.",
    ),
    Words(
        "Sekali dipakai, lembaga mengenal kunci HP itu. Izin baru tanpa kunci itu ditolak lembaga.",
        "Once used, agencies know that passkey. They refuse new permissions without it.",
    ),
    Words(
        "HP hilang? Datang ke lembaga dengan KTP, supaya kunci yang lama dilepas.",
        "Lost your phone? Go to the agency with your ID card, to have the old key let go.",
    ),
)
PASSKEY_PIN = Words("Isi PIN Anda dulu, supaya kami tahu ini Anda.", "First enter your PIN.")
PASSKEY_PIN_WRONG = Words(
    "PIN tidak cocok. Setelah lima kali salah, tunggu 15 menit.",
    "The PIN does not match. After five wrong tries, wait 15 minutes.",
)
PASSKEY_BEGIN = Words("Lanjut", "Continue")
PASSKEY_NEW_TITLE = Words("Buat kunci HP", "Make a passkey")
PASSKEY_NEW_LEAD = Words(
    "Tekan tombol ini, lalu buka kunci HP Anda seperti biasa.",
    "Press this button, then unlock your phone as always.",
)
PASSKEY_MAKE = Words("Buat kunci HP", "Make a passkey")
PASSKEY_NOT_MADE = Words(
    "Kunci HP belum tersimpan. Mulai lagi.", "The passkey was not saved. Begin again."
)
PASSKEY_HAS = Words(
    "Anda punya kunci HP sejak {day}. Pakai untuk masuk dan untuk memberi izin.",
    "You have had a passkey since {day}. Use it to sign in and to give permission.",
)
PASSKEY_REMOVE = Words("Hapus kunci HP ini", "Remove this passkey")
PASSKEY_REMOVE_HINT = Words(
    "Setelah dihapus, kunci ini tidak dapat dipakai lagi di sini. Lembaga yang mengenalnya tetap "
    "memintanya, sampai Anda datang ke sana.",
    "Once removed, it cannot be used here any more. Agencies that know it still ask for it, until "
    "you go there.",
)
PASSKEY_NONE = Words(
    "Kunci HP tidak dapat dipakai di alamat ini.", "Passkeys cannot be used at this address."
)

# Confirming
CONFIRM_TITLE = Words("Benarkan jawaban Anda", "Confirm your answers")
CONFIRM_LEAD = Words(
    "Periksa lagi. Izin baru berlaku setelah Anda menekan salah satu tombol di bawah.",
    "Check again. The permission holds only after you press one of the buttons below.",
)
CONFIRM_PASSKEY = Words("Beri izin dengan kunci HP", "Give permission with the passkey")
CONFIRM_LOGIN = Words("Beri izin lewat {provider}", "Give permission through {provider}")
CONFIRM_PIN = Words("Beri izin tanpa bukti lain", "Give permission without other proof")
CONFIRM_PIN_WEAKER = Words(
    "Tanpa kunci HP, buktinya lebih lemah. Lembaga yang mengenal kunci HP Anda akan menolak.",
    "Without the passkey the proof is weaker. Agencies that know your passkey will refuse.",
)
CONFIRM_CHANGE = Words("Ubah jawaban saya", "Change my answers")
CONFIRM_WRONG = Words(
    "Kunci HP itu bukan yang terdaftar. Coba lagi, atau pilih cara lain.",
    "That is not the passkey enrolled here. Try again, or choose another way.",
)

# How strong the proof of a permission is
EVIDENCE = Words("Bukti persetujuan", "Proof of consent")
EVIDENCES = {
    "broker-attested": Words("Masuk dengan PIN (dicatat oleh Izin)", "PIN (attested by Izin)"),
    "id-token": Words("Masuk lewat penyedia lain", "Login through another provider"),
    "passkey": Words("Kunci HP Anda", "Your passkey"),
}
