"""The lab for tests: booted once, a host reset for whoever asks for it fresh."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from auditor import lab
from auditor.hardening.health import smoke
from auditor.inventory import hosts as inventories
from auditor.inventory import reach as reaching
from tests.lab import beside, boot, loaded
from tests.lab.disk import Disk, disk
from tests.lab.guarded import Host
from tests.lab.in_force import InForce, in_force

INVENTORY = "inventories/lab"
EDITOR_OF_YEARS = (
    "mariadb antruc_wp -e \"UPDATE wp_users SET user_registered = '2023-02-15' WHERE user_login = 'bientap'\""
)
"""The image may be of today, and whoever was made today beside an intruder's files is a finding."""
ACCEPTED_ONCE = "apache.methods,bans.cms,bans.ssh,kernel.usb_storage,php_fpm.url_fopen,ssh.confinement"
"""What the lab's inventory does not accept, since it takes seconds of each of a suite's hardenings.

Drills begin with it.
"""
BIN = Path(sys.executable).parent


@pytest.fixture(scope="session")
def booted() -> Iterator[None]:
    with lab.hold_lab_session():
        yield from _serving()


def _serving() -> Iterator[None]:
    was_up = any(machine.running for machine in lab.list_status_of_machines())
    lab.provide_pristine_machines()
    yield
    if not was_up:
        lab.stop_machines()


@pytest.fixture
def fresh(booted: None) -> Callable[..., None]:
    """Bring the named lab hosts (all by default) back to their pristine image."""

    def reset(*hosts: str) -> None:
        lab.reset_machines_to_pristine_image(hosts or None)

    return reset


@pytest.fixture
def guarded(fresh: Callable[..., None]) -> Callable[[str], Host]:
    """Bring a lab host back to its pristine image, and have it under guard without the auditor."""

    def one(name: str) -> Host:
        fresh(name)
        quiet(name)
        return Host(name)

    return one


@dataclass(frozen=True)
class Ended:
    """A command of ours that ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Hardened:
    """The whole lab, hardened once; its hosts are kept as that left them."""

    audited: Ended
    hardened: Ended
    again: Ended
    undone: Ended
    output: Path
    first: list[dict[str, Any]]
    """Findings before."""
    last: list[dict[str, Any]]
    """Findings after."""
    rolled_back: list[dict[str, Any]]
    """Findings once it was undone."""
    before: Mapping[str, Disk]
    disk_undone: Mapping[str, Disk]
    in_force: Mapping[str, InForce]
    in_force_hardened: Mapping[str, InForce]
    in_force_undone: Mapping[str, InForce]
    pages: smoke.Answers
    pages_after: smoke.Answers
    pages_undone: smoke.Answers
    state: Mapping[str, str]


@pytest.fixture(scope="session")
def hardened(booted: None, tmp_path_factory: pytest.TempPathFactory) -> Hardened:
    """Audit, harden, and undo it again, as an office does; done once for all tests that begin there."""
    folder = tmp_path_factory.mktemp("hardened")
    state, output = environment(folder), folder / "out"
    lab.reset_machines_to_pristine_image()
    quiet(*lab.get_standard_machines_by_name())
    pages, before, state_before = visit(), disks(), states()
    audited = run(state, "audit", "-i", INVENTORY, "--output", str(output))
    first = findings(output)
    harden = ("harden", "-i", INVENTORY, "--yes", "--json", "--accept", ACCEPTED_ONCE)
    hardened = run(state, *harden, "--output", str(output), "--batch", "100%")
    last, state_hardened = findings(output), states()
    pages_after = visit(again=pages)
    again = run(state, *harden, "--output", str(folder / "again"))
    journal = Path(state["LUYTRE_STATE"]) / "hardenings"
    shutil.copytree(journal, folder / "kept")
    lab.keep_state_of_machines(list(lab.get_standard_machines_by_name()))
    quiet(*lab.get_standard_machines_by_name())
    undone = run(state, "rollback", "-i", INVENTORY, "--yes", "--json")
    disk_undone, pages_undone, state_undone = disks(), visit(again=pages), states()
    run(state, "audit", "-i", INVENTORY, "--output", str(folder / "undone"))
    shutil.rmtree(journal)
    (folder / "kept").rename(journal)
    return Hardened(
        audited=audited,
        hardened=hardened,
        again=again,
        undone=undone,
        output=output,
        first=first,
        last=last,
        rolled_back=findings(folder / "undone"),
        before=before,
        disk_undone=disk_undone,
        in_force=state_before,
        in_force_hardened=state_hardened,
        in_force_undone=state_undone,
        pages=pages,
        pages_after=pages_after,
        pages_undone=pages_undone,
        state=state,
    )


@pytest.fixture
def as_hardened(hardened: Hardened) -> Callable[..., Hardened]:
    """Bring the named lab hosts (all by default) back to how the first hardening left them."""

    def back(*hosts: str) -> Hardened:
        as_hardened_first(*(hosts or lab.get_standard_machines_by_name()))
        return hardened

    return back


@pytest.fixture(scope="session")
def acted(
    request: pytest.FixtureRequest, hardened: Hardened, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], Any]:
    """Return what came of an act (``tests.lab.beside``), by its name; all that chosen tests are about are played."""
    names = beside.asked(item.name for item in request.session.items)
    return beside.play_all(names, hardened, tmp_path_factory.mktemp)


def as_hardened_first(*hosts: str) -> None:
    """Bring the named lab hosts back to how the first hardening left them."""
    lab.restore_kept_state_of_machines(hosts)
    quiet(*hosts)


def quiet(*hosts: str) -> None:
    """Nothing that is still to start, or that a timer starts, disturbs what a test looks at."""
    for host in hosts:
        boot.wait_until_up(host)
        lab.run_on_machine_as_root(
            host,
            "systemctl stop '*.timer' apt-daily.service apt-daily-upgrade.service unattended-upgrades.service; true",
        )


def disks() -> dict[str, Disk]:
    """Return every lab host's disk."""
    with ThreadPoolExecutor() as pool:
        return dict(
            zip(lab.get_standard_machines_by_name(), pool.map(disk, lab.get_standard_machines_by_name()), strict=True)
        )


