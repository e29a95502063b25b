"""Applications that answer requests as root, by what the kernel says of processes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre.daemons import root_applications
from ansible.module_utils.luytre_shared.os import process_table

from auditor.models import Status
from tests.unit.system_areas import facts, finding

LINE = (
    "   0: 0100007F:0BB8 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0\n"
)
"""A socket that listens at 127.0.0.1:3000."""


def told(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *processes: process_table.ProcessInfo
) -> list[tuple[str, str | None]]:
    for one in processes:
        (tmp_path / str(one.pid) / "fd").mkdir(parents=True, exist_ok=True)
        link = tmp_path / str(one.pid) / "fd" / "18"
        link.unlink(missing_ok=True)
        if one.pid < 100:
            link.symlink_to("socket:[4711]")
    (tmp_path / "net").mkdir(exist_ok=True)
    for name in ("tcp", "tcp6", "unix"):
        (tmp_path / "net" / name).write_text("head\n" + (LINE if name == "tcp" else ""))
    known = {one.pid: one for one in processes}
    monkeypatch.setattr(process_table, "read_process_info", lambda pid, _proc: known.get(pid))
    found = root_applications.find_applications_listening_as_root(str(tmp_path))
    assert all(one["listens"] == ["127.0.0.1:3000"] for one in found)
    return [(one["process"], one["unit"]) for one in found]


def process(pid: int, program: str, uid: int | None = 0, title: str = "", parent: int = 1) -> process_table.ProcessInfo:
    return process_table.ProcessInfo(pid, parent, uid, title, "dich-vu.service", program)


@pytest.mark.parametrize(
    ("program", "title", "is_told"),
    [
        ("/usr/bin/node", "node /opt/a/server.js", True),
        ("/root/.nvm/versions/node/v22.1.0/bin/node", "PM2 v5: God Daemon (/root/.pm2)", True),
        ("/usr/bin/php8.4", "php -S 127.0.0.1:3000", True),
        ("/usr/lib/jvm/java-21-openjdk-amd64/bin/java", "java -jar a.jar", True),
        ("/usr/bin/uwsgi-core", "uwsgi a.ini", True),
        ("/usr/bin/python3.13", "/usr/bin/python3 /usr/local/bin/gunicorn a:app", True),
        ("/usr/bin/python3.13", "python3 manage.py runserver 0.0.0.0:80", True),
        ("/usr/bin/python3.13", "/usr/bin/python3 /usr/bin/fail2ban-server -xf start", False),
        ("/usr/sbin/php-fpm8.4", "php-fpm: master process (/etc/php/8.4/fpm/php-fpm.conf)", False),
        ("/usr/sbin/nginx", "nginx: master process /usr/sbin/nginx", False),
        ("/usr/bin/node-exporter", "", False),
    ],
)
def test_what_runs_an_applications_code(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, program: str, title: str, is_told: bool
) -> None:
    one = process(7, program, 0, title)
    assert told(monkeypatch, tmp_path, one) == ([(Path(program).name, "dich-vu.service")] if is_told else [])


def test_who_does_not_listen_or_has_handed_its_work_on_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert told(monkeypatch, tmp_path, process(100, "/usr/bin/node")) == []
    assert told(monkeypatch, tmp_path, process(8, "/usr/bin/node", 33), process(9, "/usr/bin/node", None)) == []
    workers = [process(10, "/usr/bin/python3.13", 0, "gunicorn a"), process(11, "/usr/bin/python3.13", 33, parent=10)]
    assert told(monkeypatch, tmp_path, *workers) == []
    both = [process(12, "/usr/bin/node"), process(13, "/usr/bin/node", parent=12)]
    assert len(told(monkeypatch, tmp_path, *both)) == 2


def test_the_control_names_it() -> None:
    areas = facts()
    assert finding("services.root_applications", areas).status is Status.PASS
    one = {"process": "node", "unit": "pm2-root.service", "listens": ["127.0.0.1:3000"]}
    areas["services"]["root_applications"] = [one]
    found = finding("services.root_applications", areas)
    assert (found.status, found.violations) == (Status.FAIL, (one,))
