"""The controls of the area: no record, one that was replaced, changes that nobody explains."""

from __future__ import annotations

from typing import Any

import pytest

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts
from auditor.facts.system.integrity import IntegrityFacts
from auditor.models import Finding, Host, Status
from auditor.system import resources

CATALOGUE = Catalogue(
    controls=tuple(controls.read_controls_file(resources.get_roles_folder() / "integrity" / "controls.yml"))
)
DIGEST = "a" * 64
RECORD: dict[str, Any] = {"made": 1_795_540_000, "digest": DIGEST, "folders": ["/etc"], "entries": 900}
PROXY: dict[str, Any] = {"path": "/etc/profile.d/proxy.sh", "what": "added"}


def found(
    *, record: dict[str, Any] | None = RECORD, changes: tuple[dict[str, Any], ...] = (), known: str | None = None
) -> dict[str, Finding]:
    data = IntegrityFacts(record=record, changes=list(changes))  # type: ignore[arg-type]
    facts = HostFacts(collected_at=1_795_560_000, data={"integrity": data}, errors={}, seconds={})
    host = Host(name="web1", address="192.0.2.1")
    return {one.control: one for one in evaluate_host(CATALOGUE, host, facts, known)}


def test_without_a_record_there_is_nothing_to_compare_with() -> None:
    told = found(record=None, known=DIGEST)
    assert told["integrity.baseline"].status is Status.FAIL
    assert {told[name].status for name in ("integrity.changes", "integrity.record_own")} == {Status.NOT_APPLICABLE}


@pytest.mark.parametrize(
    "known, status", [(None, Status.NOT_APPLICABLE), (DIGEST, Status.PASS), ("b" * 64, Status.FAIL)]
)
def test_a_record_is_the_one_that_the_history_knows(known: str | None, status: Status) -> None:
    assert found(known=known)["integrity.record_own"].status is status


def test_what_changed_is_named() -> None:
    assert found()["integrity.changes"].status is Status.PASS
    finding = found(changes=(PROXY,))["integrity.changes"]
    assert (finding.status, finding.violations) == (Status.FAIL, (PROXY,))
