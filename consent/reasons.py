"""Why a question was refused or not answered, in words for the person. Pure.

Policy's own reasons have their words in `policies.rules`; here are those of broker and gateways
that she is likely to meet. One that is missing here is shown by its id: better than nothing.
"""

from __future__ import annotations

from typing import Final

from policies.rules import RULES
from policies.words import Words

_OTHERS: Final = {
    "grant_of_another_token": Words(
        "Program memakai tanda masuk yang bukan untuk izin ini.",
        "The programme used a token that is not for this permission.",
    ),
    "grant_withdrawn": Words("Izin sudah Anda cabut.", "You had withdrawn the permission."),
    "grant_expired": Words("Masa izin sudah berakhir.", "The permission had ended."),
    "grant_not_in_log": Words(
        "Izin itu tidak ada dalam catatan.", "That permission is not in the log."
    ),
    "question_not_granted": Words(
        "Pertanyaan itu tidak Anda izinkan.", "You did not allow that question."
    ),
    "evidence_too_weak": Words(
        "Bukti izin Anda belum cukup kuat untuk lembaga ini.",
        "The proof of your permission is not strong enough for this agency.",
    ),
    "frequency_spent": Words(
        "Program sudah bertanya sebanyak yang Anda izinkan.",
        "The programme had asked as often as you allowed.",
    ),
    "too_many_values": Words(
        "Pertanyaan yang sama sudah diajukan dengan terlalu banyak angka.",
        "The same question was asked with too many amounts.",
    ),
    "too_many_new_people": Words(
        "Lembaga menerima terlalu banyak orang baru hari ini.",
        "The agency took too many new people today.",
    ),
    "trace_changed": Words(
        "Kunci jejak Anda berbeda dari yang dikenal lembaga. Tanyakan di kantor desa.",
        "Your trace key differs from the one the agency knows. Ask at the village office.",
    ),
    "subject_changed": Words(
        "Nama samaran Anda berbeda dari yang dikenal lembaga.",
        "Your pseudonym differs from the one the agency knows.",
    ),
    "passkey_changed": Words(
        "Lembaga mengenal kunci HP Anda, dan izin ini dibuat tanpa kunci itu. Datang ke lembaga.",
        "The agency knows your passkey, and this was allowed without it. Go to the agency.",
    ),
    "replayed": Words("Pertanyaan yang sama dikirim ulang.", "The same question was sent again."),
    "interrupted": Words("Sistem terhenti di tengah jalan.", "The system was interrupted."),
    "agency_unknown": Words("Lembaga ini belum tersambung.", "This agency is not connected yet."),
    "agency_unreachable": Words(
        "Lembaga tidak dapat dihubungi.", "The agency could not be reached."
    ),
    "agency_too_slow": Words("Lembaga terlalu lama menjawab.", "The agency took too long."),
    "agency_error": Words("Sistem lembaga bermasalah.", "The agency's system had a problem."),
    "agency_answer_unreadable": Words(
        "Jawaban lembaga tidak dapat dibaca.", "The agency's answer could not be read."
    ),
    "agency_answer_of_another": Words(
        "Jawaban itu bukan untuk pertanyaan ini.", "The answer was not to this question."
    ),
}
REASONS: Final = {**{rule.id: rule.text for rule in RULES}, **_OTHERS}


def reason_words(reason: str) -> Words:
    """Return a reason in words, or its id where there are none."""
    return REASONS.get(reason) or Words(reason, reason)
