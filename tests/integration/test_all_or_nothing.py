"""A configuration that its daemon refuses is undone whole: what was written, who could change it, what was moved aside."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from tests.lab import adhoc

TOP = Path(__file__).parents[2]
SENSELESS = "luytre_no_such_word on;\n"
NGINX = {"host": "web3", "module": "nginx_config", "etc": "/etc/nginx", "said": "unknown directive"}
APACHE = {"host": "web2", "module": "apache_config", "etc": "/etc/apache2", "said": "Invalid command"}
FILE = {"nginx_config": "conf.d/00-luytre.conf", "apache_config": "conf-enabled/zz-luytre-trial.conf"}
PLANT = """
set -e
cd {etc}
for name in a b; do echo '# of roots' > $name.trap; chown root:root $name.trap; chmod 664 $name.trap; done
mkdir -p open.trap && chmod 775 open.trap
echo '# of another' > open.trap/theirs && chown www-data:www-data open.trap/theirs
ln -s open.trap/theirs theirs.trap
"""
LOOK = "cd {etc}; find . /var/lib/luytre/aside -printf '%p %U:%G %m %l\\n' 2>/dev/null | sort; find . -type f | sort | xargs sha256sum"


def run(host: str, module: str, **given: Any) -> dict[str, Any]:
    """The module, over Ansible."""
    rooms = [
        TOP / "roles" / module.partition("_")[0],
        *(TOP / "on_host" / name for name in ("shared", "collect", "files")),
    ]
    done = adhoc.run(
        host,
        module,
        given,
        ANSIBLE_LIBRARY=str(rooms[0] / "library"),
        ANSIBLE_MODULE_UTILS=os.pathsep.join(str(room / "module_utils") for room in rooms),
        ANSIBLE_SSH_ARGS="-o ControlMaster=no -o ControlPath=none",
    )
    found = re.search(r"=> (\{.*\})", done.stdout, re.DOTALL)
    assert found, done.stdout + done.stderr
    answer: dict[str, Any] = json.JSONDecoder().raw_decode(found[1])[0]
    return answer


@pytest.mark.parametrize("which", [NGINX, APACHE], ids=["nginx", "apache"])
def test_what_the_daemon_refuses_leaves_everything_as_it_was(fresh: Callable[..., None], which: dict[str, str]) -> None:
    host, module, etc = which["host"], which["module"], which["etc"]
    fresh(host)
    planted = lab.run_on_machine_as_root(host, PLANT.format(etc=etc))
    assert planted.returncode == 0, planted.stderr

    def look() -> str:
        said: str = lab.run_on_machine_as_root(host, LOOK.format(etc=etc)).stdout.decode()
        return said

    before = look()
    assert "./a.trap 0:0 664 \n" in before and "./open.trap/theirs 33:33 644 \n" in before
    path = f"{etc}/{FILE[module]}"
    own: dict[str, Any] = {"enforce": {}} if module == "nginx_config" else {}
    asked = {**own, "tighten": True, "aside": True, "run": "trial"}

    refused = run(host, module, **asked, files={path: SENSELESS})
    assert which["said"] in refused["msg"] and "taken back" in refused["msg"]
    assert "changed_paths" not in refused and look() == before

    done = run(host, module, **asked)
    assert {f"{etc}/a.trap", f"{etc}/b.trap"} <= set(done["changed_paths"]) and done["changed"] is True
    assert done["aside"] == {
        f"{etc}/{name}": f"/var/lib/luytre/aside/trial{etc}/{name}" for name in ("open.trap/theirs", "theirs.trap")
    }
    after = look()
    assert "./a.trap 0:0 644 \n" in after and "./open.trap 0:0 755 \n" in after
    assert "theirs" not in lab.run_on_machine_as_root(host, f"ls -R {etc}").stdout.decode()
