"""What an office states of a vulnerability holds for what it names, where and as long as it says."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
import yaml

from auditor.audit.exceptions import group_statements_in_force_by_host
from auditor.commands.output import exceptions as shown
from auditor.errors import InputError
from auditor.inventory import exceptions
from auditor.models import Host, Inventory
from auditor.text.translations import Words
from auditor.vulnerabilities.verdicts import Verdict
from auditor.vulnerabilities.vex_statements import apply_statement

HOSTS = (Host(name="web1", address="192.0.2.1", unit="xa"), Host(name="web2", address="192.0.2.2"))
CVE = "CVE-2026-12345"
STATEMENT = {
    "id": "31/TB",
    "vulnerability": CVE,
    "product": "openssl",
    "scope": {"hosts": ["web1"]},
    "status": "mitigated",
    "justification": "inline_mitigations_already_exist",
    "reason": "the module is off",
    "approver": "Chánh Văn phòng",
    "granted": "2026-11-01",
    "expires": "2027-05-01",
}
DAY = datetime.date(2026, 12, 1)


def read(folder: Path, *changes: dict[str, object]) -> Inventory:
    entries = [{**STATEMENT, **change} for change in changes]
    (folder / "statements.yml").write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    return Inventory(
        path="x",
        organisation=None,
        hosts=HOSTS,
        statements=exceptions.load_papers(exceptions.STATEMENT_FILE, folder, None, HOSTS),
    )


def test_it_holds_where_and_as_long_as_it_says(tmp_path: Path) -> None:
    inventory = read(tmp_path, {})
    assert {host: set(stated) for host, stated in group_statements_in_force_by_host(inventory, DAY).items()} == {
        "web1": {(CVE, "openssl")}
    }
    assert (
        group_statements_in_force_by_host(inventory, datetime.date(2027, 5, 2))
        == {}
        == group_statements_in_force_by_host(inventory, datetime.date(2026, 10, 31))
    )
    assert set(group_statements_in_force_by_host(read(tmp_path, {"scope": {"units": ["xa"]}}), DAY)) == {"web1"}


def test_one_that_holds_no_longer_is_told_with_what_it_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    inventory = read(tmp_path, {}, {"id": "32/TB", "product": "zlib", "expires": "2026-11-20"})
    monkeypatch.setattr(shown.clock, "today", lambda: DAY)
    shown.show_expired_vulnerability_statements(inventory, Words("en"))
    told = capsys.readouterr().err
    assert "32/TB" in told and CVE in told and "zlib" in told and "31/TB" not in told


@pytest.mark.parametrize(
    "state, after",
    [("affected", "mitigated"), ("restart_owed", "mitigated"), ("unknown", "mitigated"), ("fixed", "fixed")],
)
def test_what_it_answers(tmp_path: Path, state: str, after: str) -> None:
    stated = group_statements_in_force_by_host(read(tmp_path, {}), DAY)["web1"]
    verdict = Verdict(CVE, "openssl", "1", state)  # type: ignore[arg-type]
    assert apply_statement(verdict, stated).state == after
    other = Verdict(CVE, "zlib", "1", state)  # type: ignore[arg-type]
    assert apply_statement(other, stated) is other


@pytest.mark.parametrize(
    "changes, complaint",
    [
        ([{"status": "fine"}], "status"),
        ([{"vulnerability": "CVE-26-1"}], "vulnerability"),
        ([{"justification": "because"}], "justification"),
        ([{"approver": "a@b.vn"}], "approver"),
        ([{"expires": "2028-05-01"}], "longer than a year"),
        ([{"scope": {"hosts": ["web9"]}}], "web9"),
        ([{"scope": {}}], "is empty"),
        ([{}, {}], "two statements have this ID"),
        ([{}, {"id": "32/TB", "status": "not_affected"}], "contradicts 31/TB"),
    ],
)
def test_mistakes(tmp_path: Path, changes: list[dict[str, object]], complaint: str) -> None:
    with pytest.raises(InputError) as caught:
        read(tmp_path, *changes)
    assert complaint in str(caught.value) and "statements.yml:" in str(caught.value)