def states() -> dict[str, InForce]:
    """Return what is in force on every lab host."""
    with ThreadPoolExecutor() as pool:
        return dict(
            zip(
                lab.get_standard_machines_by_name(),
                pool.map(in_force, lab.get_standard_machines_by_name()),
                strict=True,
            )
        )


def findings(output: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((output / "findings.json").read_text("utf-8"))["findings"]
    return found


def visit(*hosts: str, again: smoke.Answers | None = None) -> smoke.Answers:
    """Return the lab's sites as visitors see them; ``again``: the very URLs of an earlier visit."""
    known = inventories.load_inventory(Path(INVENTORY))
    ca_files = {name: value.ca_file for name, value in reaching.load_reach(Path(INVENTORY)).items()}
    return smoke.visit_smoke_urls_of_sites(
        [host for host in known.hosts if not hosts or host.name in hosts], ca_files, again=again
    )


def environment(folder: Path) -> dict[str, str]:
    """With a history of its own."""
    return {**os.environ, "LUYTRE_STATE": str(folder / "state"), "PATH": f"{BIN}:{os.environ['PATH']}"}


def run(
    state: Mapping[str, str], *arguments: str, given: str = "", cwd: Path | None = None, seconds: float = 600
) -> Ended:
    """Our command, to its end; that what is installed is this, the wheel's test sees."""
    done = loaded.run(loaded.AUDITOR, [str(BIN / "auditor"), *arguments], state, given=given, cwd=cwd, seconds=seconds)
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def state(tmp_path: Path) -> Mapping[str, str]:
    """Return an environment with a history of its own."""
    return environment(tmp_path)


@pytest.fixture
def auditor(state: Mapping[str, str]) -> Callable[..., Ended]:
    """Run the installed command."""

    return partial(run, state)


def play(state: Mapping[str, str], *arguments: str) -> Ended:
    """Plain ansible-playbook, as an admin without the auditor runs it."""
    command = [str(BIN / "ansible-playbook"), "-i", INVENTORY, *arguments]
    done = loaded.run(loaded.PLAYBOOK, command, {**state, "ANSIBLE_NOCOLOR": "1"})
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def playbook(state: Mapping[str, str]) -> Callable[..., Ended]:
    """Run plain ansible-playbook."""
    return partial(play, state)
