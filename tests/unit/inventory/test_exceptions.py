"""How papers are read: in time that grows with their number alone, and what two of them may not both say."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import InputError
from auditor.inventory.exceptions import STATEMENT_FILE, WAIVER_FILE, load_papers
from auditor.models import Host, Waiver
from auditor.models.exceptions.record import ExceptionTerms

HOSTS = (Host.model_validate({"name": "web1", "unit": "xa", "address": "192.0.2.1"}),)
WAIVER = """\
- id: '{id}'
  control: ssh.x
  scope: {{hosts: [web1]}}
  reason: '[red]a[/] \\e[31m'
  approver: Chánh Văn phòng
  granted: 2026-11-01
  expires: 2026-12-31
"""
STATEMENT = """\
- id: '{id}'
  vulnerability: CVE-2026-{cve:04}
  product: nginx
  status: {status}
  justification: {justification}
  scope: {{hosts: [web1]}}
  approver: Chánh Văn phòng
  reason: a
  granted: 2026-11-01
  expires: 2026-12-31
"""


def test_ten_times_as_many_papers_cost_ten_times_as_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    terms = Waiver.terms.fget  # type: ignore[attr-defined]

    def count(waiver: Waiver) -> ExceptionTerms:
        made.append(1)
        return terms(waiver)  # type: ignore[no-any-return]

    monkeypatch.setattr(Waiver, "terms", property(count))
    (tmp_path / "waivers.yml").write_text("".join(WAIVER.format(id=f"{number}/QĐ") for number in range(500)))
    assert len(load_papers(WAIVER_FILE, tmp_path, None, HOSTS)) == 500
    assert len(made) <= 1_000


def test_two_papers_with_one_name_are_a_mistake_of_the_second(tmp_path: Path) -> None:
    (tmp_path / "waivers.yml").write_text(
        WAIVER.format(id="1/QĐ") + WAIVER.format(id="2/QĐ") + WAIVER.format(id="1/QĐ")
    )
    with pytest.raises(InputError, match="two waivers have this ID") as mistake:
        load_papers(WAIVER_FILE, tmp_path, None, HOSTS)
    assert mistake.value.line == 15


@pytest.mark.parametrize(("cve", "contradicts"), [(1, True), (2, False)])
def test_statements_on_one_vulnerability_agree(tmp_path: Path, cve: int, contradicts: bool) -> None:
    first = STATEMENT.format(id="a", cve=1, status="mitigated", justification="inline_mitigations_already_exist")
    other = STATEMENT.format(id="b", cve=cve, status="not_affected", justification="component_not_present")
    (tmp_path / "statements.yml").write_text(first + other)
    if contradicts:
        with pytest.raises(InputError, match="contradicts a"):
            load_papers(STATEMENT_FILE, tmp_path, None, HOSTS)
    else:
        assert len(load_papers(STATEMENT_FILE, tmp_path, None, HOSTS)) == 2
