"""A run limited to some hosts: what it says of the others, and how it is listed."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from auditor.audit import controls
from auditor.audit.assessors.assessment import AuditInput
from auditor.audit.judgement import judge_collected_facts
from auditor.cli import app
from auditor.history.runs import RunHistory
from auditor.inventory import hosts
from auditor.models import ExcludedHost, HostOutcome
from auditor.models.prior_state import NOTHING_KNOWN
from tests import factory

LAB = Path(__file__).parents[3] / "inventories/lab"


def test_a_run_of_some_hosts_says_what_it_leaves_out() -> None:
    known = hosts.load_inventory(LAB)
    first, *rest = known.hosts
    unread = [HostOutcome(host=first.name, reached=False)]
    run = judge_collected_facts(
        AuditInput(
            known, NOTHING_KNOWN, controls.load_catalogue(), [first], {}, unread, datetime.datetime.now(datetime.UTC)
        )
    )
    assert run.left_out == tuple(
        ExcludedHost(host=host.name, sites=tuple(site.domain for site in host.sites)) for host in rest
    )


def test_list_tells_a_limited_run_from_a_full_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LUYTRE_STATE", str(tmp_path))
    some = factory.run(hosts=factory.HOSTS[:1], run_id="b", started="2026-11-24T08:00:00+07:00")
    left_out = (ExcludedHost(host="web2"), ExcludedHost(host="web3"))
    RunHistory().keep(factory.run(run_id="a"))
    RunHistory().keep(some.model_copy(update={"left_out": left_out, "purpose": "before"}))

    def listed(*options: str) -> str:
        return CliRunner().invoke(app, ["history", "list", *options], catch_exceptions=False).stdout

    limited, full = listed().splitlines()
    assert "trước khi gia cố" in limited and "1 trong 3 máy chủ" in limited
    assert "rà soát" in full and "3 máy chủ" in full and "trong" not in full
    first, _ = json.loads(listed("--json"))
    assert (first["hosts"], first["left_out"]) == (["web1"], ["web2", "web3"])
