"""The guard's records as the guard writes them, read by the collector and validated on arrival; and our own connection."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.system import past_runs
from ansible.module_utils.luytre_guard.files import store  # type: ignore[import-not-found]
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader

from auditor.facts import HostFacts
from tests.unit.access import NOW
from tests.unit.on_host import MODULE_UTILS

RUN = "20261124T101500Z-7f3a"


def read(home: Path) -> dict[str, Any]:
    """The area as it arrives."""
    data = past_runs.collect_area_facts(AreaReader({}, 5), str(home))
    areas = {"past_runs": {"seconds": 0, "error": None, "data": data}}
    found: dict[str, Any] = HostFacts.parse(
        json.dumps({"schema": 1, "collected_at": NOW, "areas": areas})
    ).build_context_for_control_expressions()["past_runs"]
    return found


def kept(home: Path, *names: str) -> store.RunStore:
    known = store.RunStore(str(home))
    for index, name in enumerate(names):
        Path(known.get_folder_of_run(name)).mkdir()
        known.update_state_of_run(name, {"state": "confirmed", "ended": NOW + index + 0.5})
        os.utime(known.get_path_of_run_file(name, "state.json"), (NOW + index, NOW + index))
    return known


def test_the_same_words_as_the_guards() -> None:
    assert past_runs.HOME == store.HOME
    assert past_runs.RUN.pattern == store.RUN.pattern
    assert past_runs.MAX_RUNS == store.MAX_SNAPSHOTS


def test_no_run_has_ever_been() -> None:
    assert read(Path("/nonexistent")) == {"armed": None, "runs": [], "untold": {}}


def test_the_last_runs_and_how_they_ended(tmp_path: Path) -> None:
    known = kept(tmp_path, *(f"r-{number}" for number in range(7)))
    known.update_state_of_run(
        "r-6", {"state": "reverted", "cause": "timer", "ended": NOW + 90.2, "changed_paths": ["/etc/x"] * 200}
    )
    found = read(tmp_path)
    assert found["armed"] is None
    assert [entry["run"] for entry in found["runs"]] == ["r-6", "r-5", "r-4", "r-3", "r-2"]
    assert found["runs"][0] == {"run": "r-6", "state": "reverted", "cause": "timer", "ended": NOW + 90}
    assert found["runs"][1]["cause"] == ""


def test_a_run_that_is_open_without_its_timer(tmp_path: Path) -> None:
    known = kept(tmp_path, RUN)
    store.write_json(
        known.mark, {"run": RUN, "digest": "0", "uid": 0, "boot": "b", "seconds": 300, "deadline": NOW + 300.7}
    )
    assert read(tmp_path)["armed"] == {"run": RUN, "deadline": NOW + 300, "timer": False}


@pytest.mark.parametrize(
    "mark", ["", "[1]", "{", '{"run": "../../etc", "deadline": "soon"}', '{"run": 5, "deadline": 1e99}']
)
def test_a_mark_that_cannot_be_read_is_still_an_open_run(tmp_path: Path, mark: str) -> None:
    (tmp_path / "armed.json").write_text(mark, "ascii")
    assert read(tmp_path)["armed"] == {"run": "?", "deadline": 0, "timer": False}


@pytest.mark.parametrize(
    "state", ["[]", "x", "{}", '{"state": {"a": "%s"}, "cause": [1], "ended": "now"}' % ("b" * 9_000)]
)
def test_a_state_that_cannot_be_read(tmp_path: Path, state: str) -> None:
    (tmp_path / RUN).mkdir()
    (tmp_path / RUN / "state.json").write_text(state, "ascii")
    (entry,) = read(tmp_path)["runs"]
    assert entry["run"] == RUN
    assert len(entry["state"]) <= 20
    assert entry["ended"] == 0


def test_names_that_no_run_has(tmp_path: Path) -> None:
    for name in (".draft-x", "lock", "a b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "state.json").write_text("{}", "ascii")
    assert [entry["run"] for entry in read(tmp_path)["runs"]] == ["lock"]


_ASK = """
import sys, ansible.module_utils
ansible.module_utils.__path__.extend(sys.argv[1].split(":"))
from ansible.module_utils.luytre.os.ssh_session import get_current_ssh_session
print(get_current_ssh_session())
"""


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (
            {"SSH_CONNECTION": "10.213.47.1 50122 10.213.47.11 22", "LOGNAME": "luytre"},
            {"source": "10.213.47.1", "from_port": 50122, "local": "10.213.47.11", "port": 22, "user": "luytre"},
        ),
        (
            {"SSH_CONNECTION": "::ffff:192.0.2.7 1 ::ffff:192.0.2.1 2222", "LOGNAME": "root", "SUDO_USER": "luytre"},
            {"source": "192.0.2.7", "from_port": 1, "local": "192.0.2.1", "port": 2222, "user": "luytre"},
        ),
        (
            {"SSH_CONNECTION": "fe80::1%eth0 1 fe80::2%eth0 22", "LOGNAME": "x"},
            {"source": "fe80::1", "from_port": 1, "local": "fe80::2", "port": 22, "user": "x"},
        ),
    ],
)
def test_the_connection_is_found_in_an_ancestor(environment: dict[str, str], expected: dict[str, Any]) -> None:
    """The shell that sshd started knows it; what sudo started in it does not."""
    ask = ["env", "-i", f"PATH={os.environ['PATH']}", sys.executable, "-c", _ASK, MODULE_UTILS]
    shell = ["sh", "-c", '"$@"; exit $?', "sh", *ask]
    told = subprocess.run(
        shell, env={**environment, "PATH": os.environ["PATH"]}, capture_output=True, check=True, text=True
    )
    assert ast.literal_eval(told.stdout) == expected
