from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from auditor.review import smoke
from tests.integration.conftest import INVENTORY, Ended, Hardened, run, visit

OPEN = ("fail", "partial")


def status(found: list[dict[str, Any]], weakness: lab.Weakness) -> str:
    subject = weakness.site or weakness.host
    matching = [f["status"] for f in found if f["control"] == weakness.control and f["subject"]["id"] == subject]
    assert len(matching) == 1, (weakness.control, subject, matching)
    return str(matching[0])


def test_every_weakness_is_found(hardened: Hardened) -> None:
    assert hardened.audited.code == 1, hardened.audited.err
    for name in ("findings.json", "junit.xml", "report/index.html"):
        assert (hardened.output / name).stat().st_size > 0
    missed = [f"{w.host} {w.site or ''} {w.control}" for w in lab.weaknesses() if status(hardened.first, w) not in OPEN]
    assert missed == []
    assert [f for f in hardened.first if f["status"] == "not_evaluated"] == []


def test_hardening_mends_what_it_can_and_makes_nothing_worse(hardened: Hardened) -> None:
    ended = hardened.hardened
    assert ended.code == 0, ended.out[-3000:] + ended.err
    assert {host["state"] for host in ended.json["hardening"]["hosts"]} == {"confirmed"}
    left = [
        f"{w.host} {w.site or ''} {w.control}"
        for w in lab.weaknesses()
        if w.automated and status(hardened.last, w) != "pass"
    ]
    assert left == []
    passed = {(f["control"], f["subject"]["id"]) for f in hardened.first if f["status"] == "pass"}
    worse = [f for f in hardened.last if f["status"] in OPEN and (f["control"], f["subject"]["id"]) in passed]
    assert worse == []
    assert smoke.compare(smoke.learn(hardened.pages), hardened.pages_after) == ()


def test_a_second_hardening_has_nothing_to_do(hardened: Hardened) -> None:
    assert hardened.again.code == 0, hardened.again.err
    assert hardened.again.json["hardening"] is None
    assert all(host["changes"] == [] for host in hardened.again.json["plan"]["hosts"]), hardened.again.out


def test_the_history_holds_what_was_run(hardened: Hardened) -> None:
    listed = run(hardened.state, "history", "list", "--json")
    assert [entry["purpose"] for entry in listed.json][-3:] == ["before", "after", "before", "audit"][-3:]


def recap(ended: Ended) -> dict[str, dict[str, int]]:
    lines = re.findall(r"^(\w+)\s+: (ok=.*)$", ended.out, re.MULTILINE)
    return {host: {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)", rest)} for host, rest in lines}


def test_every_role_passes_check_mode_from_bare(fresh: Callable[..., None], playbook: Callable[..., Ended]) -> None:
    fresh("web1", "web2")
    checked = playbook("playbooks/harden.yml", "--check", "--limit", "web1,web2")
    assert checked.code == 0, checked.out[-3000:]
    assert all(host["changed"] > 0 for host in recap(checked).values())


def test_the_whole_playbook_without_a_plan(
    as_hardened: Callable[..., Hardened], playbook: Callable[..., Ended]
) -> None:
    as_hardened()
    before_pages = visit()
    first = playbook("playbooks/harden.yml")
    assert first.code == 0, first.out[-3000:]
    second = playbook("playbooks/harden.yml")
    assert second.code == 0, second.out[-3000:]
    changed = re.findall(r"TASK \[(.*?)\] \*+\n(?:(?!TASK ).*\n)*?changed: \[(\w+)", second.out)
    assert {host: counts["changed"] for host, counts in recap(second).items()} == {"web1": 0, "web2": 0, "web3": 0}, (
        changed
    )
    assert smoke.compare(smoke.learn(before_pages), visit(again=before_pages)) == ()


def manifest(host: str) -> dict[str, tuple[int, int, int]]:
    """What differs from the image below /etc: path to mode, size and modification time."""
    top = lab.upper(host) / "etc"
    entries = sorted(top.rglob("*")) if top.exists() else []
    return {
        str(path.relative_to(top)): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in entries
    }


def test_one_tag_in_check_mode_changes_nothing(fresh: Callable[..., None], playbook: Callable[..., Ended]) -> None:
    fresh("web1")
    before = manifest("web1")
    ended = playbook("playbooks/harden.yml", "--tags", "ssh.root_login", "--check", "--diff", "--limit", "web1")
    assert ended.code == 0, ended.out[-3000:]
    assert recap(ended)["web1"]["changed"] >= 1
    assert "PermitRootLogin" in ended.out
    assert manifest("web1") == before
    effective = lab.run("web1", ["sshd", "-T"]).stdout.decode().lower()
    assert "permitrootlogin yes" in effective


def test_plan_shows_the_diff_and_changes_nothing(
    as_hardened: Callable[..., Hardened], auditor: Callable[..., Ended]
) -> None:
    as_hardened("web3")
    lab.run("web3", "rm /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh; chmod 644 /etc/crontab")
    before = manifest("web3")
    ended = auditor("plan", "-i", INVENTORY, "--limit", "web3", "--lang", "en")
    assert ended.code == 0, ended.err
    assert "ssh.root_login" in ended.out
    assert "+PermitRootLogin" in ended.out
    assert manifest("web3") == before


def test_a_site_limit_leaves_its_host_and_neighbours_alone(
    fresh: Callable[..., None], auditor: Callable[..., Ended]
) -> None:
    fresh("web3")
    ended = auditor("plan", "-i", INVENTORY, "--limit", "gotre.test", "--no-diff", "--json")
    (host,) = [entry for entry in ended.json["hosts"] if entry["changes"]]
    assert host["host"] == "web3"
    assert {site for change in host["changes"] for site in change["sites"]} == {"gotre.test"}


@pytest.mark.parametrize("severity", ["critical", "low"])
def test_fail_on_decides_the_exit_code(
    auditor: Callable[..., Ended], fresh: Callable[..., None], severity: str, tmp_path: Path
) -> None:
    fresh("web3")
    ended = auditor(
        "audit", "-i", INVENTORY, "--limit", "web3", "--fail-on", severity, "--json", "--output", str(tmp_path / "o")
    )
    worst = [
        f for f in ended.json["findings"] if f["status"] in OPEN and (severity == "low" or f["severity"] == severity)
    ]
    assert (ended.code == 1) == bool(worst)
