"""Permissions, mounts and the walk, on real trees and with those who try to lead it astray."""

# ruff: noqa: S108  the shared folders themselves

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from ansible.module_utils.luytre.os import disk_mounts
from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre.system import filesystem
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.models import Status
from tests.unit.access import filters
from tests.unit.system_areas import facts, finding

SHM = {"/dev/shm": ("nodev", "nosuid", "noexec")}
MOUNTINFO = r"""170 169 0:59 / /tmp rw,nosuid,nodev shared:29 - tmpfs tmpfs rw,size=2468412k,nr_inodes=409600
173 172 0:62 / /dev/shm rw,nosuid shared:32 - tmpfs tmpfs rw
180 169 8:1 / /srv/t\303\240i\040li\341\273\207u rw shared:1 - ext4 /dev/sda1 rw
broken line
"""


def test_mounts_of_a_real_host() -> None:
    found = {mount["path"]: mount for mount in disk_mounts.parse_mountinfo(MOUNTINFO)}
    assert set(found) == {"/tmp", "/dev/shm", "/srv/t\u00c3\u00a0i li\u00e1\u00bb\u0087u"}
    shared = {each["path"]: each for each in filesystem.describe_world_writable_folders(list(found.values()), "", None)}
    assert (shared["/tmp"]["nodev"], shared["/dev/shm"]["nodev"], shared["/dev/shm"]["nosuid"]) == (True, False, True)
    assert shared["/var/tmp"]["mounted"] is False


def test_the_last_word_in_fstab_counts() -> None:
    fstab = "# a\ntmpfs /tmp/ tmpfs nodev,nosuid,suid 0 0\ntmpfs /dev/shm tmpfs defaults 0 0\n"
    shared = {
        each["path"]: each
        for each in filesystem.describe_world_writable_folders(disk_mounts.parse_mountinfo(MOUNTINFO), fstab, ["nodev"])
    }
    assert (shared["/tmp"]["boot_nodev"], shared["/tmp"]["boot_nosuid"], shared["/tmp"]["from"]) == (
        True,
        False,
        "fstab",
    )
    assert shared["/dev/shm"]["boot_nosuid"] is False


def test_that_nothing_runs_from_shared_memory_has_to_be_written_down() -> None:
    mounted = disk_mounts.parse_mountinfo(MOUNTINFO.replace("rw,nosuid shared:32", "rw,nosuid,nodev,noexec shared:32"))
    for fstab, boot in (("", False), ("tmpfs /dev/shm tmpfs noexec 0 0\n", True)):
        shared = {each["path"]: each for each in filesystem.describe_world_writable_folders(mounted, fstab, None)}
        assert (shared["/dev/shm"]["noexec"], shared["/dev/shm"]["boot_noexec"]) == (True, boot)


def test_fstab_is_completed_where_it_has_to_be_and_nowhere_else() -> None:
    text = "# /tmp here\nUUID=1 / ext4 errors=remount-ro 0 1\ntmpfs\t/tmp\ttmpfs\tnodev,nosuid,suid\t0 0\nx /dev/shm tmpfs defaults\n"
    both = {"/tmp": ("nodev", "nosuid"), **SHM}
    after = filters("filesystem").fstab(text, both)
    assert after == (
        "# /tmp here\nUUID=1 / ext4 errors=remount-ro 0 1\ntmpfs\t/tmp\ttmpfs\tnodev,nosuid\t0 0\nx /dev/shm tmpfs defaults,nodev,nosuid,noexec\n"
    )
    assert filters("filesystem").fstab(after, both) == after
    bare = filters("filesystem").fstab("# a", SHM)
    assert bare == "# a\ntmpfs /dev/shm tmpfs nodev,nosuid,noexec 0 0\n"
    assert filters("filesystem").fstab(bare, SHM) == bare
    assert filters("filesystem").fstab("# a", {"/tmp": ("noexec",)}) == "# a"


