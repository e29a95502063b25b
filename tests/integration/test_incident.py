"""One incident from the first finding to its end, on the lab's WordPress: found, contained as it is opened, collected, told by mail, cleaned, closed.

Beside it, on two releases: a closed site, a path that is gone, files that come back as they were, and jobs that a real cron forgets and knows again.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from auditor.lab import compromise
from tests.lab.fixtures import EDITOR_OF_YEARS, INVENTORY, Ended, environment, quiet, run
from tests.mail_server import Authority, Received, free_port, serving
from tests.unit.incidents.offices import server, tells

SITE, SHELL = "antruc.test", "/var/www/antruc.test/wp-content/uploads/2026/03/thong-bao.php"
LEFT = ("shell_in_uploads", "job_of_the_web_server", "deleted_program", "post_of_adverts")
KEY_OF = "key_of_the_web_server"
FINDINGS = (
    "content.suspected:antruc.test",
    *(f"compromise.{what}:web1" for what in ("shell", "way_in", "starts", "runs")),
)
HURRIED = """
from auditor.content.crawler import session
from auditor.cli import main
session.RequestPacer.wait_for_next_request = lambda pace: None
main()
"""
ROW = "mariadb -N antruc_wp -e \"SELECT ID FROM wp_posts WHERE post_name = 'top-10-nha-cai-uy-tin'\""
IN_FORCE = """
grep -c '^[^#]' /var/spool/cron/crontabs/www-data
grep -c '^[^#]' /var/www/.ssh/authorized_keys
ps -o stat= -p "$(pgrep -f '^/var/tmp/.systemd-private-cache')" | cut -c 1
ls {shell} 2> /dev/null | wc -l
{row} | wc -l
"""
FILES = tuple(f"/var/www/luytre-lab/{folder}dữ liệu.php" for folder in ("", "apart/"))
"""The second one lies on a file system of its own below a web root."""
MAKE = """
import os, struct, subprocess
os.makedirs("/var/www/luytre-lab/apart")
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", "/var/www/luytre-lab/apart"], check=True)
acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *one) for one in (
    (1, 6, 0xFFFFFFFF), (2, 4, 1), (4, 4, 0xFFFFFFFF), (16, 4, 0xFFFFFFFF), (32, 0, 0xFFFFFFFF)))
