"""What lies below a machine that was kept; no machine is booted or ended here, which a stand-in notes."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.lab import machine
from auditor.lab.layers import ImageLayer
from auditor.lab.spec import load_lab_spec
from auditor.lab.state import LabState

IMAGE = ImageLayer("image", "base.sh", None, {})


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabState:
    monkeypatch.setattr(machine, "_end_processes_of_machine", lambda *_: None)
    monkeypatch.setattr(machine, "_boot_machine_over_layers", lambda *_: None)
    return LabState(tmp_path)


def changed(state: LabState, name: str) -> None:
    """Have the machine change a file."""
    (state.get_folder_of_machine("web1") / "upper" / name).write_text(name)


def identity(file: Path) -> tuple[int, ...]:
    """By what a host knows a file again; when it was read last says nothing, and moves with the copy that is put aside."""
    status = file.stat()
    return status.st_dev, status.st_ino, status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def keep(state: LabState) -> None:
    machine.keep_changes_of_machine_and_reboot(load_lab_spec(), "web1", IMAGE, state)


def brought_back(state: LabState) -> list[set[str]]:
    """What lies in the layers below a machine that is brought back to what was kept, top first; above them is nothing."""
    machine.boot_machine_on_image(load_lab_spec(), "web1", IMAGE, state, machine.list_kept_layers("web1", state))
    assert {*(state.get_folder_of_machine("web1") / "upper").iterdir()} == set()
    return [
        {file.name for file in layer.iterdir()}
        for layer in machine._read_kept_layers_below_machine(state.get_folder_of_machine("web1"))
    ]


def test_a_machine_that_is_kept_goes_on_in_its_own_files(state: LabState) -> None:
    machine.boot_machine_on_image(load_lab_spec(), "web1", IMAGE, state)
    changed(state, "file")
    file = state.get_folder_of_machine("web1") / "upper/file"
    before = identity(file)
    keep(state)
    assert identity(file) == before
    assert machine._read_kept_layers_below_machine(state.get_folder_of_machine("web1")) == []


def test_what_was_kept_lies_below_what_was_kept_after_it(state: LabState) -> None:
    machine.boot_machine_on_image(load_lab_spec(), "web1", IMAGE, state)
    changed(state, "first")
    keep(state)
    changed(state, "lost")
    assert brought_back(state) == [{"first"}]
    changed(state, "second")
    keep(state)
    changed(state, "lost")
    assert brought_back(state) == [{"second"}, {"first"}]


def test_a_pristine_machine_that_is_kept_replaces_what_was_kept_before(state: LabState) -> None:
    for name in ("one", "other"):
        machine.boot_machine_on_image(load_lab_spec(), "web1", IMAGE, state)
        changed(state, name)
        keep(state)
        assert brought_back(state) == [{name}]


@pytest.mark.parametrize(("before", "after"), [("128", 1024), ("1024", 1024), ("65536", 65536)])
def test_machines_side_by_side_may_all_watch_files(
    before: str, after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    setting = tmp_path / "max_user_instances"
    setting.write_text(f"{before}\n")
    monkeypatch.setattr(machine, "_WATCHERS", setting)
    machine._raise_kernel_limit_of_file_watchers()
    assert int(setting.read_text()) == after