def test_what_others_mount_gets_no_option_that_its_next_boot_takes_away() -> None:
    mounted = [{"path": "/tmp", "options": ["rw"]}]
    shared = filesystem.describe_world_writable_folders(mounted, "", None)
    assert filters("filesystem").list_needed_options(["filesystem.tmp_noexec"], shared) == {"/var/tmp": ("noexec",)}


def test_var_tmp_on_the_systems_disk_is_bound_to_itself_and_keeps_what_lies_in_it() -> None:
    role = filters("filesystem")
    wanted = role.list_needed_options(["filesystem.tmp_options", "filesystem.tmp_noexec"])
    line = "/var/tmp /var/tmp none bind,nofail,nodev,nosuid,noexec 0 0\n"
    assert role.fstab("# a\n", {"/var/tmp": wanted["/var/tmp"]}) == "# a\n" + line
    for text, unbound in (
        ("", True),  # nothing is to lie there
        (line, True),  # ours, which somebody took off
        ("/dev/sdb1 /var/tmp ext4 defaults 0 2\n", False),  # another's disk: what lies there now would be hidden
    ):
        shared = filesystem.describe_world_writable_folders([], text, None)
        assert role.is_unbound(shared, wanted) is unbound, text
    bound = [{"path": "/var/tmp", "options": ["rw", "nosuid"]}]
    assert not role.is_unbound(filesystem.describe_world_writable_folders(bound, line, None), wanted)


def test_a_var_tmp_on_the_systems_disk_holds_devices_privileges_and_programs() -> None:
    data = facts()
    one = next(each for each in data["filesystem"]["shared"] if each["path"] == "/var/tmp")
    one |= dict.fromkeys(("mounted", "written", "nodev", "nosuid", "noexec"), False) | {"options": [], "from": None}
    for control in ("filesystem.tmp_options", "filesystem.tmp_noexec"):
        assert finding(control, data).status is Status.FAIL


def test_a_folder_gets_what_the_controls_to_be_mended_ask_for_and_no_more() -> None:
    wanted = filters("filesystem").list_needed_options
    assert wanted(["filesystem.tmp_noexec"]) == {"/tmp": ("noexec",), "/var/tmp": ("noexec",)}
    assert wanted(["filesystem.tmp_noexec", "filesystem.tmp_options"])["/tmp"] == ("nodev", "nosuid", "noexec")
    mounted = disk_mounts.parse_mountinfo(MOUNTINFO)
    shared = filesystem.describe_world_writable_folders(
        mounted, "tmpfs /tmp tmpfs noexec,nodev,nosuid,exec 0 0\n", None
    )
    loose = filters("filesystem").select_loose
    assert [one["path"] for one in loose(shared, wanted(["filesystem.tmp_options"]))] == []
    assert [one["path"] for one in loose(shared, wanted(["filesystem.tmp_noexec"]))] == ["/tmp"]
    assert [one["path"] for one in loose(shared, wanted(["filesystem.tmp_noexec"]), "boot_")] == ["/tmp"]


def test_what_runs_out_of_temporary_folders(tmp_path: Path) -> None:
    for number, program in enumerate(("/tmp/a", "/var/tmp/b (deleted)", "/tmpx/c", "/usr/bin/d", "/tmp/a")):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "exe").symlink_to(program)
    (tmp_path / "9").mkdir()
    assert filesystem.find_programs_running_below(filesystem.TEMPORARY, str(tmp_path)) == [
        "/tmp/a",
        "/var/tmp/b (deleted)",
    ]


def test_what_a_temporary_folder_is_after_a_boot_nobody_has_to_write_down() -> None:
    mounted = disk_mounts.parse_mountinfo(
        MOUNTINFO.replace("rw,nosuid,nodev shared:29", "rw,nosuid,nodev,noexec shared:29")
    )
    shared = {each["path"]: each for each in filesystem.describe_world_writable_folders(mounted, "", None)}
    assert shared["/tmp"]["boot_noexec"] is True


def test_options_that_are_right_stay_as_they_are() -> None:
    assert filters("filesystem").with_options("nosuid,nodev,size=1g", ("nodev", "nosuid")) == "nosuid,nodev,size=1g"


