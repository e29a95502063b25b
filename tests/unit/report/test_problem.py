"""What is open says what is wrong: every format shows a control's problem there, not its title."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.models import Bucket
from auditor.report.files import write_report_files_of_run
from auditor.report.formats import Format
from tests import factory
from tests.unit.report.test_formats import text

OPEN = "ssh.root_by_password"
"""It fails on every host."""
CONTROL = factory.catalogue()[OPEN]
SHOWN = {
    Format.HTML: ("report/index.html", "report/hosts/web1.html", "report/sites/antruc.test.html"),
    Format.JUNIT: ("junit.xml",),
    Format.CSV: ("findings.csv",),
    Format.XLSX: ("annex.xlsx",),
}


@pytest.mark.parametrize("wanted", SHOWN)
def test_every_format_shows_what_is_wrong(wanted: Format, tmp_path: Path) -> None:
    write_report_files_of_run(factory.run(), factory.catalogue(), output=tmp_path, lang="vi", formats=[wanted])
    for name in SHOWN[wanted]:
        said = text(tmp_path / name)
        assert CONTROL.problem.vi in said, name
        assert CONTROL.title.vi not in said, name


def test_the_rule_keeps_the_requirement_beside_what_is_wrong(tmp_path: Path) -> None:
    write_report_files_of_run(factory.run(), factory.catalogue(), output=tmp_path, lang="en", formats=[Format.SARIF])
    (run,) = json.loads((tmp_path / "findings.sarif").read_text("utf-8"))["runs"]
    (rule,) = [rule for rule in run["tool"]["driver"]["rules"] if rule["id"] == OPEN]
    assert rule["shortDescription"]["text"] == CONTROL.title.en
    told = [result["message"]["text"].splitlines()[0] for result in run["results"] if result["ruleId"] == OPEN]
    assert told == [CONTROL.problem.en] * 3


def test_what_passes_says_the_requirement() -> None:
    run, catalogue = factory.run(hardened=True), factory.catalogue()
    said: dict[Bucket, set[bool]] = {}
    for finding in run.findings:
        control = catalogue[finding.control]
        said.setdefault(finding.bucket, set()).add(
            catalogue.get_problem_or_title_of_finding(finding) == control.problem
        )
    assert said["pass"] == {False} and said["fail"] == {True}
