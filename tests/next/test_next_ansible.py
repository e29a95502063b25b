"""The collector and one hardening by the newest pre-release of ansible-core (``make test-ansible-next``).

What the auditor takes of Ansible beside its public interface is tried whole: the process that plays are forked from, the
Pythons that stay on hosts, the modules that are kept (decision 86).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible.release import __version__
from packaging.version import Version

from auditor import lab
from tests.lab.fixtures import INVENTORY, Ended, findings, quiet

HOST = "web2"
LIMIT = ("-i", INVENTORY, "--limit", HOST, "--lang", "en")


@pytest.fixture(autouse=True)
def version() -> Iterator[None]:
    """Say which Ansible it was, on whatever it fails."""
    print(f"ansible-core {__version__}")
    yield


def test_this_is_a_later_ansible_than_the_one_that_is_locked() -> None:
    lock = (Path(__file__).parents[2] / "requirements.lock").read_text("utf-8")
    (locked,) = (line.split("==")[1].split()[0] for line in lock.splitlines() if line.startswith("ansible-core=="))
    assert Version(__version__) > Version(locked)


def test_it_reads_a_host_hardens_it_and_has_nothing_left_to_change(
    fresh: Callable[..., None], auditor: Callable[..., Ended], tmp_path: Path
) -> None:
    fresh(HOST)
    quiet(HOST)
    audited = auditor("audit", *LIMIT, "--json", "--output", str(tmp_path / "audit"))
    assert audited.code == 1, audited.err
    (outcome,) = json.loads((tmp_path / "audit/findings.json").read_text("utf-8"))["hosts"]
    assert outcome["reached"] and outcome["area_errors"] == {}
    assert {one["status"] for one in findings(tmp_path / "audit")} >= {"pass", "fail"}
    hardened = auditor("harden", *LIMIT, "--yes", "--json", "--output", str(tmp_path / "harden"))
    (host,) = hardened.json["hardening"]["hosts"]
    assert host["state"] == "confirmed", hardened.err
    again = auditor("harden", *LIMIT, "--yes", "--json", "--output", str(tmp_path / "again"))
    assert not again.json["hardening"], again.out
    assert lab.run_on_machine_as_root(HOST, "sshd -T | grep -qx 'maxauthtries [1-4]'").returncode == 0
