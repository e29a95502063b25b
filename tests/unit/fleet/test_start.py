"""The command by which Ansible is started."""

from __future__ import annotations

import subprocess
import sys

import pytest

STUB = """
import sys, types
from auditor.fleet.in_ansible import start

def main():
    print("said")
    assert open("/proc/self/comm").read() == "ansible-playboo\\n"
    print("complained", file=sys.stderr)
    {end}

cli = types.ModuleType("ansible.cli")
cli.playbook = types.SimpleNamespace(main=main)
sys.modules.update({{"ansible": types.ModuleType("ansible"), "ansible.cli": cli}})
start.main()
"""


@pytest.mark.parametrize(
    ("end", "code"), [("sys.exit(2)", 2), ("sys.exit(0)", 0), ("sys.exit()", 0), ("sys.exit('no')", 1), ("pass", 0)]
)
def test_it_ends_with_ansible_s_own_code_and_all_that_was_said(end: str, code: int) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", STUB.format(end=end)], capture_output=True, text=True, check=False, timeout=60
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (code, "said\n", "complained\n")


def test_what_it_did_not_foresee_is_told_as_ever() -> None:
    raising = STUB.format(end="raise LookupError('lost')")
    ended = subprocess.run([sys.executable, "-c", raising], capture_output=True, text=True, check=False, timeout=60)
    assert ended.returncode == 1
    assert "LookupError: lost" in ended.stderr
