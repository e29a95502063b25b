from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.fleet.runner import AnsibleTask
from auditor.lab import undeclared_changes
from auditor.lab.undeclared_changes import ChangedPath

TASKS = (
    AnsibleTask("h", "a", "ssh", "copy", "changed", {}, began=10, ended=12),
    AnsibleTask("h", "b", "nginx", "copy", "changed", {}, began=13, ended=14),
)
TOUCHES = {"ssh.x": ("/srv/keys/",), "nginx.y": ("/var/www/", "/opt/one", "modes:/srv/data")}


@pytest.mark.parametrize(
    ("path", "at", "bad"),
    [
        ("/srv/keys/a", 11, False),
        ("/srv/keys/a", 13.5, True),
        ("/var/www/a/b", 13.5, False),
        ("/var/www/a/b", 11, True),
        ("/opt/one", 13.5, False),
        ("/opt/one/below", 13.5, True),
        ("/srv/data", 13.5, False),
        ("/etc/anything", 11, False),
        ("/opt/one", 20, False),
        ("/opt/two", 20, True),
    ],
)
def test_what_changes_while_a_room_is_at_work_must_be_declared_there(path: str, at: float, bad: bool) -> None:
    assert (
        bool(undeclared_changes.find_changed_paths_no_control_declares([ChangedPath(path, at)], TASKS, TOUCHES)) is bad
    )


def test_packages_bring_files_of_their_own() -> None:
    found = [ChangedPath("/usr/bin/x", 11), ChangedPath("/srv/x", 11)]
    assert undeclared_changes.find_changed_paths_no_control_declares(
        found, TASKS, {**TOUCHES, "ssh.z": ("package:x",)}
    ) == ("ssh: /srv/x",)


def test_only_what_changed_since_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc" / "old").touch()
    since = os.lstat(tmp_path / "etc" / "old").st_ctime
    new = tmp_path / "etc" / "new"
    while not new.exists() or os.lstat(new).st_ctime <= since:
        new.unlink(missing_ok=True)
        new.touch()
    assert [changed.path for changed in undeclared_changes.find_paths_changed_since(tmp_path, since)] == ["/etc/new"]
