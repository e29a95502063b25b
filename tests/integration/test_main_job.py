from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from auditor import lab
from auditor.hardening.health import smoke
from tests.lab.beside import Stage, act
from tests.lab.browser import Browser
from tests.lab.fixtures import INVENTORY, Ended, Hardened, as_hardened_first, environment, play, run, visit

OPEN = ("fail", "partial")
SEVERITIES = ("low", "medium", "high", "critical")
PLAIN = (("web2",), ("web1", "--tags", "nginx,php_fpm,wordpress"))
"""Both releases, and everything that any of the hosts has: on the second what the first has not."""


def status(found: list[dict[str, Any]], weakness: lab.Weakness) -> str:
    subject = weakness.site or weakness.host
    matching = [f["status"] for f in found if f["control"] == weakness.control and f["subject"]["id"] == subject]
    assert len(matching) == 1, (weakness.control, subject, matching)
    return str(matching[0])


def test_every_weakness_is_found(hardened: Hardened) -> None:
    assert hardened.audited.code == 1, hardened.audited.err
    for name in ("findings.json", "junit.xml", "report/index.html"):
        assert (hardened.output / name).stat().st_size > 0
    missed = [
        f"{w.host} {w.site or ''} {w.control}"
        for w in lab.load_planted_weaknesses()
        if status(hardened.first, w) not in OPEN
    ]
    assert missed == []
    assert [f for f in hardened.first if f["status"] == "not_evaluated"] == []


def test_hardening_mends_what_it_can_and_makes_nothing_worse(hardened: Hardened) -> None:
    ended = hardened.hardened
    assert ended.code == 0, ended.out[-3000:] + ended.err
    assert {host["state"] for host in ended.json["hardening"]["hosts"]} == {"confirmed"}
    left = [
        f"{w.host} {w.site or ''} {w.control}"
        for w in lab.load_planted_weaknesses()
        if w.automated and status(hardened.last, w) != "pass"
    ]
    assert left == []
    passed = {(f["control"], f["subject"]["id"]) for f in hardened.first if f["status"] == "pass"}
    worse = [f for f in hardened.last if f["status"] in OPEN and (f["control"], f["subject"]["id"]) in passed]
    assert worse == []
    assert (
        smoke.find_urls_unlike_smoke_baseline(
            smoke.learn_smoke_baseline_from_two_visits(hardened.pages), hardened.pages_after
        )
        == ()
    )


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
    fresh(*(host for host, *_ in PLAIN))
    for host, *tags in PLAIN:
        checked = playbook("playbooks/harden.yml", "--check", "--limit", host, *tags)
        assert checked.code == 0, checked.out[-3000:]
        assert recap(checked)[host]["changed"] > 0


def test_the_whole_playbook_without_a_plan(
    as_hardened: Callable[..., Hardened], playbook: Callable[..., Ended]
) -> None:
    hosts = [host for host, *_ in PLAIN]
    as_hardened(*hosts)
    before_pages = visit(*hosts)
    for host, *tags in PLAIN:
        arguments = ("playbooks/harden.yml", "--limit", host, *tags)
        first = playbook(*arguments)
        assert first.code == 0, first.out[-3000:]
        second = playbook(*arguments)
        assert second.code == 0, second.out[-3000:]
        changed = set(re.findall(r"TASK \[(.*?)\] \*+\n(?:(?!TASK ).*\n)*?changed: \[\w+", second.out))
        assert changed == {"guard : Keep a way back, or take it"}
        assert recap(second)[host]["changed"] == 2
    assert (
        smoke.find_urls_unlike_smoke_baseline(
            smoke.learn_smoke_baseline_from_two_visits(before_pages), visit(*hosts, again=before_pages)
        )
        == ()
    )


type Manifest = dict[str, tuple[int, int, int]]


