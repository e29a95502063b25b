"""Take the pictures of an official report that the documentation shows: python docs/images/official.py

A fictional province's month, from the tests' own run; the DOCX as LibreOffice prints it and our PDF beside it.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from auditor.report.official import docx, pdf  # noqa: E402
from tests import factory  # noqa: E402
from tests.unit import official  # noqa: E402


def main() -> None:
    """Write official-docx.png, official-pdf.png and official-annex.png beside this file."""
    before = factory.run(started=official.BEFORE, hardened=True)
    document = official.document("tinh-tan-giang", before=before)
    with tempfile.TemporaryDirectory() as folder:
        here = Path(folder)
        (here / "docx.docx").write_bytes(docx.render(document))
        (here / "pdf.pdf").write_bytes(pdf.printed(dict(pdf.sheets(document))[""]))
        profile = f"-env:UserInstallation={(here / 'profile').as_uri()}"
        subprocess.run(["soffice", profile, "--headless", "--convert-to", "pdf", "--outdir", here, here / "docx.docx"],
                       check=True, capture_output=True)
        for name, file, page in (("docx", "docx", 1), ("pdf", "pdf", 1), ("annex", "pdf", 5)):
            picture = Path(__file__).with_name(f"official-{name}")
            subprocess.run(["pdftoppm", "-r", "80", "-png", "-singlefile", "-f", str(page), "-l", str(page),
                            here / f"{file}.pdf", picture], check=True)


if __name__ == "__main__":
    main()
