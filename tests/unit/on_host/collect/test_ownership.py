"""Who could change what a path leads to."""

from __future__ import annotations

import errno
import os
import stat
import struct
from pathlib import Path

import pytest
from ansible.module_utils.luytre_shared import ownership
from ansible.module_utils.luytre_shared.ownership import Trust

FILE, FOLDER, LINK = stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK


class Disk:
    """A file system of ``path: (kind, mode, uid, gid)``; a link's mode is its target."""

    def __init__(self, **more: tuple[int, int | str, int, int]) -> None:
        self.things: dict[str, tuple[int, int | str, int, int]] = {
            "/": (FOLDER, 0o755, 0, 0),
            "/etc": (FOLDER, 0o755, 0, 0),
            "/etc/conf": (FILE, 0o644, 0, 0),
            "/drop": (FOLDER, 0o1777, 0, 0),
            "/home": (FOLDER, 0o755, 0, 0),
            "/home/an": (FOLDER, 0o750, 1000, 1000),
            "/home/an/conf": (FILE, 0o644, 0, 0),
        }
        self.things.update({"/" + name.replace("__", "/"): thing for name, thing in more.items()})
        self.lists: dict[str, list[tuple[str, int | None]]] = {}
        self.asked: list[str] = []

    def lstat(self, path: str) -> os.stat_result:
        self.asked.append(path)
        if path not in self.things:
            raise FileNotFoundError(errno.ENOENT, "no", path)
        kind, mode, uid, gid = self.things[path]
        bits = 0o777 if isinstance(mode, str) else mode
        return os.stat_result((kind | bits, 1, 1, 1, uid, gid, 0, 0, 0, 0))

    def readlink(self, path: str) -> str:
        return str(self.things[path][1])

    def trust(self, uids: tuple[int, ...] = (0,)) -> Trust:
        return Trust(uids, self.lstat, self.readlink, self.lists.get)


def test_what_only_root_can_change_is_trusted() -> None:
    disk = Disk(
        etc__to=(LINK, "conf", 0, 0), etc__far=(LINK, "/etc/../etc/./to", 0, 0), etc__null=(stat.S_IFCHR, 0o666, 0, 0)
    )
    for path in (
        "/etc/conf",
        "/etc/to",
        "/etc/far",
        "/etc//conf",
        "/etc/absent",
        "/etc/absent/deeper",
        "/etc/null",
        "/",
    ):
        assert disk.trust().loose(path) is None


@pytest.mark.parametrize(
    ("mode", "uid", "gid", "who"),
    [
        (0o644, 1000, 0, "user 1000"),
        (0o664, 0, 1000, "group 1000"),
        (0o646, 0, 0, "everybody"),
        (0o400, 1000, 0, "user 1000"),
    ],
)
def test_a_file_of_another_or_writable_by_others_names_who(
    mode: int, uid: int, gid: int, who: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ownership, "user_name", str)
    monkeypatch.setattr(ownership, "group_name", str)
    said = Disk(etc__x=(FILE, mode, uid, gid)).trust().loose("/etc/x")
    assert said == f"/etc/x can be changed by {who}"


def test_a_group_of_root_may_write() -> None:
    assert Disk(etc__x=(FILE, 0o664, 0, 0)).trust().loose("/etc/x") is None


def test_a_folder_on_the_way_counts_though_the_file_is_roots() -> None:
    said = Disk().trust().loose("/home/an/conf")
    assert said is not None
    assert said.startswith("/home/an can be changed by user ")


def test_a_link_counts_and_so_does_every_folder_to_which_it_leads() -> None:
    disk = Disk(
        etc__theirs=(LINK, "conf", 1000, 0),
        etc__out=(LINK, "../home/an/conf", 0, 0),
        etc__twice=(LINK, "/etc/out", 0, 0),
        etc__above=(LINK, "/home/an/..", 0, 0),
    )
    trust = disk.trust()
    assert (trust.loose("/etc/theirs") or "").startswith("/etc/theirs can be changed")
    for path in ("/etc/out", "/etc/twice", "/etc/above/an/conf", "/etc/above"):
        assert (trust.loose(path) or "").startswith("/home/an can be changed")


def test_in_a_sticky_folder_a_file_of_roots_is_safe_and_a_missing_one_is_not() -> None:
    disk = Disk(
        drop__root=(FILE, 0o644, 0, 0),
        drop__theirs=(FILE, 0o644, 1000, 0),
        drop__gone=(LINK, "absent", 0, 0),
    )
    trust = disk.trust()
    assert trust.loose("/drop/root") is None
    assert (trust.loose("/drop/theirs") or "").startswith("/drop/theirs can be changed by user")
    assert trust.loose("/drop/absent") == "/drop can be changed by everybody"
    assert trust.loose("/drop/absent/deeper") == "/drop can be changed by everybody"
    assert trust.loose("/drop/gone") == "/drop can be changed by everybody"


def test_a_trusted_account_may_change_its_own() -> None:
    assert Disk().trust((0, 1000)).loose("/home/an/conf") is None


