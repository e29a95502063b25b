"""Files are taken out of their place and put back as they were, whatever whoever can write the folder does meanwhile."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from auditor.text import paths
from tests.unit.leased import leased

PROGRAM = Path(__file__).parents[5] / "on_host/contain/system/quarantine.py"
SHELL = b"<?php eval($_POST['x']);"
NAME = "SC-20261127-1/1"


class System:
    """The system as it is, but for what a test has of it."""

    def __init__(self) -> None:
        self.before: dict[str, Callable[..., None]] = {}
        self.after: dict[str, Callable[..., None]] = {}
        self.apart = ""
        """Where the quarantine lies, if that is a file system of its own."""

    def __getattr__(self, name: str) -> Any:
        real = getattr(os, name)
        return (lambda *given, **named: self._call(name, real, given, named)) if name in ("rename", "link") else real

    def _call(self, name: str, real: Callable[..., None], given: tuple[Any, ...], named: dict[str, Any]) -> None:
        if "src_dir_fd" not in named:
            return real(*given, **named)
        self.before.pop(name, lambda: None)()
        source, target = (Path(f"/proc/self/fd/{named[side]}").readlink() for side in ("src_dir_fd", "dst_dir_fd"))
        if self.apart and str(source).startswith(self.apart) is not str(target).startswith(self.apart):
            raise OSError(errno.EXDEV, "another file system")
        real(*given, **named)
        return self.after.pop(name, lambda: None)()


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, system: System) -> ModuleType:
    spec = importlib.util.spec_from_file_location("quarantine", PROGRAM)
    assert spec is not None
    assert spec.loader is not None
    own = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(own)
    own.STORE.home = str(tmp_path / "luytre/quarantine")
    monkeypatch.setattr(own, "ROOTS", ())
    monkeypatch.setattr(own.safe_move, "os", system)
    monkeypatch.setattr(
        own.safe_move, "list_parent_folders_on_same_filesystem", lambda place, open_ones: [top(open_ones)]
    )

    def top(open_ones: contextlib.ExitStack) -> int:
        handle: int = own.safe_move.close_descriptor_when_stack_ends(
            open_ones, os.open(tmp_path / "site", own.safe_open.FOLDER)
        )
        return handle

    return own


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site/uploads").mkdir(parents=True)
    return tmp_path / "site"


@pytest.fixture
def shell(site: Path) -> Path:
    path = site / "uploads" / os.fsdecode(b"a 'b' $c {d}\n%41\xff.php")
    path.write_bytes(SHELL)
    path.chmod(0o640)
    os.utime(path, ns=(10**18 + 1, 10**18 + 2))
    return path


def asked(path: Path, site: Path, **changes: Any) -> dict[str, Any]:
    return {"id": NAME, "what": paths.percent_encode_unprintable_in_path(str(path)), "roots": [str(site)], **changes}


def state(path: Path) -> tuple[Any, ...]:
    status = path.lstat()
    marks = {key: os.getxattr(path, key) for key in os.listxattr(path)}
    return path.read_bytes(), status.st_mode, status.st_uid, status.st_gid, status.st_mtime_ns, marks


def refused(host: ModuleType, ask: Callable[[], object]) -> str:
    with pytest.raises(host.ActionRefusal) as refusal:
        ask()
    return str(refusal.value.args[0])


@pytest.mark.parametrize("apart", [False, True], ids=["same file system", "another"])
def test_a_file_is_taken_and_put_back_as_it_was(
    host: ModuleType, system: System, site: Path, shell: Path, *, apart: bool
) -> None:
    system.apart = host.STORE.home if apart else ""
    with contextlib.suppress(OSError):  # a file system without such marks
        os.setxattr(shell, "user.mark", b"x")
    before, inode = state(shell), shell.stat().st_ino
    taken = host.quarantine_file_once(asked(shell, site))
    assert (taken["state"], taken["why"]) == ("confirmed", "")
    assert list((site / "uploads").iterdir()) == []
    assert (
        host.quarantine_file_once(asked(shell, site))
        == host.report_state_of_quarantined_file(asked(shell, site))
        == taken
    )
    assert host.put_quarantined_file_back(asked(shell, site)) == {"state": "none"}
    assert state(shell) == before
    if not apart:  # a number that is free is given again
        assert shell.stat().st_ino == inode
    assert list((site / "uploads").iterdir()) == [shell]
    assert not Path(host.STORE.home).parent.exists()
    assert host.report_state_of_quarantined_file(asked(shell, site)) == {"state": "none"}
    assert host.put_quarantined_file_back(asked(shell, site))["why"] == "none_kept"


def test_a_web_root_may_be_a_link_that_root_made(
    host: ModuleType, site: Path, shell: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "link"
    link.symlink_to(site)
    asking = asked(link / shell.relative_to(site), link)
    os.lchown(link, 65534, 65534)
    assert refused(host, lambda: host.quarantine_file_once(asking)) == "unsafe"
    os.lchown(link, 0, 0)
    assert host.plan_quarantine_of_file(asking)["state"] == "planned"
    assert host.quarantine_file_once(asking)["state"] == "confirmed"
    assert not shell.exists()
    shell.touch()
    assert host.report_state_of_quarantined_file(asking)["why"] == "back_again"
    shell.unlink()
    assert host.put_quarantined_file_back(asking) == {"state": "none"}
    assert shell.read_bytes() == SHELL


def test_no_link_folder_or_pipe_is_taken_nor_what_lies_elsewhere(host: ModuleType, site: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    (site / "link.php").symlink_to(secret)
    (site / "way").symlink_to(tmp_path)
    os.mkfifo(site / "pipe.php")
    for path, why in (
        (site / "link.php", "no_file"),
        (site / "pipe.php", "no_file"),
        (site / "uploads", "no_file"),
        (site / "way/secret", "unsafe"),
        (site / "gone/x.php", "folder_gone"),
        (secret, "elsewhere"),
        (Path(f"{site}/../secret"), "unsafe"),
        (Path(f"{site}2/x.php"), "elsewhere"),
    ):
        assert refused(host, partial(host.quarantine_file_once, asked(path, site))) == why
    assert host.answer_quarantine_question(asked(site / "gone.php", site, do="contain")) == {
        "state": "refused",
        "why": "no_file",
        "about": "",
    }
    assert refused(host, lambda: host.quarantine_file_once(asked(site / "x", site, id="../x"))) == "not_ours"
    assert secret.read_text() == "s"
    assert not Path(host.STORE.home).exists()


@pytest.mark.parametrize("apart", [False, True], ids=["same file system", "another"])
def test_what_is_swapped_in_at_the_last_moment_is_not_taken_for_it(
    host: ModuleType, system: System, site: Path, shell: Path, tmp_path: Path, *, apart: bool
) -> None:
    system.apart = host.STORE.home if apart else ""
    secret = tmp_path / "secret"
    secret.write_text("s")

    def swap() -> None:
        shell.rename(site / "elsewhere.php")
        shell.symlink_to(secret)

    system.before["rename"] = swap
    with contextlib.suppress(host.ActionRefusal):
        host.quarantine_file_once(asked(shell, site))
    assert shell.is_symlink()
    assert secret.read_text() == "s"
    assert (site / "elsewhere.php").read_bytes() == SHELL


def test_a_folder_that_is_swapped_in_is_put_back_too(host: ModuleType, system: System, site: Path, shell: Path) -> None:
    def swap() -> None:
        shell.rename(site / "elsewhere.php")
        shell.mkdir()
        (shell / "of a site").touch()

    system.before["rename"] = swap
    assert refused(host, lambda: host.quarantine_file_once(asked(shell, site))) == "swapped"
    assert list(shell.iterdir()) == [shell / "of a site"]
    assert not Path(host.STORE.home).exists()


@pytest.mark.parametrize(
    "moment, state",
    [
        ("open_parent_folder_without_links", "refused"),
        ("compute_digest", "unknown"),
        ("find_processes_holding_file_open", "unknown"),
    ],
)
def test_a_file_that_takes_too_long_is_not_said_to_lie_where_it_was_when_it_is_taken(
    host: ModuleType, site: Path, shell: Path, monkeypatch: pytest.MonkeyPatch, moment: str, state: str
) -> None:
    with monkeypatch.context() as slow:
        slow.setattr(
            host if moment == "find_processes_holding_file_open" else host.safe_move,
            moment,
            lambda *_given: host.raise_refusal_when_time_is_over(0, None),
        )
        told = host.answer_quarantine_question(asked(shell, site, do="contain"))
    assert (told["state"], told["why"]) == (state, "late")
    assert shell.exists() == (state == "refused")
    assert host.put_quarantined_file_back(asked(shell, site))["state"] == "none"
    assert shell.read_bytes() == SHELL


def test_a_sparse_file_of_a_thousand_gigabytes_is_taken_as_fast_as_any(
    host: ModuleType, system: System, site: Path, shell: Path
) -> None:
    os.truncate(shell, 1 << 40)
    before = shell.lstat()
    told = host.quarantine_file_once(asked(shell, site))
    assert (told["state"], told["sha256"], told["why"]) == ("confirmed", None, "")
    assert not shell.exists()
    shell.touch()
    assert refused(host, lambda: host.put_quarantined_file_back(asked(shell, site))) == "name_taken"
    shell.unlink()
    assert host.put_quarantined_file_back(asked(shell, site)) == {"state": "none"}
    assert os.path.samestat(shell.lstat(), before)


def test_a_file_on_which_its_owner_has_a_lease_is_taken_all_the_same(
    host: ModuleType, system: System, site: Path, shell: Path
) -> None:
    with leased(shell) as owner:
        assert host.plan_quarantine_of_file(asked(shell, site))["state"] == "planned"
        taken = host.quarantine_file_once(asked(shell, site))
        assert (taken["state"], taken["sha256"]) == ("confirmed", None)
        assert (taken["why"], taken["about"]) == ("held_open", str(owner))
        assert not shell.exists()
    told = host.report_state_of_quarantined_file(asked(shell, site))
    assert (told["why"], told["sha256"]) == ("", hashlib.sha256(SHELL).hexdigest())
    assert host.put_quarantined_file_back(asked(shell, site)) == {"state": "none"}
    assert shell.read_bytes() == SHELL


def test_nothing_is_written_over_when_a_file_is_put_back(host: ModuleType, site: Path, shell: Path) -> None:
    host.quarantine_file_once(asked(shell, site))
    shell.write_text("new")
    assert host.report_state_of_quarantined_file(asked(shell, site))["why"] == "back_again"
    assert refused(host, lambda: host.put_quarantined_file_back(asked(shell, site))) == "name_taken"
    assert shell.read_text() == "new"
    shell.unlink()
    host.put_quarantined_file_back(asked(shell, site))
    assert shell.read_bytes() == SHELL


@pytest.mark.parametrize("apart", [False, True], ids=["same file system", "another"])
@pytest.mark.parametrize("step", ["rename", "link"])
def test_whoever_is_cut_off_is_gone_on_for(
    host: ModuleType, system: System, site: Path, shell: Path, step: str, *, apart: bool
) -> None:
    system.apart, before = host.STORE.home if apart else "", state(shell)

    def cut() -> None:
        raise KeyboardInterrupt

    if step == "rename":
        system.after["rename"] = cut
        with pytest.raises(KeyboardInterrupt):
            host.quarantine_file_once(asked(shell, site))
    assert host.quarantine_file_once(asked(shell, site))["why"] == ""
    if step == "link":
        system.after["link"] = cut
        with pytest.raises(KeyboardInterrupt):
            host.put_quarantined_file_back(asked(shell, site))
    assert host.put_quarantined_file_back(asked(shell, site)) == {"state": "none"}
    assert state(shell) == before
    assert list((site / "uploads").iterdir()) == [shell]


def test_what_is_still_about_is_told(host: ModuleType, site: Path, shell: Path) -> None:
    os.link(shell, site / "second.php")
    assert host.quarantine_file_once(asked(shell, site))["why"] == "other_names"
    (site / "second.php").write_text("changed")
    assert host.report_state_of_quarantined_file(asked(shell, site))["why"] == "changed"


@pytest.mark.parametrize(("apart", "steps"), [(False, ["rename"]), (True, ["rename", "copy_away"])])
def test_a_plan_says_how_a_file_is_taken_and_takes_none(
    host: ModuleType, site: Path, shell: Path, monkeypatch: pytest.MonkeyPatch, *, apart: bool, steps: list[str]
) -> None:
    if apart:
        monkeypatch.setattr(host.STORE, "get_device_of_store", lambda: 0)
    plan = host.plan_quarantine_of_file(asked(shell, site))
    assert [step[0] for step in plan["would"]] == steps
    assert plan["would"][0][1] == paths.percent_encode_unprintable_in_path(str(shell))
    assert plan["sha256"] == hashlib.sha256(SHELL).hexdigest()
    assert shell.read_bytes() == SHELL
    assert not Path(host.STORE.home).exists()
    assert host.answer_quarantine_question(asked(site / "none", site, do="plan"))["why"] == "no_file"
    assert refused(host, lambda: host.plan_quarantine_of_file(asked(site / "uploads", site))) == "no_file"
    assert refused(host, lambda: host.plan_quarantine_of_file(asked(Path("/etc/passwd"), site))) == "elsewhere"
