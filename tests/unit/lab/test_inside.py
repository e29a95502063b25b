"""Programs begun inside machines: a machine that is this one, as nobody boots one for a unit test."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.errors import LabError
from auditor.lab import inside, lab, machine


def test_a_machine_that_does_not_run_is_told_as_ssh_tells_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> Path:
        raise LabError(f"{name} does not run")

    monkeypatch.setattr(machine, "find_init_process", absent)
    done = lab.run_on_machine_as_root("web1", "true")
    assert (done.returncode, done.stdout, done.stderr) == (255, b"", b"web1 does not run")


def test_groups_are_those_of_its_first_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for tree in ("named", "unified"):
        (tmp_path / tree / "init.scope").mkdir(parents=True)
        (tmp_path / tree / "init.scope/cgroup.procs").touch()
    trees = {"name=systemd": (f"{tmp_path}/named",), "": (f"{tmp_path}/unified", f"{tmp_path}/elsewhere")}
    monkeypatch.setattr(inside, "_TREES", trees)
    (tmp_path / "cgroup").write_text("9:name=systemd:/init.scope\n2:cpuacct:/\n0::/init.scope\n")
    named, unified = (f"{tmp_path}/{tree}/init.scope/cgroup.procs" for tree in ("named", "unified"))
    assert inside._list_control_groups_of_machine(tmp_path) == [named, unified]