def manifest(host: str) -> Manifest:
    """What differs from the image below /etc: path to mode, size and modification time."""
    top = lab.get_folder_of_changes_on_machine(host) / "etc"
    entries = sorted(top.rglob("*")) if top.exists() else []
    return {
        str(path.relative_to(top)): (path.lstat().st_mode, path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in entries
    }


@act("web1")
def one_tag(stage: Stage) -> tuple[Ended, Manifest, Manifest, str]:
    """Plain Ansible on a bare host, told to check one tag; the host before and after, and what sshd does then."""
    lab.reset_machines_to_pristine_image([stage.host])
    before = manifest(stage.host)
    arguments = ("--tags", "ssh.root_login", "--check", "--diff", "--limit", stage.host)
    ended = play(environment(stage.folder), "playbooks/harden.yml", *arguments)
    return (
        ended,
        before,
        manifest(stage.host),
        lab.run_on_machine_as_root(stage.host, ["sshd", "-T"]).stdout.decode().lower(),
    )


def test_one_tag_in_check_mode_changes_nothing__one_tag(
    acted: Callable[[str], tuple[Ended, Manifest, Manifest, str]],
) -> None:
    ended, before, after, effective = acted("one_tag")
    assert ended.code == 0, ended.out[-3000:]
    assert recap(ended)["web1"]["changed"] >= 1
    assert "PermitRootLogin" in ended.out
    assert after == before
    assert "permitrootlogin yes" in effective


@act("web3")
def planned(stage: Stage) -> tuple[Ended, Manifest, Manifest]:
    """A plan for a host where something was undone by hand, and the host before and after."""
    as_hardened_first(stage.host)
    lab.run_on_machine_as_root(
        stage.host, "rm /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh; chmod 644 /etc/crontab"
    )
    before = manifest(stage.host)
    arguments = ("plan", "-i", INVENTORY, "--limit", stage.host, "--diff", "--lang", "en")
    return run(environment(stage.folder), *arguments), before, manifest(stage.host)


def test_plan_shows_the_diff_and_changes_nothing__planned(
    acted: Callable[[str], tuple[Ended, Manifest, Manifest]],
) -> None:
    ended, before, after = acted("planned")
    assert ended.code == 0, ended.err
    assert "ssh.root_login" in ended.out
    assert "+PermitRootLogin" in ended.out
    assert after == before


LEFT = (".index.html.swo", "index.html~", "config.php.save", "backup.zip", "data.sql.gz")
PUBLISHED = "van-ban/bieu-mau.zip"


@act("web3")
def left_behind(stage: Stage) -> dict[str, int]:
    """What visitors are answered for what an editor and an admin left in a hardened site's root, and for a form in a folder."""
    as_hardened_first(stage.host)
    made = (
        f"cd /var/www/gotre.test; mkdir -p van-ban; for name in {' '.join(LEFT)} {PUBLISHED}; do echo x > $name; done"
    )
    assert lab.run_on_machine_as_root(stage.host, made).returncode == 0
    visitor = Browser(str(lab.load_lab_spec().hosts[stage.host].address))
    return {name: visitor.get(f"http://gotre.test/{name}").status for name in (*LEFT, PUBLISHED)}


def test_what_is_left_behind_in_a_root_is_not_served_and_what_is_published_is__left_behind(
    acted: Callable[[str], dict[str, int]],
) -> None:
    assert acted("left_behind") == {**dict.fromkeys(LEFT, 404), PUBLISHED: 200}


@act("web3")
def limited(stage: Stage) -> Ended:
    """A plan for one of a bare host's two sites."""
    lab.reset_machines_to_pristine_image([stage.host])
    return run(environment(stage.folder), "plan", "-i", INVENTORY, "--limit", "gotre.test", "--no-diff", "--json")


def test_a_site_limit_leaves_its_host_and_neighbours_alone__limited(acted: Callable[[str], Ended]) -> None:
    (host,) = [entry for entry in acted("limited").json["hosts"] if entry["changes"]]
    assert host["host"] == "web3"
    assert {site for change in host["changes"] for site in change["sites"]} == {"gotre.test"}


@act("web3")
def judged(stage: Stage) -> dict[str, Ended]:
    """Audits of the host as it was hardened, but for a high finding, by what they fail on."""
    as_hardened_first(stage.host)
    lab.run_on_machine_as_root(stage.host, "rm /etc/ssh/sshd_config.d/00-luytre.conf; systemctl reload ssh")
    audit = ("audit", "-i", INVENTORY, "--limit", stage.host, "--json", "--output", str(stage.folder / "out"))
    return {
        severity: run(environment(stage.folder), *audit, "--fail-on", severity) for severity in ("critical", "high")
    }


def test_fail_on_decides_the_exit_code__judged(acted: Callable[[str], dict[str, Ended]]) -> None:
    for severity, ended in acted("judged").items():
        rank = SEVERITIES.index(severity)
        worst = [f for f in ended.json["findings"] if f["status"] in OPEN and SEVERITIES.index(f["severity"]) >= rank]
        assert ended.code == (1 if worst else 0), (severity, worst)
        assert severity == "critical" or worst