for path in {files}:
    with open(path, "wb") as file:
        file.write(b"<?php exit; /* luytre-lab: inert */\\n\\0\\xff" * 9999)
    os.chown(path, 33, 4)
    os.chmod(path, 0o2640)
    for name, value in (("user.luytre", b"a\\0b"), ("system.posix_acl_access", acl),
            ("security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0))):
        os.setxattr(path, name, value)
    os.utime(path, ns=(10**18 + 123456789, 10**18 + 987654321))
"""
STAND = """
import hashlib, json, os
def state(path):
    if not os.path.lexists(path):
        return None
    status = os.lstat(path)
    marks = {{name: os.getxattr(path, name).hex() for name in sorted(os.listxattr(path))}}
    digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
    return status.st_ino, digest, status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, status.st_nlink, marks
print(json.dumps([state(path) for path in {files}]))
"""
TABLES = {"web2": "/etc/cron.d/luytre-lab", "web3": "/var/spool/cron/crontabs/www-data"}
"""A crontab of the system's, and one of an account's: each with a job that is taken out, and another."""
JOBS = """
rm -f /var/tmp/job-*
{{ echo '# luytre-lab'; for job in out other; do echo "* * * * * {who} echo >> /var/tmp/job-$job"; done; }} {into}
"""
COUNT = "for job in out other; do cat /var/tmp/job-$job 2> /dev/null | wc -l; done"
MOST_SECONDS = 200
ASK = """
import http.client
for path in ("/", "/static/giao-dien.css", "/gop-y.php"):
    visitor = http.client.HTTPConnection("10.213.47.12", timeout=20)
    visitor.request("GET", path, headers={"Host": "bennua.test"})
    print(visitor.getresponse().status)
"""
"""A visitor, from the machine beside it."""
SHUT_BY_HAND = ("path", "bennua.test/static/giao-dien.css", "site", "bennua.test")
OPEN, SHUT = [200, 200, 200], [503, 410, 503]


@dataclass(frozen=True)
class Office:
    """Whose inventory, history and mail server are of this test alone."""

    folder: Path
    authority: Authority
    port: int

    @property
    def state(self) -> Mapping[str, str]:
        return {**environment(self.folder), "LUYTRE_INVENTORY": str(self.folder / "inventory"), "LUYTRE_LANG": "en"}

    def says(self, *arguments: str) -> Ended:
        return run(self.state, *arguments)

    def incident(self, verb: str, *arguments: str) -> Ended:
        return self.says("incident", verb, *arguments, "--who", "Văn phòng")

    def opened(self, *subjects: str) -> str:
        """The number of an incident that is opened about these."""
        ended = self.incident("open", *subjects)
        assert ended.code == 0, ended.err
        return self.last()

    def last(self) -> str:
        """The number of the incident that was opened last."""
        return str(json.loads(self.says("incident", "list", "--json").out)[-1]["id"])

    def looks(self, verb: str, *limit: str) -> Mapping[str, Any]:
        """What a review, a hunt or an audit says. A review goes from address to address without its pause."""
        words = (verb, "--json", "--format", "json", "--output", str(self.folder / verb), "--limit", *limit)
        done = subprocess.run(
            [sys.executable, "-c", HURRIED, *words],
            env=dict(self.state),
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        told: Mapping[str, Any] = json.loads(done.stdout)
        return told


@dataclass(frozen=True)
class Beside:
    """What stood on the two other machines, and what another one saw of a site."""

    files: Mapping[str, list[Any]]
    tables: Mapping[str, tuple[bytes, str]]
    jobs: Mapping[str, list[int]]
    """How often each job has run: the one that is taken out, and the other."""
    site: list[int]


@dataclass(frozen=True)
class Story:
    """What was done, and what it came to."""

    office: Office
    id: str
    opened: Ended
    again: Ended
    in_force: tuple[list[int | str], list[int | str]]
    """Lines of the crontab and of the keys, the process's state, files and rows: before, and contained."""
    collected: Ended
    down: Ended
    delivered: Ended
    received: Received
    cleaned: Ended
    looks: Mapping[str, Mapping[str, Any]]
    early: Ended
    """Closing it before it was over."""
    reported: tuple[Ended, ...]
    form: Ended
    closed: Ended
    contained: tuple[Ended, ...]
    released: Ended
    beside: tuple[Beside, ...]
    """Of the other machines: before, contained, a minute later, released."""
    verified: Ended


def root(host: str, program: str) -> str:
    done = lab.run_on_machine_as_root(host, program)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def stand() -> Beside:
    return Beside(
        files={host: json.loads(root(host, f"python3 - <<'END'\n{STAND.format(files=FILES)}\nEND")) for host in TABLES},
        tables={
            host: (lab.run_on_machine_as_root(host, ["cat", path]).stdout, root(host, f"stat -c '%u %g %a %y' {path}"))
            for host, path in TABLES.items()
        },
        jobs={host: counts(host) for host in TABLES},
        site=[int(status) for status in lab.run_on_machine_as_root("web3", ["python3", "-c", ASK]).stdout.split()],
    )


def counts(host: str) -> list[int]:
    return [int(number) for number in root(host, COUNT).split()]


def until_more(job: int, than: Mapping[str, int]) -> None:
    """Wait until a job has run more often than that on each host: cron begins once a minute."""
    ends = time.monotonic() + MOST_SECONDS
    while any(counts(host)[job] <= count for host, count in than.items()):
        assert time.monotonic() < ends, "cron does not run it"
        time.sleep(1)


def in_force() -> list[int | str]:
    said = lab.run_on_machine_as_root("web1", IN_FORCE.format(shell=SHELL, row=ROW)).stdout.decode().split()
    return [int(word) if word.isdigit() else word for word in said]


@pytest.fixture(scope="module")
def story(booted: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("incident")
    inventory = Path(shutil.copytree(INVENTORY, folder / "inventory"))
    authority, port = Authority(folder / "ca"), free_port()
    shutil.copy(authority.file, inventory / "office/ca.pem")
    tells(inventory, automatic=True)
    server(inventory, port)
    lab.reset_machines_to_pristine_image()
    quiet(*lab.get_standard_machines_by_name())
    try:
        yield _played(Office(folder, authority, port))
    finally:
        lab.reset_machines_to_pristine_image()


def _played(office: Office) -> Story:
    root("web1", EDITOR_OF_YEARS)
    compromise.plant_intrusion_traces_on_machine("web1", functools.partial(lab.run_on_machine_as_root, "web1"), LEFT)
    root("web1", next(one.script for one in lab.load_planted_intrusion_traces() if one.id == KEY_OF))
    for host, path in TABLES.items():
        root(host, f"python3 - <<'END'\n{MAKE.format(files=FILES)}\nEND")
        who, into = ("root", f"> {path}") if path.startswith("/etc/") else ("", "| crontab -u www-data -")
        root(host, JOBS.format(who=who, into=into))
    looks = {"review": office.looks("review", SITE), "hunt": office.looks("hunt", "web1")}
    until_more(0, dict.fromkeys(TABLES, 0))
    beside, before = [stand()], in_force()
    aside = office.opened("web2", "web3")
    files = [word for path in FILES for word in ("file", path)]
    contained = (
        office.incident("contain", aside, *files, "job", f"{TABLES['web2']}:2", *SHUT_BY_HAND, "--host", "web2"),
        office.incident("contain", aside, *files, "job", f"{TABLES['web3']}:5", "--host", "web3"),
    )
    beside.append(stand())
    named = [word for finding in FINDINGS for word in ("--finding", finding)]
    opened = office.incident("open", *named, "--contain")
    incident, then = office.last(), in_force()
    again = office.incident("open", *named, "--contain")
    collected = office.incident("collect", incident)
    down = office.says("mail", "run", "--early")
    received = Received()
    with serving(received, office.authority.context("127.0.0.1"), port=office.port):
        delivered = office.says("mail", "run", "--early")
    cleaned = office.incident("clean", incident, "row", f"{SITE}/posts/{root('web1', ROW).strip()}")
    early = office.incident("close", incident, "--cause", "Mật khẩu bị lộ")
    until_more(1, {host: jobs[1] for host, jobs in beside[1].jobs.items()})
    beside.append(stand())
    released = office.incident("release", aside)
    beside.append(stand())
    root("web1", "pkill -KILL -f '^/var/tmp/.systemd-private-cache'")  # its memory is evidence: a person ends it
    for verb, limit in (("review", SITE), ("hunt", "web1"), ("audit", "web1")):
        looks[f"{verb} after"] = office.looks(verb, limit)
    reported = [
        office.incident("reported", incident, report, "--how", "điện thoại") for report in ("now", "first", "full")
    ]
    form = office.incident("form", incident, "--form", "end", "--output", str(office.folder / "form"))
    closed = office.incident("close", incident, "--cause", "Mật khẩu bị lộ")
    until_more(0, {host: jobs[0] for host, jobs in beside[-1].jobs.items()})
    return Story(
        office=office,
        id=incident,
        opened=opened,
        again=again,
        in_force=(before, then),
        collected=collected,
        down=down,
        delivered=delivered,
        received=received,
        cleaned=cleaned,
        looks=looks,
        early=early,
        reported=tuple(reported),
        form=form,
        closed=closed,
        contained=contained,
        released=released,
        beside=tuple(beside),
        verified=office.says("history", "verify"),
    )


def alarms(told: Mapping[str, Any], *areas: str) -> list[tuple[str, str]]:
    """Kind and place of each trace that gives the alarm on the site and its host, and the control that has it."""
    return [
        (finding["control"], trace["kind"])
        for finding in told["findings"]
        if finding["control"].startswith(areas) and finding["subject"]["id"] in (SITE, "web1")
        for trace in finding["violations"]
    ]


def test_all_that_was_left_is_found(story: Story) -> None:
    assert {control for control, _ in alarms(story.looks["review"], "content.")} == {"content.suspected"}
    assert sorted(alarms(story.looks["hunt"], "compromise.")) == [
        ("compromise.runs", "process"),
        ("compromise.shell", "program"),
        ("compromise.starts", "job"),
        ("compromise.way_in", "key"),
    ]


def test_opening_contains_it_as_the_host_says_and_lists_what_a_person_has_to_see(story: Story) -> None:
    assert story.in_force == ([1, 1, "S", 1, 1], [0, 0, "T", 0, 1])
    assert [word in story.opened.out for word in ("is revoked", "is disabled", "is stopped", "is quarantined")] == (
        [True] * 4
    )
    assert "content that visitors of antruc.test see:" in story.opened.out, story.opened.out
    assert (story.opened.code, story.again.code) == (1, 1)  # the text on the site is left


def test_opening_again_contains_nothing_twice(story: Story) -> None:
    shown = story.office.says("incident", "show", story.id).out
    assert f"number 4: {SHELL} is quarantined" in shown
    assert len(re.findall(r": started to (?!remove row)", shown)) == 4


def test_the_evidence_is_whole_and_has_the_file_by_its_digest(story: Story) -> None:
    assert story.collected.code == 0, story.collected.out + story.collected.err
    (sums,) = (story.office.folder / "state/evidence").rglob("SHA256SUMS")
    digest = story.opened.out.partition("(sha256 ")[2][:64]
    assert digest in sums.read_text("utf-8")
    assert story.office.says("incident", "verify", story.id).code == 0


def test_the_offices_are_told_over_tls_also_after_their_server_was_down(story: Story) -> None:
    assert "not delivered yet" in story.opened.out
    assert "not delivered yet" in story.down.out
    assert story.delivered.code == 0, story.delivered.out + story.delivered.err
    told = zip(story.received.recipients, story.received.encrypted, story.received.mails, strict=True)
    assert [(who, encrypted) for who, encrypted, mail in told if story.id in mail["Subject"]] == [
        ("trucban@antruc.test", True),
        ("ucsc@tangiang.test", True),
    ]


def test_what_is_clean_is_so_by_review_hunt_and_audit(story: Story) -> None:
    assert story.cleaned.code == 0, story.cleaned.out + story.cleaned.err
    assert alarms(story.looks["review after"], "content.") == []
    assert alarms(story.looks["hunt after"], "compromise.") == []
    assert alarms(story.looks["audit after"], "content.", "compromise.") == []


def test_it_is_closed_with_its_last_form_and_not_before(story: Story) -> None:
    assert story.early.code == 2
    assert [one.code for one in story.reported] == [0, 0, 0]
    assert sorted(path.suffix for path in (story.office.folder / "form").iterdir()) == [".docx", ".pdf"], story.form.err
    assert story.closed.code == 0, story.closed.out + story.closed.err
    assert story.verified.code == 0, story.verified.out + story.verified.err


def test_a_closed_site_and_a_path_that_is_gone_are_so_until_they_are_released(story: Story) -> None:
    assert [one.code for one in story.contained] == [0, 0], "".join(one.out + one.err for one in story.contained)
    assert story.released.code == 0, story.released.out + story.released.err
    assert [one.site for one in story.beside] == [OPEN, SHUT, SHUT, OPEN]


@pytest.mark.parametrize("host", TABLES)
def test_files_come_back_as_they_were_also_from_another_file_system(story: Story, host: str) -> None:
    before, contained, _, released = (one.files[host] for one in story.beside)
    assert all({"user.luytre", "system.posix_acl_access", "security.capability"} <= set(one[-1]) for one in before)
    assert contained == [None, None]
    assert [one[1:] for one in released] == [one[1:] for one in before]
    assert released[0][0] == before[0][0]  # the very file


@pytest.mark.parametrize("host", TABLES)
def test_cron_forgets_a_job_that_is_taken_out_and_knows_it_again_with_its_file_as_it_was(
    story: Story, host: str
) -> None:
    before, contained, later, released = story.beside
    assert contained.tables[host] != before.tables[host] == released.tables[host]
    assert later.jobs[host][1] > contained.jobs[host][1] > 0
    assert later.jobs[host][0] == contained.jobs[host][0] > 0
