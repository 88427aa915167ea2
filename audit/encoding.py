"""Base64 as signed notes hold it, read strictly."""

from __future__ import annotations

import base64
import binascii

from audit.errors import NoteError


def decode_base64(text: str) -> bytes:
    """Return the bytes of standard base64 with padding, or raise NoteError.

    Strict: the bytes encoded again must be `text`. Python's decoder ignores the unused bits of
    the last character, so that another text would pass for the signed one.
    """
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (UnicodeEncodeError, binascii.Error, ValueError) as exc:
        raise NoteError("not base64") from exc
    if base64.b64encode(raw).decode() != text:
        raise NoteError("base64 that is not canonical")
    return raw
