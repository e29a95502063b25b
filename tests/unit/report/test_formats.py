"""A kept run names a control that has left the catalogue since: every output shows its id in place of a title."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import pytest

from auditor.audit.controls import Catalogue
from auditor.history.runs import RunHistory
from auditor.inventory import hosts
from auditor.models import Run
from auditor.report.files import ReportComparison, write_report_files_of_run
from auditor.report.formats import Format
from auditor.report.official import monthly, writer
from auditor.report.official.period import Period
from tests import factory

GONE = "ssh.root_by_password"
TITLE = factory.catalogue()[GONE].title
SHOWN = {
    Format.HTML: ("report/index.html", "report/hosts/web1.html", f"report/controls/{GONE}.html"),
    Format.JSON: ("findings.json",),
    Format.JUNIT: ("junit.xml",),
    Format.CSV: ("findings.csv",),
    Format.XLSX: ("annex.xlsx",),
    Format.SARIF: ("findings.sarif",),
    Format.OSCAL: ("oscal-ar.json",),
}


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """Without the control that fails on every host."""
    return Catalogue(controls=tuple(control for control in factory.catalogue().controls if control.id != GONE))


@pytest.fixture(scope="module")
def run() -> Run:
    return factory.run()


def text(file: Path) -> str:
    """What a file says, the parts of a ZIP one after the other."""
    if not zipfile.is_zipfile(file):
        return file.read_text("utf-8")
    with zipfile.ZipFile(file) as parts:
        return "\n".join(
            "".join(ElementTree.fromstring(parts.read(name)).itertext())
            for name in parts.namelist()
            if name.endswith(".xml")
        )


@pytest.mark.parametrize("wanted", Format)
def test_every_format_shows_the_id(run: Run, catalogue: Catalogue, wanted: Format, tmp_path: Path) -> None:
    write_report_files_of_run(run, catalogue, output=tmp_path, lang="vi", formats=[wanted])
    for name in SHOWN[wanted]:
        said = text(tmp_path / name)
        assert GONE in said, name
        assert TITLE.vi not in said, name


def test_what_changed_since_a_run_that_knew_it_is_shown(run: Run, catalogue: Catalogue, tmp_path: Path) -> None:
    after = run.model_copy(update={"findings": tuple(f for f in run.findings if f.control != GONE)})
    write_report_files_of_run(
        after,
        catalogue,
        output=tmp_path,
        lang="en",
        formats=[Format.HTML, Format.SARIF],
        comparison=ReportComparison(before=run, baseline=run.findings),
    )
    assert GONE in (tmp_path / "findings.sarif").read_text("utf-8")


def test_the_official_report_shows_the_id(run: Run, catalogue: Catalogue, tmp_path: Path) -> None:
    history = RunHistory(tmp_path / "history.sqlite")
    history.keep(run)
    report = monthly.build_monthly_report(
        history,
        hosts.load_inventory(Path("inventories/lab")),
        catalogue,
        "xa-an-truc",
        Period(2026, 11),
        monthly.ReportOptions(kind="bao-cao", lang="vi", today=date(2026, 11, 25)),
    )
    files = writer.write_document(report, tmp_path).files
    said = text(files[0])
    assert GONE in said
    assert TITLE.vi not in said


def test_what_is_known_stays_as_it_is(run: Run) -> None:
    known = factory.catalogue()
    assert known.add_retired_controls_of_findings(run.findings) is known
