"""A template of ours with JSON data as PDF/A-2a. A program of its own: TEMPLATE as argument, JSON in, PDF out.

Imports nothing of the product, so that the program starts at once.
"""

from __future__ import annotations

import sys
from pathlib import Path

import typst

ASSETS = Path(__file__).parent / "assets"


def typeset_template_into_pdf(typst_template: str, json_data: str) -> bytes:
    """Return the PDF.

    ``json_data`` is JSON, and reaches the template as data alone. Raises RuntimeError when typst cannot.
    """
    pdf: bytes = typst.compile(
        str(ASSETS / typst_template),
        root=str(ASSETS),
        font_paths=[str(ASSETS / "fonts")],
        ignore_system_fonts=True,
        format="pdf",
        pdf_standards=["a-2a"],
        sys_inputs={"data": json_data},
    )
    return pdf


if __name__ == "__main__":
    try:
        sys.stdout.buffer.write(typeset_template_into_pdf(sys.argv[1], sys.stdin.buffer.read().decode()))
    except RuntimeError as error:
        sys.exit(str(error).partition("\n")[0])
