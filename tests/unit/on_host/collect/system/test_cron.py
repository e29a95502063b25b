"""Scheduled jobs: what they run, and who else could change it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.daemons import command_lines
from ansible.module_utils.luytre.system import cron
from ansible.module_utils.luytre_shared.files.ownership import PathTrust
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

from auditor.models import Status
from tests.unit.areas import facts, finding

CRONTAB = """SHELL=/bin/sh
# comment
17 *	* * *	root	cd / && run-parts --report /etc/cron.hourly
25 6	* * *	root	test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }
@daily www-data /usr/bin/php -d memory_limit=64M /var/www/x/cron.php --key=bi-mat > /dev/null 2>&1
0 2 * * * root MYSQL_PWD=bi-mat /usr/bin/mysqldump -pbi-mat a | gzip > /var/backups/a.gz
0 3 * * * root nice -n 10 /bin/sh /opt/sao-luu/x.sh && /opt/sau.sh; /opt/cuoi.sh
0 4 * * * root /bin/bash -c "/usr/bin/mysqldump -uroot -pbi-mat a | /usr/bin/gzip > /var/backups/a.gz"
0 5 * * * root flock -n /run/lock/x -c '/usr/bin/curl -u a:bi-mat https://a.test/' ; /bin/sh -ec "exec /opt/x.sh bi-mat"
0 6 * * * root /usr/bin/perl "/opt/x.pl bi-mat"
bad line
1 2 3
"""


def test_a_system_crontab() -> None:
    jobs = cron.parse_crontab("/etc/crontab", CRONTAB, None)
    assert [(job["line"], job["user"], job["programs"]) for job in jobs] == [
        (3, "root", []),
        (4, "root", []),
        (5, "www-data", ["/usr/bin/php", "/var/www/x/cron.php"]),
        (6, "root", ["/usr/bin/mysqldump"]),
        (7, "root", ["/bin/sh", "/opt/sao-luu/x.sh", "/opt/sau.sh", "/opt/cuoi.sh"]),
        (8, "root", ["/bin/bash", "/usr/bin/mysqldump", "/usr/bin/gzip"]),
        (9, "root", ["/run/lock/x", "/usr/bin/curl", "/bin/sh", "/opt/x.sh"]),
        (10, "root", ["/usr/bin/perl"]),
    ]
    assert "bi-mat" not in repr(jobs)


def test_a_path_may_have_a_blank_in_it(tmp_path: Path) -> None:
    script = tmp_path / "sao luu.sh"
    assert command_lines.parse_programs_of_command(f"/bin/sh '{script}'") == ["/bin/sh"]
    script.touch()
    assert command_lines.parse_programs_of_command(f"/bin/sh '{script}'") == ["/bin/sh", str(script)]


def test_a_persons_crontab_names_no_user() -> None:
    (job,) = cron.parse_crontab("/var/spool/cron/crontabs/tu", "*/5 * * * * /usr/bin/true\n", "tu")
    assert job["user"] == "tu" and job["programs"] == ["/usr/bin/true"]


@pytest.mark.parametrize("command", ["", "'", '"/bin/sh', "\\", ";;;", "> /etc/passwd", "%%%", "\x00/bin/x"])
def test_commands_of_nonsense(command: str) -> None:
    assert all(path.startswith("/") for path in command_lines.parse_programs_of_command(command))


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
def test_the_weak_place_on_the_way_to_a_program(tmp_path: Path) -> None:
    base = Path("/root") / f"luytre-test-{os.getpid()}"
    script = base / "bin" / "x.sh"
    script.parent.mkdir(parents=True)
    try:
        script.touch(0o755)
        base.chmod(0o755)
        script.parent.chmod(0o755)
        assert cron.find_loose_place_on_way_to_program([str(script)], PathTrust()) is None
        script.parent.chmod(0o777)
        assert cron.find_loose_place_on_way_to_program([str(script)], PathTrust())["path"] == str(script.parent)
        script.parent.chmod(0o755)
        os.chown(script, 33, 33)
        assert cron.find_loose_place_on_way_to_program([str(script)], PathTrust())["owner"] == "www-data"
        link = tmp_path / "link"
        link.symlink_to(script)
        assert cron.find_loose_place_on_way_to_program([str(link)], PathTrust())["path"] == str(script)
        assert cron.find_loose_place_on_way_to_program(["/nowhere/at/all"], PathTrust()) is None
    finally:
        script.unlink()
        script.parent.rmdir()
        base.rmdir()


def test_only_roots_jobs_are_judged() -> None:
    weak = {"path": "/var/www/x", "owner": "www-data", "group": "www-data", "mode": 0o755, "kind": "dir"}
    job: dict[str, Any] = {
        "file": "/etc/cron.d/x",
        "line": 1,
        "when": "@daily",
        "programs": ["/var/www/x/y"],
        "weak": weak,
    }
    areas = facts()
    areas["cron"]["jobs"] = [{**job, "user": "www-data"}]
    assert finding("web.root_cron", areas).status is Status.PASS
    areas["cron"]["jobs"] = [{**job, "user": "root"}]
    assert finding("web.root_cron", areas).status is Status.FAIL


def test_a_users_long_table_leaves_none_of_roots_jobs_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    daily, spool = tmp_path / "cron.daily", tmp_path / "crontabs"
    daily.mkdir()
    spool.mkdir()
    (daily / "backup").touch(0o755)
    (spool / "an").write_text("* * * * * /usr/bin/true\n" * (cron.MAX_JOBS + 1))
    (spool / "root").write_text("0 1 * * * /opt/x.sh\n")
    monkeypatch.setattr(cron, "TABLES", ())
    monkeypatch.setattr(cron, "FOLDERS", (str(daily),))
    monkeypatch.setattr(cron, "SPOOL", f"{spool}/*")
    jobs = cron.collect_area_facts(AreaReader({}, 20))["jobs"]
    assert [job["programs"] for job in jobs[:2]] == [[str(daily / "backup")], ["/opt/x.sh"]]
    assert len(jobs) == cron.MAX_JOBS
