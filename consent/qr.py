"""QR codes as SVG: drawn here, so that no secret travels to whoever else would draw it."""

from __future__ import annotations

import io
from typing import Final

import segno

MOST_BYTES: Final = 2_953
"""What the largest QR code holds at the lowest error correction (ISO/IEC 18004, version 40-L)."""


def inline_svg(text: str) -> str:
    """Return an `svg` element for a page; its size is the style sheet's."""
    code = segno.make(text, error="m", micro=False)
    svg: str = code.svg_inline(omitsize=True, svgclass=None, lineclass=None)
    return svg


def svg_file(text: str) -> bytes:
    """Return a whole SVG file for a long text, of at most MOST_BYTES bytes."""
    code = segno.make(text, error="l", micro=False, boost_error=False)
    out = io.BytesIO()
    code.save(out, kind="svg", omitsize=True, svgclass=None, lineclass=None)
    return out.getvalue()
