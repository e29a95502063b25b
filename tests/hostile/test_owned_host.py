"""One host that somebody took over, beside two good ones: they complete as without it, and it is named with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from auditor import lab
from tests.lab import owned
from tests.lab.fixtures import INVENTORY, Ended, environment, quiet, run

OWNED, GOOD = "web3", ("web1", "web2")
SITES = "antruc.test,bennua.test,gotre.test"
"""Of the three hosts one each: their own fixes alone are fewer than a host's."""


@dataclass(frozen=True)
class Seen:
    """What the runs said."""

    alone: Ended
    audits: Mapping[str, Ended]
    drifted: Ended
    undone: Ended
    hardened: Ended


@pytest.fixture(scope="module")
def seen(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    folder = tmp_path_factory.mktemp("owned")
    state = environment(folder)

    def auditor(*arguments: str) -> Ended:
        return run(state, *arguments, "--lang", "en", "--json")

    def audit(*hosts: str) -> Ended:
        return auditor("audit", "-i", INVENTORY, "--limit", ",".join(hosts), "--output", str(folder / "out"))

    def harden() -> Ended:
        arguments = ("--limit", SITES, "--batch", "100%", "--yes", "--output", str(folder / "out"))
        return auditor("harden", "-i", INVENTORY, *arguments)

    lab.reset_machines_to_pristine_image()
    quiet(*lab.get_standard_machines_by_name())
    first = harden()
    assert {one["state"] for one in first.json["hardening"]["hosts"]} == {"confirmed"}, first.err
    alone = audit(*GOOD)
    owned.take_over(OWNED)
    audits = {}
    for deed in (*owned.PAST, "forged"):
        owned.will_do(OWNED, {"compliance_facts": [deed]})
        audits[deed] = audit(*beside(deed), OWNED)
    owned.will_do(OWNED, {"guard": ["flood"]})
    drifted = auditor("drift", "-i", INVENTORY)
    owned.will_do(OWNED, {"guard": ["many", "deep"]})
    undone = auditor("rollback", "-i", INVENTORY, "--yes")
    lab.reset_machines_to_pristine_image([OWNED])
    owned.take_over(OWNED)
    owned.will_do(OWNED, {"compliance_facts": ["forged"], "guard": ["flood"]})
    hardened = harden()
    return Seen(alone, audits, drifted, undone, hardened)


def beside(deed: str) -> tuple[str, ...]:
    """The good hosts that are audited with it: both where it speaks in others' names, else one, to which it can do what it can to two."""
    return GOOD if deed == "forged" else GOOD[:1]


def findings(ended: Ended, *hosts: str) -> dict[tuple[str, str], Any]:
    return {
        (one["control"], one["subject"]["id"]): (one["status"], one["violations"])
        for one in ended.json["findings"]
        if one["host"] in hosts
    }


@pytest.mark.parametrize("deed", [*owned.PAST, "forged"])
def test_the_good_ones_are_audited_as_without_it(seen: Seen, deed: str) -> None:
    assert findings(seen.audits[deed], *GOOD) == findings(seen.alone, *beside(deed))


@pytest.mark.parametrize("deed", owned.PAST)
def test_an_audit_names_it_with_its_reason(seen: Seen, deed: str) -> None:
    own = [one for one in seen.audits[deed].json["findings"] if one["host"] == OWNED]
    assert {one["status"] for one in own} <= {"not_evaluated", "not_applicable"}
    (reason,) = {one["reason"]["en"] for one in own if one["status"] == "not_evaluated"}
    assert len(reason) < 400
    assert deed in ("large", "words") or "cut off" in reason


def test_what_it_forges_counts_for_nobody_and_its_facts_are_read(seen: Seen) -> None:
    assert "pass" in {status for status, _ in findings(seen.audits["forged"], OWNED).values()}


def test_drift_names_it_and_tells_of_the_others(seen: Seen) -> None:
    told = {one["host"]: one["refused"] for one in seen.drifted.json}
    assert "cut off" in told[OWNED]["en"]
    assert [told[host] for host in GOOD] == [None, None]


def test_the_others_are_rolled_back(seen: Seen) -> None:
    told = {one["host"]: one for one in seen.undone.json}
    assert "cut off" in told[OWNED]["refused"]["en"]
    assert all(told[host]["undone"] for host in GOOD)


def test_the_others_are_hardened_and_confirmed(seen: Seen) -> None:
    told = {one["host"]: one for one in seen.hardened.json["hardening"]["hosts"]}
    assert [told[host]["state"] for host in GOOD] == ["confirmed", "confirmed"]
    assert told[OWNED]["state"] == "reverted"
    assert 0 < len(told[OWNED]["why"]["en"]) < 1_000
