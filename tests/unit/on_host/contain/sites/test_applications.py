"""Which application an action is on, where an intruder may write to its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible.module_utils.luytre_contain.sites import applications
from ansible.module_utils.luytre_shared.applications import registry
from ansible.module_utils.luytre_shared.incidents.action_runner import ActionRefusal

JOOMLA = """<?php
class JConfig {
 public $dbtype = 'mysqli'; public $host = 'localhost'; public $user = 'xa'; public $password = 'mk';
 public $db = 'disan'; public $dbprefix = 'jos_';
}
"""
ANOTHERS = """<?php
define('DB_NAME', 'other'); define('DB_USER', 'neighbour'); define('DB_PASSWORD', 'read'); define('DB_HOST', 'localhost');
"""


def put(root: Path, kind: str) -> None:
    for mark in registry.CMS_BY_KIND[kind].layout.marks[0]:
        (root / mark).parent.mkdir(parents=True, exist_ok=True)
        (root / mark).write_text("")


@pytest.mark.parametrize("place", ["wp-config.php", "config.php", "../wp-config.php"])
def test_another_configuration_beside_it_chooses_no_other_account(tmp_path: Path, place: str) -> None:
    root = tmp_path / "site"
    put(root, "joomla")
    (root / "configuration.php").write_text(JOOMLA)
    (root / place).write_text(ANOTHERS)
    application = applications.load_application(str(root))
    assert (application.kind, application.login.user) == ("joomla", "xa")


def test_where_files_of_both_lie_there_none_is_chosen(tmp_path: Path) -> None:
    for kind in ("joomla", "wordpress"):
        put(tmp_path, kind)
    (tmp_path / "configuration.php").write_text(JOOMLA)
    (tmp_path / "wp-config.php").write_text(ANOTHERS)
    with pytest.raises(ActionRefusal, match="two_applications"):
        applications.load_application(str(tmp_path))
    (tmp_path / "wp-includes/version.php").unlink()
    (tmp_path / "administrator/manifests/files/joomla.xml").unlink()
    with pytest.raises(ActionRefusal, match="two_applications"):
        applications.find_configured_cms(str(tmp_path))
    (tmp_path / "wp-config.php").unlink()
    assert applications.load_application(str(tmp_path)).kind == "joomla"


def test_what_others_call_a_configuration_is_none(tmp_path: Path) -> None:
    (tmp_path / "config.php").write_text("<?php $db = new PDO('sqlite:a');")
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ActionRefusal, match="no_application"):
            applications.load_application(str(folder))