def test_permissions_in_words() -> None:
    assert filesystem._format_permission_bits(0o75) == "rx"
    assert filesystem._format_permission_bits(0o40 >> 3) == "r"


def _walked(root: Path, seconds: float = 5.0) -> filesystem.FilesystemWalk:
    found = filesystem.FilesystemWalk({os.lstat(root).st_dev}, TimeBudget(seconds))
    found.walk_below(str(root), True)
    return found


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody may enter, unlike pytest's own."""
    with TemporaryDirectory(dir="/tmp") as name:
        Path(name).chmod(0o755)
        yield Path(name)


def test_what_lies_behind_a_closed_folder_is_nobodys_to_write(open_folder: Path) -> None:
    closed = open_folder / "closed"
    (closed / "inner").mkdir(parents=True)
    (closed / "inner" / "file").touch()
    (closed / "inner" / "file").chmod(0o666)
    closed.chmod(0o750)
    assert _walked(open_folder).world_writable == []
    closed.chmod(0o751)
    assert len(_walked(open_folder).world_writable) == 1


def test_the_walk_finds_what_anybody_may_write(open_folder: Path) -> None:
    tmp_path = open_folder
    (tmp_path / "loose").mkdir()
    (tmp_path / "loose").chmod(0o777)
    (tmp_path / "sticky").mkdir()
    (tmp_path / "sticky").chmod(0o1777)
    (tmp_path / "sticky" / "file").touch()
    (tmp_path / "sticky" / "file").chmod(0o646)
    (tmp_path / "link").symlink_to("/dev/null")
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "file").touch()
    (theirs / "file").chmod(0o666)
    os.chown(theirs, 1, 1)
    found = {
        Path(each["path"]).relative_to(tmp_path).as_posix(): each["mendable"]
        for each in _walked(tmp_path).world_writable
    }
    assert found == {"loose": True, "sticky/file": True, "theirs/file": False}


def test_the_walk_finds_programs_with_rights_and_files_of_nobody(tmp_path: Path) -> None:
    (tmp_path / "shell").touch()
    (tmp_path / "shell").chmod(0o4755)
    (tmp_path / "old").touch()
    os.chown(tmp_path / "old", 0, 45_678)
    (tmp_path / "of_a_container").touch()
    os.chown(tmp_path / "of_a_container", 100_033, 100_033)
    found = _walked(tmp_path)
    assert [Path(each["path"]).name for each in found.setid] == ["shell"]
    assert [Path(each["path"]).name for each in found.unowned] == ["old"]
    (one,) = filesystem.add_package_origin_to_files(found.setid)
    assert (one["packaged"], one["expected"]) == (False, False)


def test_a_walk_that_runs_out_of_time_says_so(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / str(number)).touch()
    assert _walked(tmp_path, seconds=-1).is_late
    assert not _walked(tmp_path).is_late


CONTROLS = "account_files cron_modes root_settings world_writable sticky world_writable_data unowned setid disk_space tmp_separate tmp_options shm_options"


@pytest.mark.parametrize("control", CONTROLS.split())
def test_a_hardened_host_passes(control: str) -> None:
    assert finding(f"filesystem.{control}", facts()).status is Status.PASS


@pytest.mark.parametrize("control", ["world_writable", "sticky", "world_writable_data", "unowned", "setid"])
def test_a_walk_cut_short_is_no_pass(control: str) -> None:
    data = facts()
    data["filesystem"]["walk"]["finished"] = {"system": False, "users": False}
    found = finding(f"filesystem.{control}", data)
    assert found.status is Status.NOT_EVALUATED
    assert found.reason is not None and "in the time allowed" in found.reason.en


def test_what_a_walk_cut_short_did_find_counts() -> None:
    data = facts()
    data["filesystem"]["walk"]["finished"] = {"system": False, "users": False}
    data["filesystem"]["unowned"] = [data["filesystem"]["account_files"][0]]
    assert finding("filesystem.unowned", data).status is Status.FAIL


