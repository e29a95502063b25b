"""``auditor vulnerabilities sbom`` from its options to its file; reading the host left out."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from auditor.cli import app
from auditor.commands.vulnerabilities import sbom
from auditor.errors import InputError
from auditor.models import HostOutcome, Text
from tests.unit.vulnerabilities.test_sbom import PACKAGES, data

INVENTORY = str(Path(__file__).parents[4] / "inventories/lab")
WHY = Text(vi="cổng SSH từ chối", en="the SSH port refuses")


def read(told: dict[str, Any] | None, reason: Text | None = None, errors: dict[str, str] | None = None) -> Any:
    """Return what reads hosts that tell this."""

    def collect(_inventory: str, hosts: Any, *_: Any) -> Any:
        told_facts: Any = SimpleNamespace(build_context_for_control_expressions=lambda: told)
        outcome = HostOutcome(host="web1", reached=told is not None, reason=reason, area_errors=errors or {})
        assert [host.name for host in hosts] == ["web1"]
        return ({} if told is None else {"web1": told_facts}), [outcome]

    return collect


def write(monkeypatch: pytest.MonkeyPatch, collect: Any, *options: str, host: str = "web1") -> Result:
    monkeypatch.setattr(sbom, "collect", collect)
    arguments = ["vulnerabilities", "sbom", host, "-i", INVENTORY, *options]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_it_is_printed_or_written_as_the_very_same_bytes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    printed = write(monkeypatch, read(data(*PACKAGES)))
    file = tmp_path / "out" / "web1.json"
    written = write(monkeypatch, read(data(*PACKAGES)), "--output", str(file))
    assert (printed.exit_code, written.exit_code, written.stdout) == (0, 0, "")
    assert printed.stdout.encode() == file.read_bytes()
    document = json.loads(file.read_bytes())
    assert document["specVersion"] == "1.6"
    assert "libssl3" in {one["name"] for one in document["components"]}


@pytest.mark.parametrize("missing", ["packages", "system"])
def test_a_host_that_tells_no_packages_has_no_list_rather_than_a_short_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, missing: str
) -> None:
    told = {area: facts for area, facts in data(*PACKAGES).items() if area != missing}
    file = tmp_path / "web1.json"
    with pytest.raises(InputError, match="web1: dpkg is damaged") as refused:
        write(monkeypatch, read(told, errors={missing: "dpkg is damaged"}), "--output", str(file))
    assert "auditor doctor" in str(refused.value.mend)
    assert not file.exists()


@pytest.mark.parametrize(("lang", "why"), [("vi", WHY.vi), ("en", WHY.en)])
def test_a_host_that_is_not_reached_is_told_with_the_reason(
    monkeypatch: pytest.MonkeyPatch, lang: str, why: str
) -> None:
    with pytest.raises(InputError, match=why):
        write(monkeypatch, read(None, WHY), "--lang", lang)


def test_a_host_that_the_inventory_does_not_know_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="khac"):
        write(monkeypatch, lambda *_: pytest.fail("was read"), host="khac")
