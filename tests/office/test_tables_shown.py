"""The pictures of the yearly and of the sharing table in the documentation are of the lab's own."""

from __future__ import annotations

import datetime
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pdfplumber

from auditor.history.runs import RunHistory
from auditor.inventory import hosts as inventories
from auditor.report.official import writer
from auditor.report.sharing.document import build_sharing_table
from auditor.report.yearly.document import build_yearly_table
from auditor.report.yearly.table import ReportingYear
from tests import pictures
from tests.unit.report.sharing import test_document as of_sharing


def drawn(files: Sequence[Path], of: Mapping[str, int]) -> None:
    """Check the picture of each page by its name, next to another page that it is not."""
    (file,) = (path for path in files if path.suffix == ".pdf")
    with pdfplumber.open(file) as printed:
        images = []
        for page in printed.pages:
            buffer = io.BytesIO()
            page.to_image(resolution=80, antialias=True).original.save(buffer, "PNG", optimize=True)
            images.append(buffer.getvalue())
    for name, number in of.items():
        pictures.check(name, images[number], [images[1 - number]])


def test_the_documentation_shows_the_tables_as_they_are(tmp_path: Path) -> None:
    lab = inventories.load_inventory(of_sharing.LAB)
    kept = RunHistory(tmp_path / "history.sqlite")
    kept.keep(of_sharing.run("2026-10-20T08:00:00+07:00", *of_sharing.OCTOBER))
    kept.keep(of_sharing.run("2026-11-20T08:00:00+07:00", *of_sharing.LAST))
    month = build_sharing_table(kept, lab, of_sharing.CATALOGUE, "tinh-tan-giang", of_sharing.NOVEMBER, lang="vi")
    drawn(writer.write_document(month, tmp_path).files, {"sharing": 0, "sharing-annex": 1})
    day = datetime.date(2026, 12, 16)
    year = build_yearly_table(lab, "tinh-tan-giang", ReportingYear(2026), lang="vi", today=day)
    drawn(writer.write_document(year, tmp_path).files, {"yearly-annex": 1})
