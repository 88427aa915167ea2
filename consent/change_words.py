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