def test_what_is_only_written_to_may_be_anothers_where_nobody_can_put_a_link_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ownership, "group_name", {0: "root", 4: "adm", 104: "syslog"}.get)
    disk = Disk(
        etc__log=(FILE, 0o640, 33, 4),
        etc__link=(LINK, "/home/an/log", 0, 0),
        var=(FOLDER, 0o755, 0, 0),
        var__log=(FOLDER, 0o775, 0, 104),
        var__log__web=(FOLDER, 0o775, 0, 4),
    )
    trust = disk.trust()
    for path in ("/etc/log", "/etc/absent", "/home/an", "/var/log/php.log"):
        assert trust.replaceable(path) is None
    for path in ("/etc/link", "/home/an/log", "/home/an/conf"):
        assert (trust.replaceable(path) or "").startswith("/home/an can be changed by user")
    assert trust.replaceable("/var/log/web/x.log") == "/var/log/web can be changed by group adm"
    assert trust.replaceable("/drop/absent") == "/drop can be changed by everybody"
    assert trust.loose("/var/log/x") == "/var/log can be changed by group syslog", "what is believed is not shared"


def test_a_circle_of_links_and_a_path_without_end_are_loose_after_a_bounded_number_of_steps() -> None:
    disk = Disk(etc__a=(LINK, "b", 0, 0), etc__b=(LINK, "a", 0, 0))
    assert (disk.trust().loose("/etc/a") or "").endswith("leads nowhere certain")
    disk = Disk(**{"etc" + "__x" * depth: (FOLDER, 0o755, 0, 0) for depth in range(1, 1000)})  # type: ignore[arg-type]
    assert (disk.trust().loose("/etc" + "/x" * 999) or "").endswith("leads nowhere certain")
    assert len(disk.asked) < 1000


def test_what_cannot_be_looked_at_is_loose() -> None:
    def forbidden(path: str) -> os.stat_result:
        raise PermissionError(errno.EACCES, "no", path)

    said = Trust(lstat=forbidden).loose("/etc/conf")
    assert said is not None
    assert "cannot be looked at" in said
    assert Trust().loose("etc/conf") == "etc/conf is no absolute path"


def test_an_access_list_counts_where_the_mode_lets_it() -> None:
    disk = Disk(etc__masked=(FILE, 0o644, 0, 0), etc__open=(FILE, 0o664, 0, 5), etc__root=(FILE, 0o664, 0, 5))
    disk.lists = {"/etc/masked": [("user", 33)], "/etc/open": [("user", 0), ("user", 33)], "/etc/root": [("user", 0)]}
    trust = disk.trust()
    assert trust.loose("/etc/masked") is None
    assert (trust.loose("/etc/open") or "").startswith("/etc/open can be changed by user ")
    assert trust.loose("/etc/root") is None


def test_an_access_list_is_read_as_the_kernel_keeps_it(tmp_path: Path) -> None:
    entries = [(1, 6, 2**32 - 1), (2, 6, 33), (2, 4, 34), (4, 6, 2**32 - 1), (8, 2, 50), (0x10, 6, 2**32 - 1)]
    entries.append((0x20, 4, 2**32 - 1))
    raw = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    path = tmp_path / "file"
    path.touch()
    assert ownership.access_list_of(str(path)) is None
    try:
        os.setxattr(path, "system.posix_acl_access", raw)
    except OSError:
        pytest.skip("no access lists on this file system")
    assert ownership.access_list_of(str(path)) == [("user", 33), ("group", None), ("group", 50)]


def test_each_folder_is_looked_at_once() -> None:
    disk = Disk(etc__other=(FILE, 0o644, 0, 0))
    trust = disk.trust()
    assert trust.loosest(["/etc/conf", "/etc/other", "/etc/conf"]) is None
    assert disk.asked == ["/", "/etc", "/etc/conf", "/etc/other"]


def test_names_are_shown_without_what_would_act() -> None:
    said = Disk(**{"drop__x\x1b[2J\n\u202e": (FILE, 0o644, 1000, 0)}).trust().loose("/drop/x\x1b[2J\n\u202e")
    assert said is not None
    assert said.isprintable()
    assert said.startswith("/drop/x\\u001b[2J\\u000a\\u202e can be changed by user ")
    assert len(ownership.shown("/" + "x" * 10_000)) == ownership.MAX_SHOWN


def test_the_real_thing_agrees(tmp_path: Path) -> None:
    assert ownership.loose("/etc/passwd") is None
    assert ownership.loose("/proc/self/exe") is None or os.getuid() != 0
    path = tmp_path / "open"
    path.touch()
    path.chmod(0o666)
    assert ownership.loose(str(path)) is not None


def test_a_file_system_that_a_user_serves_is_theirs_whatever_it_says() -> None:
    mounts = ownership.served_by(
        "9 1 0:1 / / rw - ext4 /dev/sda rw,user_id=5\n"
        "36 9 0:9 / /srv/a\\040b rw,nosuid shared:1 - fuse.sshfs x\\040user_id=0 rw,user_id=33,group_id=33,allow_other\n"
        "37 9 0:8 / /srv/roots rw - fuse.sshfs x rw,user_id=0,group_id=0\n"
        "38 9 0:7 / /srv/none rw - fuse\n"
    )
    assert mounts == {"/srv/a b": 33}
    disk = Disk(srv=(FOLDER, 0o755, 0, 0), **{"srv__a b": (FOLDER, 0o755, 0, 0), "srv__a b__x": (FILE, 0o644, 0, 0)})
    trust = Trust((0,), disk.lstat, disk.readlink, disk.lists.get, mounts)
    for said in (trust.loose("/srv/a b/x"), trust.replaceable("/srv/a b/x"), trust.loose("/srv/a b")):
        assert said is not None
        assert said.startswith("/srv/a b can be changed by user ")
    assert not {"/srv/a b", "/srv/a b/x"} & set(disk.asked), "a look at it need never end"
