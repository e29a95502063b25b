"""What the drills of web.private_files lay out is an application that keeps files to itself, and is found to be one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible.module_utils.luytre.web_servers import exposed_paths

from auditor.system import resources

DRILLS = sorted((resources.get_roles_folder() / "web" / "drills").glob("web.private_files.*.sh"))


@pytest.mark.parametrize("drill", DRILLS, ids=lambda path: path.name)
def test_what_a_drill_lays_out_is_found(drill: Path, tmp_path: Path) -> None:
    text = drill.read_text("utf-8")
    (site,) = {line.split("=", 1)[1] for line in text.splitlines() if line.startswith("wiki=")}
    root = Path(site).parent
    subprocess.run(["sh", "-c", text.replace(str(root), str(tmp_path))], check=True)
    (found,) = exposed_paths.find_private_file_uris(str(tmp_path))
    assert found.startswith("/so-tay/")
    assert exposed_paths.build_private_uri_pattern(str(tmp_path)).startswith("^/(?:so-tay/")
