"""What machines compiled goes from one to the next, and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor.lab import bytecode

NAME = f"cpython-313-{'a' * 32}"
OTHER = f"cpython-311-{'b' * 32}"


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """As its first process is seen in /proc."""
    init = tmp_path / "init"
    (init / "root/run/luytre-lab-bytecode").mkdir(parents=True)
    return init


def test_what_one_compiled_the_next_one_has(machine: Path, tmp_path: Path) -> None:
    folder, store, following = machine / "root/run/luytre-lab-bytecode", tmp_path / "store", tmp_path / "next"
    (folder / NAME).write_bytes(b"code")
    (following / "root/run/luytre-lab-bytecode").mkdir(parents=True)
    (following / "root/run/luytre-lab-bytecode" / OTHER).write_bytes(b"own")
    bytecode.save_bytecode_compiled_on_machine(machine, store)
    bytecode.save_bytecode_compiled_on_machine(following, store)
    bytecode.restore_bytecode_on_booted_machine(following, store)
    there = following / "root/run/luytre-lab-bytecode"
    assert {file.name: file.read_bytes() for file in there.iterdir()} == {NAME: b"code", OTHER: b"own"}
    assert (there / NAME).stat().st_mode & 0o777 == 0o600


def test_a_machine_that_has_compiled_nothing_has_a_folder_of_its_own_made(tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / NAME).write_bytes(b"code")
    (tmp_path / "init/root/run").mkdir(parents=True)
    bytecode.restore_bytecode_on_booted_machine(tmp_path / "init", tmp_path / "store")
    folder = tmp_path / "init/root/run/luytre-lab-bytecode"
    assert (folder / NAME).read_bytes() == b"code"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_neither_links_nor_what_is_no_bytecode_are_taken(machine: Path, tmp_path: Path) -> None:
    folder, store, secret = machine / "root/run/luytre-lab-bytecode", tmp_path / "store", tmp_path / "secret"
    secret.write_bytes(b"ours")
    (folder / NAME).symlink_to(secret)
    (folder / f"{OTHER}.17").write_bytes(b"half")
    (folder / OTHER).write_bytes(bytes((4 << 20) + 1))
    (folder / "cpython-312-").mkdir()
    bytecode.save_bytecode_compiled_on_machine(machine, store)
    assert list(store.iterdir()) == []


@pytest.mark.parametrize("link", ["run", "run/luytre-lab-bytecode"])
def test_no_link_on_a_machine_leads_us_elsewhere(tmp_path: Path, link: str) -> None:
    elsewhere, store, init = tmp_path / "elsewhere", tmp_path / "store", tmp_path / "init"
    (elsewhere / "luytre-lab-bytecode").mkdir(parents=True)
    (elsewhere / NAME).write_bytes(b"ours")
    (elsewhere / "luytre-lab-bytecode" / NAME).write_bytes(b"ours")
    before = sorted(elsewhere.rglob("*"))
    (init / "root" / link).parent.mkdir(parents=True)
    (init / "root" / link).symlink_to(elsewhere)
    bytecode.save_bytecode_compiled_on_machine(init, store)
    assert list(store.iterdir()) == []
    (store / OTHER).write_bytes(b"code")
    bytecode.restore_bytecode_on_booted_machine(init, store)
    assert sorted(elsewhere.rglob("*")) == before
