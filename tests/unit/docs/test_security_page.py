"""docs/security.md names every program that root runs on a host, and bounds that are in the code."""

from __future__ import annotations

import re
from pathlib import Path

from tests.unit import programs

TOP = Path(__file__).parents[3]
PAGE = (TOP / "docs/security.md").read_text("utf-8")
NO_PROGRAMS = {"confirmed", "global_priv", "restart"}
"""What stands first in a list on the way to a program, and is not one."""
NAMED_IN_PARTS = {
    **dict.fromkeys(
        ("ip6tables-save", "iptables-legacy-save", "ip6tables-legacy-save"),
        ("on_host/collect/module_utils/luytre/system/firewall.py", '(prefix + "-legacy-save", legacy)'),
    ),
    "iptables-save": ("on_host/collect/module_utils/luytre/system/firewall.py", '(prefix + "-save", hidden'),
    "mariadbd": ("on_host/guard/module_utils/luytre_guard/daemons/daemons.py", '["mariadbd", "--user=mysql"'),
    "id": ("playbooks/unenroll.yml", "groups $(id -Gn"),
    "python3": ("on_host/guard/module_utils/luytre_guard/rollback_point/timer.py", 'PYTHON = "/usr/bin/python3"'),
    "getent": ("playbooks/enroll.yml", 'getent passwd "$ACCOUNT"'),
    "grep": ("playbooks/enroll.yml", 'if grep -qsvxF -e "$KEY"'),
}
"""Programs whose names the code puts together or keeps in a text of the shell: the file, and how it says so."""


def table(heading: str) -> list[list[str]]:
    """The rows of the first table below a heading."""
    lines = PAGE.partition(f"## {heading}\n")[2].partition("\n## ")[0].split("\n")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return rows[2:]


def run_by_root() -> dict[str, set[str]]:
    named = programs.of_roles()
    if gone := NO_PROGRAMS - set(named):
        raise KeyError(f"named no more, so that a program of that name would be overlooked: {gone}")
    found = {name: files for name, files in named.items() if name not in NO_PROGRAMS}
    for name in programs.of_shell((TOP / "auditor/hardening/health/probes.sh").read_text("utf-8")):
        found.setdefault(name, set()).add("auditor/hardening/health/probes.sh")
    for name, (file, said) in NAMED_IN_PARTS.items():
        if said in (TOP / file).read_text("utf-8"):
            found.setdefault(name, set()).add(file)
    return found


def test_every_program_that_root_runs_on_a_host_is_on_the_page_and_no_other() -> None:
    named = [row[0].strip("`") for row in table("Programs that root runs on a host")]
    assert len(named) == len(set(named)), "each once"
    found = run_by_root()
    assert {name: found[name] for name in found if name not in named} == {}, "say of these who could bend them"
    assert [name for name in named if name not in found] == [], "no code runs these"


def test_every_row_says_who_decides_and_what_stands_against_it() -> None:
    for row in table("Programs that root runs on a host"):
        assert len(row) == 5, row
        assert all(row), row


def test_the_walk_finds_programs_however_they_are_named() -> None:
    assert programs.of_python('commands.run(["a", "-x"])') == {"a"}
    assert programs.of_python('TEST = ["b", "-t"]\nchange.commit_changes_or_revert_on_failure([TEST])') == {"b"}
    assert programs.of_python('p = "php-fpm" + v\nthreads.submit(reading.run, [p, "-i"])') == {"php-fpm"}
    assert programs.of_python('c = reading.installed("m") or reading.installed("n")\nreading.run([c])') == {"m", "n"}
    assert programs.of_python('def t(p):\n    return ["l", p]\nchange.commit_changes_or_revert_on_failure([t(x)])') == {
        "l"
    }
    assert programs.of_python('h = "/usr/lib/apt/apt-helper"\nreading.run([h, "x"])') == {"apt-helper"}
    assert set(programs.of_tasks([{"block": [{"ansible.builtin.command": {"argv": ["d", "-e"]}}]}])) == {"d"}
    assert set(programs.of_tasks([{"ansible.builtin.command": "{{ ['e', 'x'] }}"}])) == {"e"}
    assert set(programs.of_tasks([{"ansible.builtin.copy": {"validate": "/usr/sbin/f -c %s"}}])) == {"f"}
    assert programs.of_shell("try g h -t\nx | i -c 6\ntimeout 6 j k") >= {"h", "i", "timeout"}


def test_bounds_are_where_the_page_says() -> None:
    rows = table("Text from outside, and its bound")
    assert len(rows) > 10
    for row in rows:
        words = re.findall(r"`([^`]+)`", row[2])
        assert words, row
        file = TOP / words[0]
        for word in words:
            if "/" in word:
                file = TOP / word
            else:
                assert re.search(rf"^(?:def )?{re.escape(word)}\b", file.read_text("utf-8"), re.MULTILINE), (file, word)
