"""What LibreOffice makes of the annex and the CSV: text stays text, whatever a host sent."""

from xml.etree import ElementTree

import pytest

from auditor.report import csv_output, xlsx
from tests import factory

TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"


@pytest.fixture(scope="module")
def opened(convert, tmp_path_factory):
    """A CSV that is not ours, ours, and the workbook, each as a LibreOffice document."""
    folder = tmp_path_factory.mktemp("written")
    run, catalogue = factory.run_with_members(factory.FORMULAS), factory.catalogue()
    (folder / "careless.csv").write_text("a,b\n=1+1,x\n", encoding="utf-8")
    (folder / "findings.csv").write_bytes(csv_output.render_findings_as_csv(run, catalogue, "vi"))
    (folder / "annex.xlsx").write_bytes(xlsx.render_run_as_xlsx_workbook(run, catalogue, "vi"))
    names = ("careless.csv", "findings.csv", "annex.xlsx")
    documents = convert([folder / name for name in names], "fods")
    return {name: ElementTree.parse(path).getroot() for name, path in zip(names, documents, strict=True)}


def formulas(document):
    return [cell.get(f"{TABLE}formula") for cell in document.iter(f"{TABLE}table-cell") if cell.get(f"{TABLE}formula")]


def test_libreoffice_does_calculate_what_begins_like_a_formula(opened):
    assert formulas(opened["careless.csv"]) == ["of:=1+1"]


@pytest.mark.parametrize("name", ["findings.csv", "annex.xlsx"])
def test_nothing_is_calculated_and_nothing_is_a_link(opened, name):
    assert formulas(opened[name]) == []
    assert not list(opened[name].iter(f"{TEXT}a"))


@pytest.mark.parametrize("name", ["findings.csv", "annex.xlsx"])
def test_every_text_is_there_as_text(opened, name):
    seen = {
        "\n".join("".join(line.itertext()) for line in cell.iter(f"{TEXT}p"))
        for cell in opened[name].iter(f"{TABLE}table-cell")
        if cell.get(f"{OFFICE}value-type") == "string"
    }
    wanted = {"'=1+1", "'@SUM(1+1)", "'＝1+1"} if name.endswith("csv") else {"=1+1", "@SUM(1+1)", "＝1+1"}
    assert wanted <= seen
