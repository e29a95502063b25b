"""OpenVEX and CycloneDX VEX written, read back, and honoured as the office's own statements."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from auditor.cli import app
from auditor.errors import InputError
from auditor.inventory import exceptions
from auditor.models import Host, Statement
from auditor.vulnerabilities import vex
from auditor.vulnerabilities.verdicts import Verdict
from auditor.vulnerabilities.vex_statements import apply_statement


def statement(number: int, product: str, justification: str = "vulnerable_code_not_present") -> Statement:
    return Statement.model_validate(
        {
            "id": f"{number}/TB",
            "vulnerability": f"CVE-2026-{number:04}",
            "product": product,
            "scope": {"hosts": ["web1"]},
            "status": "mitigated" if justification.startswith("inline") else "not_affected",
            "justification": justification,
            "reason": "Đã tắt mô đun",
            "approver": "Trưởng phòng",
            "granted": "2026-11-20",
            "expires": "2027-05-20",
        }
    )


STATEMENTS = (
    statement(2, "core/wordpress", "vulnerable_code_not_in_execute_path"),
    statement(1, "openssl", "inline_mitigations_already_exist"),
    statement(3, "plugin/akismet"),
    statement(5, "composer/guzzlehttp/guzzle"),
    statement(4, "linux-6.1", "vulnerable_code_cannot_be_controlled_by_adversary"),
)


@pytest.mark.parametrize("form", ["openvex", "cyclonedx"])
def test_what_is_written_is_read_back_and_the_same_bytes_again(form: Any, tmp_path: Path) -> None:
    written = vex.render_statements_as_vex(STATEMENTS, form, "Ủy ban nhân dân tỉnh Tân Giang")
    assert written == vex.render_statements_as_vex(reversed(STATEMENTS), form, "Ủy ban nhân dân tỉnh Tân Giang")
    assert b"web1" not in written
    found = vex.parse_vex_document(written, tmp_path)
    assert found.passed_over == ()
    assert {
        (one.vulnerability, one.product, one.status, one.justification, one.reason) for one in found.statements
    } == {(one.vulnerability, one.product, one.status, one.justification, one.reason) for one in STATEMENTS}


def openvex(**statement: Any) -> bytes:
    told = {"vulnerability": {"name": "CVE-2026-0001"}, "products": [{"@id": "pkg:deb/debian/libssl3@3?upstream=openssl@3.0"}], "status": "not_affected", "justification": "component_not_present", **statement}  # fmt: skip
    return json.dumps({"@context": "https://openvex.dev/ns/v0.2.0", "statements": [told]}).encode()


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (openvex(status="affected"), [("statement 1", "CVE-2026-0001: affected")]),
        (openvex(justification=None), [("statement 1", "CVE-2026-0001: no justification")]),
        (openvex(vulnerability="GHSA-x"), [("statement 1", "GHSA-x: component_not_present")]),
        (openvex(products=[]), [("statement 1", "CVE-2026-0001: no product")]),
        (openvex(products=[{"@id": "pkg:npm/x@1"}]), [("statement 1", "CVE-2026-0001: pkg:npm/x@1")]),
        (
            json.dumps({"bomFormat": "CycloneDX", "vulnerabilities": [{"id": "CVE-2026-0001", "analysis": {"state": "exploitable"}}, 7]}).encode(),
            [("vulnerability 1", "CVE-2026-0001: exploitable")],
        ),
    ],
)  # fmt: skip
def test_what_is_no_statement_of_ours_is_passed_over_by_name(document: bytes, told: Any, tmp_path: Path) -> None:
    found = vex.parse_vex_document(document, tmp_path)
    assert (list(found.passed_over), found.statements) == (told, ())


def test_a_binary_package_is_known_by_its_source(tmp_path: Path) -> None:
    (one,) = vex.parse_vex_document(openvex(), tmp_path).statements
    assert (one.product, one.justification, one.reason) == ("openssl", "component_not_present", "component_not_present")
    parts = [{"@id": "pkg:oci/x", "subcomponents": [{"@id": "pkg:deb/debian/curl"}]}]
    assert vex.parse_vex_document(openvex(products=parts), tmp_path).statements[0].product == "curl"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"bomFormat": "CycloneDX"}', b"<html>", b"[" * 100_000])
def test_what_is_neither_form_is_told(content: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        vex.parse_vex_document(content, tmp_path)


def test_what_is_read_is_honoured_once_it_is_in_the_offices_file(tmp_path: Path) -> None:
    file = tmp_path / "a.openvex.json"
    file.write_bytes(vex.render_statements_as_vex(STATEMENTS[:2], "openvex", "Nhà cung cấp"))
    options = ["--id", "31/TB-VX", "--role", "Trưởng phòng", "--expires", "2027-05-20", "--host", "web1"]
    ran = CliRunner().invoke(app, ["vulnerabilities", "vex", "read", str(file), *options])
    assert ran.exit_code == 0, ran.output
    entries = yaml.safe_load(ran.stdout)
    for one in entries:
        one["granted"] = datetime.date(2026, 11, 20)
    (tmp_path / exceptions.STATEMENTS).write_text(yaml.safe_dump(entries, allow_unicode=True), "utf-8")
    read = exceptions.load_papers(exceptions.STATEMENT_FILE, tmp_path, None, [Host(name="web1", address="192.0.2.1")])
    assert [(one.id, one.status) for one in read] == [("31/TB-VX", "mitigated"), ("31/TB-VX.2", "not_affected")]
    verdict = Verdict("CVE-2026-0001", "openssl", "1", "affected", "update", "2")
    assert apply_statement(verdict, {(one.vulnerability, one.product): one for one in read}).state == "mitigated"
