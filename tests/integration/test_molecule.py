"""The roles' own scenarios, each on a host that is as bare as it was made."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

from auditor import lab
from auditor.system import resources
from tests.lab.beside import Stage, act
from tests.lab.fixtures import BIN, Ended, environment


def molecule(stage: Stage, role: str) -> Ended:
    """``molecule test`` of a role, to its end."""
    lab.reset_machines_to_pristine_image([stage.host])
    done = subprocess.run(
        [BIN / "molecule", "test"],
        cwd=resources.get_roles_folder() / role,
        env=environment(stage.folder),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


@act("web3")
def ssh_scenario(stage: Stage) -> Ended:
    return molecule(stage, "ssh")


@act("web3")
def nginx_scenario(stage: Stage) -> Ended:
    return molecule(stage, "nginx")


@act("web2")
def mariadb_scenario(stage: Stage) -> Ended:
    return molecule(stage, "mariadb")


def held(ended: Ended) -> None:
    assert ended.code == 0, ended.out[-4000:] + ended.err[-2000:]


def test_ssh__ssh_scenario(acted: Callable[[str], Ended]) -> None:
    held(acted("ssh_scenario"))


def test_nginx__nginx_scenario(acted: Callable[[str], Ended]) -> None:
    held(acted("nginx_scenario"))


def test_mariadb__mariadb_scenario(acted: Callable[[str], Ended]) -> None:
    held(acted("mariadb_scenario"))
