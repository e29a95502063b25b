"""The one judge of who gets in over SSH, by its truth table; what sshd offers is told as the collector tells it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from auditor.audit import controls
from auditor.audit.effects import Effect
from auditor.hardening.safety import logins
from tests.unit import access

TABLE = yaml.safe_load((access.DATA / "ways.yml").read_text("utf-8"))
WAYS = logins.load_ways_module_of_ssh_role()
SOURCE = "10.0.0.9"
KEYS = {
    "closed": {"restricted": False, "closed": True},
    "open": {"restricted": False, "closed": False},
    "command": {"restricted": True, "closed": True},
    "authority": {"restricted": True, "closed": True},
    "open-authority": {"restricted": True, "closed": False},
}


def known(row: dict[str, Any]) -> tuple[Any, Any]:
    """A row as ``(way, state)``."""
    account, has = "root" if row.get("root") else "hanh", row["account"]
    ports = row.get("ports") or {22: row.get("sshd", {})}
    offers = {port: {**access.OFFERED, "ours": True, **settings} for port, settings in ports.items()}
    keys = tuple({"account": account, "fingerprint": "SHA256:x", **KEYS[kind]} for kind in has.get("keys", ()))
    way = WAYS.AccessPath(
        account,
        SOURCE,
        tuple(row["way"]),
        row.get("to"),
        certificate=row.get("certificate", False),
        last=1 if row["way"] or row.get("to") else 0,
    )
    state = WAYS.AccessState(
        offers={(account, SOURCE): offers},
        passwords={account: has.get("password", "usable")},
        shells={account: has.get("shell", True)},
        keys={account: keys},
        groups={account: has.get("groups", [account])},
        certificate_accounts=frozenset([account] if row.get("certified") else []),
        past_strict_modes=next(iter(offers.values()))["strictmodes"],
    )
    return way, state


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["case"])
def test_the_truth_table(row: dict[str, Any]) -> None:
    way, state = known(row)
    assert WAYS.open_on(way, state) == set(row["open"])
    taking = [control for control, effect in WAYS.EFFECTS.items() if WAYS.losses(state, [way], {control: effect})]
    assert taking == [control for control in WAYS.EFFECTS if control in row["takes"]]
    assert set(row["takes"]) <= set(WAYS.EFFECTS)


def test_the_auditor_knows_the_judge_s_controls_by_what_they_declare() -> None:
    catalogue = controls.load_catalogue()
    assert set(WAYS.EFFECTS) <= set(catalogue.controls_by_id)
    closing = (Effect.CLOSES_PASSWORDS, Effect.CLOSES_ROOT_PASSWORDS, Effect.LOCKS_EMPTY_PASSWORDS)
    fixes = {control.id: control.fix for control in catalogue.controls if control.fix}
    assert set(controls.select_controls_by_fix_effects(fixes, *closing)) <= set(WAYS.EFFECTS)


def ways_in(**changed: Any) -> list[str]:
    """Who could administer the host with a key, where sshd was asked about nobody and these facts are otherwise."""
    areas = access.facts()
    areas["ways"].update(offers=[], accounts=[])
    areas["accounts"]["keys"].append(
        {"account": "root", "fingerprint": "SHA256:x", "restricted": False, "closed": True}
    )
    areas["ssh"].update(changed)
    found: list[str] = WAYS.ways_in(areas)
    return found


@pytest.mark.parametrize(
    ("keyword", "counts"),
    [
        ("x11forwarding", True),
        ("passwordauthentication", True),
        ("allowgroups", False),
        ("pubkeyauthentication", False),
    ],
)
def test_of_whom_sshd_was_not_asked_counts_only_where_no_match_block_could_keep_them_out(
    keyword: str, counts: bool
) -> None:
    line = {"criteria": "Group web", "file": "/x", "line": 1, "keyword": keyword, "value": "no", "shadowed": False}
    assert ("luytre" in ways_in(matches=[line])) is counts


def test_of_whom_sshd_was_not_asked_counts_only_where_no_list_could_keep_them_out() -> None:
    assert "luytre" in ways_in(matches=[])
    general = {**access.facts()["ssh"]["effective"], "allowgroups": ["quan-tri"]}
    assert ways_in(matches=[], effective=general) == []


def test_root_is_judged_by_what_sshd_says_of_root() -> None:
    areas = access.facts()["ssh"]
    shut = {**areas["effective"], "permitrootlogin": "no"}
    let_in = {**areas["effective"], "permitrootlogin": "prohibit-password"}
    assert "root" in ways_in(matches=[], effective=shut, for_root=let_in)
    assert "root" not in ways_in(matches=[], effective=let_in, for_root=shut)
