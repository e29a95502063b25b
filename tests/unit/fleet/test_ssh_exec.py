"""A program of ours is run once on a host, as root, and answers with its last line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from auditor.fleet import ssh_exec
from auditor.inventory.reach import Reach

HERE = Reach("192.0.2.1", 22, "luytre", None, (), None, None)
SSH = '#!/bin/sh\nfor last; do :; done\nSSH_CONNECTION="198.51.100.1 5 192.0.2.1 22" exec sh -c "$last"\n'
SUDO = '#!/bin/sh\n[ "$1 $2" = "-n --" ] && shift 2 && exec "$@"\n'
PROGRAM = """
import json

from ansible.module_utils.luytre_shared.files import safe_open

def main(arguments):
    print("noise")
    seen = open("/proc/self/cmdline", "rb").read().decode()
    print(json.dumps([arguments, __loader__.get_source(__name__), safe_open.split_path("/a/b"), seen]))
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("ssh", SSH), ("sudo", SUDO)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


def test_it_is_given_the_connection_the_question_and_its_own_text(program: Path) -> None:
    question = {"do": "look 'at' \"it\" $HOME"}
    words, source, parts, seen = json.loads(ssh_exec.run_as_root(HERE, program, question, 30))
    assert words[0] == "198.51.100.1 5 192.0.2.1 22"
    assert json.loads(words[1]) == question
    assert (source, parts) == (PROGRAM, ["a", "b"])
    assert "python3" in seen and "look" not in seen, "whoever is on the host sees command lines"


def test_what_says_nothing_is_no_answer(program: Path) -> None:
    program.write_text("def main(arguments):\n    raise SystemExit('gone wrong')\n")
    with pytest.raises(ssh_exec.NoAnswer, match="gone wrong"):
        ssh_exec.run_as_root(HERE, program, {}, 30)


def test_a_way_that_only_ansible_could_work_out_is_no_way(program: Path) -> None:
    unclear = Reach("192.0.2.1", 22, None, None, (), "ansible_host", None)
    with pytest.raises(ssh_exec.NoAnswer, match="ansible_host"):
        ssh_exec.run_as_root(unclear, program, {}, 30)