@pytest.mark.parametrize(
    ("name", "field", "value", "status"),
    [
        ("passwd", "others_can", "rw", Status.FAIL),
        ("passwd", "group", "www-data", Status.FAIL),
        ("shadow", "others_can", "r", Status.FAIL),
        ("shadow-", "group_can", "rw", Status.FAIL),
        ("gshadow", "owner", "www-data", Status.FAIL),
        ("group", "others_can", "r", Status.PASS),
    ],
)
def test_account_files(name: str, field: str, value: str, status: Status) -> None:
    data = facts()
    (entry,) = [each for each in data["filesystem"]["account_files"] if each["path"] == f"/etc/{name}"]
    entry[field] = value
    assert finding("filesystem.account_files", data).status is status


def test_inodes_run_out_as_well() -> None:
    data = facts()
    data["filesystem"]["space"].append({"path": "/srv", "used": 3, "inodes_used": 95})
    assert finding("filesystem.disk_space", data).status is Status.PARTIAL


def test_a_users_many_files_hide_none_of_roots(open_folder: Path) -> None:
    for number in range(filesystem.MAX_FOUND + 50):
        theirs = open_folder / f"0{number}"
        theirs.touch()
        os.chown(theirs, 33, 33)
        theirs.chmod(0o4777)
    (open_folder / "back-door").touch()
    (open_folder / "back-door").chmod(0o4777)
    found = _walked(open_folder)
    for listed in (found.setid, found.world_writable):
        assert str(open_folder / "back-door") in [entry["path"] for entry in listed]
        assert len(listed) == filesystem.MAX_FOUND + 1


def test_a_folder_of_any_size_is_never_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever may write to a folder fills it for less than we could hold of it."""
    for number in range(600):
        (tmp_path / str(number)).touch()
    taken = 0
    scandir = os.scandir

    @contextlib.contextmanager
    def counted(folder: Any) -> Iterator[Iterator[Any]]:
        nonlocal taken

        def each(found: Any) -> Iterator[Any]:
            nonlocal taken
            for one in found:
                taken += 1
                yield one

        with scandir(folder) as found:
            yield each(found)

    monkeypatch.setattr(os, "scandir", counted)
    monkeypatch.setattr(filesystem, "MAX_ENTRIES", 100)
    found = filesystem.FilesystemWalk({tmp_path.stat().st_dev}, TimeBudget(60))
    found.walk_below(str(tmp_path), True)
    assert (found.is_late, taken) == (True, 101)
    taken = 0
    handle = os.open(tmp_path, os.O_RDONLY)
    walk = webroot.WebrootWalk(handle, TimeBudget(60), 100)
    first = next(iter(walk))
    assert (first.path, taken) == (first.name, 1)
    os.close(handle)


def test_what_another_program_serves_is_not_even_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "own").mkdir(mode=0o777)
    (tmp_path / "own").chmod(0o777)
    mounted = disk_mounts.parse_mountinfo(f"36 1 0:9 / {tmp_path}/served rw shared:1 - fuse.sshfs x rw,user_id=1000\n")
    monkeypatch.setattr(filesystem, "FIRST", (str(tmp_path),))
    monkeypatch.setattr(filesystem, "OF_USERS", ())
    monkeypatch.setattr(filesystem, "SKIP_FOLDERS", tuple(map(str, Path("/").iterdir())))
    looked: list[str] = []
    met = filesystem.FilesystemWalk._visit_entry

    def asked(self: Any, entry: Any, *rest: Any) -> Any:
        class Entry:
            path = entry.path

            @staticmethod
            def stat(**how: Any) -> Any:
                looked.append(entry.path)
                return entry.stat(**how)

        return met(self, Entry, *rest)

    monkeypatch.setattr(filesystem.FilesystemWalk, "_visit_entry", asked)
    filesystem.walk_host_disks(mounted, 60)
    assert f"{tmp_path}/own" in looked
    assert f"{tmp_path}/served" not in looked
    monkeypatch.setattr(os, "statvfs", lambda path: pytest.fail(f"{path} was asked"))
    assert filesystem.measure_disk_usage_percent(mounted) == []
