"""Who could change what a path leads to."""

from __future__ import annotations

import errno
import os
import stat
import struct
import tempfile
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.luytre.web import apache, mariadb
from ansible.module_utils.luytre.web_servers.nginx import nginx_config_files
from ansible.module_utils.luytre_shared.files import ownership
from ansible.module_utils.luytre_shared.files.ownership import PathTrust

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

    def trust(self, uids: tuple[int, ...] = (0,)) -> PathTrust:
        return PathTrust(uids, self.lstat, self.readlink, self.lists.get)


# --- one thing, by strictness ---------------------------------------------------------------------------

STRICTNESS = (
    ownership.ROOT,
    ownership.make_strictness_for_trusted_accounts((0, 33)),
    ownership.STRICT_ROOT,
    ownership.PASSWORD,
    ownership.make_strictness_of_private_keys((0, 50)),
    ownership.make_strictness_of_files_of_account(33, 33),
    ownership.make_strictness_of_files_of_account(33),
    ownership.ANYBODY,
)
TABLE = """
kind  owner group mode list          | ROOT  by33  CLOSED PASSWORD key50 own33+33 own33 ANYBODY
file  0     0     0600 -             | -     -     -      -        -     -        -     -
file  0     0     0640 -             | -     -     -      -        -     -        -     -
file  0     0     0644 -             | -     -     -      all      all   -        -     -
file  0     0     0660 -             | -     -     g0     g0       g0    g0       g0    -
file  0     0     0664 -             | -     -     g0     all      all   g0       g0    -
file  0     0     0646 -             | all   all   all    all      all   all      all   all
file  0     0     0602 -             | all   all   all    all      all   all      all   all
file  0     0     4755 -             | -     -     -      all      all   -        -     -
file  0     4     0640 -             | -     -     -      -        g4    -        -     -
file  0     4     0660 -             | g4    g4    g4     g4       g4    g4       g4    -
file  0     50    0640 -             | -     -     -      -        -     -        -     -
file  0     50    0660 -             | g50   g50   g50    g50      g50   g50      g50   -
file  0     33    0660 -             | g33   g33   g33    g33      g33   -        g33   -
file  33    33    0600 -             | u33   -     u33    u33      u33   -        -     -
file  33    0     0660 -             | u33   -     u33    u33      u33   g0       g0    -
file  33    33    0660 -             | u33   g33   u33    u33      u33   -        g33   -
file  1000  0     0400 -             | u1000 u1000 u1000  u1000    u1000 u1000    u1000 -
file  1000  0     0666 -             | u1000 u1000 u1000  u1000    u1000 u1000    u1000 all
file  0     4     0660 none          | -     -     g4     g4       g4    g4       g4    -
file  0     4     0660 user:33       | u33   -     g4     g4       g4    g4       g4    -
file  0     4     0660 group:7       | g7    g7    g4     g4       g4    g4       g4    -
file  0     0     0660 group:        | -     -     g0     g0       g0    g0       g0    -
file  0     4     0660 user:0,group: | g4    g4    g4     g4       g4    g4       g4    -
file  0     4     0640 user:33       | -     -     -      -        g4    -        -     -
file  0     4     0666 none          | all   all   all    all      all   all      all   all
dir   0     0     0755 -             | -     -     -      all      all   -        -     -
dir   0     0     0775 -             | -     -     g0     all      all   g0       g0    -
dir   0     4     0775 -             | g4    g4    g4     all      all   g4       g4    -
dir   0     0     1777 -             | +all  +all  all    all      all   all      all   +all
dir   0     4     1770 -             | +g4   +g4   g4     g4       g4    g4       g4    -
dir   0     4     1770 user:33       | +u33  -     g4     g4       g4    g4       g4    -
dir   33    33    1777 -             | u33   +all  u33    u33      u33   all      all   +all
file  0     0     1666 -             | all   all   all    all      all   all      all   all
link  0     0     0777 -             | -     -     -      -        -     -        -     -
link  33    33    0777 -             | u33   -     u33    u33      u33   -        -     -
chr   0     0     0666 -             | -     -     -      -        -     -        -     -
chr   33    0     0666 -             | u33   -     u33    u33      u33   -        -     -
fifo  0     0     0666 -             | all   all   all    all      all   all      all   all
sock  0     4     0660 -             | g4    g4    g4     g4       g4    g4       g4    -
"""
ROWS = [line.split() for line in TABLE.strip().splitlines()[1:]]
KINDS = {
    "file": FILE, "dir": FOLDER, "link": LINK, "chr": stat.S_IFCHR, "fifo": stat.S_IFIFO, "sock": stat.S_IFSOCK
}  # fmt: skip


def in_short(who: tuple[str, int | None] | None) -> str:
    return "all" if who == ("everybody", None) else "-" if who is None else f"{who[0][0]}{who[1]}"


def listed(text: str) -> list[tuple[str, int | None]] | None:
    """An access list's writers: ``-`` where there is no list."""
    if text == "-":
        return None
    pairs = [one.split(":") for one in text.split(",") if one != "none"]
    return [(kind, int(number) if number else None) for kind, number in pairs]


@pytest.mark.parametrize("row", ROWS, ids=" ".join)
def test_who_can_change_a_thing_by_every_strictness(row: list[str]) -> None:
    kind, owner, group, mode, access, _, *expected = row
    thing = ownership.FileOwnership(int(owner), int(group), KINDS[kind] | int(mode, 8))
    found = []
    for strictness in STRICTNESS:
        changer, maker = ownership.judge_who_can_change_or_add_to_file(thing, strictness, lambda: listed(access))
        assert changer is None or maker is None
        assert ownership.find_untrusted_changer_of_file(thing, strictness, lambda: listed(access)) == (changer or maker)
        found.append("+" + in_short(maker) if maker else in_short(changer))
    assert found == expected


def test_the_table_has_every_column_filled() -> None:
    assert all(len(row) == 6 + len(STRICTNESS) for row in ROWS)


@pytest.mark.parametrize(
    ("above", "access", "expected"),
    [
        ((0o755, 0, 0), None, None),
        ((0o775, 0, 0), None, None),
        ((0o1777, 0, 0), None, None),
        ((0o775, 0, 4), None, "g4"),
        ((0o775, 0, 4), [], None),
        ((0o775, 0, 4), [("user", 33)], "u33"),
        ((0o777, 0, 0), None, "all"),
        ((0o700, 33, 33), None, "u33"),
        ((0o1777, 33, 33), None, "u33"),
    ],
)
@pytest.mark.parametrize(
    ("mode", "uid", "gid", "own"),
    [(0o644, 0, 0, None), (0o664, 0, 0, None), (0o664, 0, 7, "g7"), (0o646, 0, 0, "all"), (0o600, 1000, 0, "u1000")],
)
def test_a_folder_above_counts_before_and_besides_the_file(
    above: tuple[int, int, int],
    access: list[tuple[str, int | None]] | None,
    expected: str | None,
    mode: int,
    uid: int,
    gid: int,
    own: str | None,
) -> None:
    disk = Disk(opt=(FOLDER, *above), opt__file=(FILE, mode, uid, gid))
    if access is not None:
        disk.lists["/opt"] = access
    nearest = disk.trust().find_last_changer_on_path("/opt/file")
    place, who = ("/opt/file", own) if own else ("/opt", expected)
    assert nearest == (None if who is None else (place, nearest[1])) and in_short(nearest and nearest[1]) == (
        who or "-"
    )
    said = disk.trust().describe_first_changer_on_path("/opt/file")
    assert (said is None) is (who is None)
    assert said is None or said.startswith(f"{'/opt' if expected else '/opt/file'} can be changed by ")


@pytest.mark.parametrize(
    ("uid", "mode", "right", "expected"),
    [
        (33, 0o400, ownership.READ, True), (33, 0o400, ownership.WRITE, False), (33, 0o066, ownership.READ, False),
        (34, 0o640, ownership.READ, True), (34, 0o604, ownership.READ, False), (34, 0o460, ownership.WRITE, True),
        (35, 0o664, ownership.WRITE, False), (35, 0o604, ownership.READ, True), (35, 0o662, ownership.WRITE, True),
    ],
)  # fmt: skip
def test_what_an_account_may_do(uid: int, mode: int, right: int, expected: bool) -> None:
    """Of a file of 33's and the group 40's; 34 is in the group."""
    thing, gids = ownership.FileOwnership(33, 40, FILE | mode), {34: [40, 41]}.get(uid, [])
    assert ownership.has_right(thing, uid, gids, right) is expected
    assert ownership.can_write(thing, uid, gids) is (
        uid == 33 or ownership.has_right(thing, uid, gids, ownership.WRITE)
    )


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
@pytest.mark.parametrize(
    ("owner", "group", "mode", "loose"),
    [
        (0, 0, 0o644, False), (0, 0, 0o640, False), (0, 0, 0o664, True), (0, 4, 0o664, True),
        (0, 4, 0o640, False), (0, 0, 0o646, True), (33, 0, 0o644, True),
    ],
)  # fmt: skip
def test_a_daemons_settings_are_judged_alike_whosever_daemon_it_is(
    monkeypatch: pytest.MonkeyPatch, owner: int, group: int, mode: int, loose: bool
) -> None:
    with tempfile.TemporaryDirectory(dir="/run") as top:
        file = Path(top) / "x.cnf"
        file.write_text("# words\n")
        os.chown(file, owner, group)
        file.chmod(mode)
        monkeypatch.setattr(apache, "ROOT", top)
        monkeypatch.setattr(nginx_config_files, "FOLDER", top)
        monkeypatch.setattr(mariadb.os, "walk", lambda _top, walk=os.walk: walk(top))
        of_mariadb = [one["loose"] for one in mariadb.list_mariadb_config_files() if one["path"] == str(file)]
        of_nginx = [one["path"] for one in nginx_config_files.find_loose_nginx_files(SimpleNamespace(texts={}))]
        of_apache = [one["path"] for one in apache.find_loose_apache_files()]
    expected = [str(file)] if loose else []
    assert (of_nginx, of_apache, of_mariadb) == (expected, expected, [loose])


# --- what a path leads to -------------------------------------------------------------------------------


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
        assert disk.trust().describe_first_changer_on_path(path) is None


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
    said = Disk(etc__x=(FILE, mode, uid, gid)).trust().describe_first_changer_on_path("/etc/x")
    assert said == f"/etc/x can be changed by {who}"


def test_a_group_of_root_may_write() -> None:
    assert Disk(etc__x=(FILE, 0o664, 0, 0)).trust().describe_first_changer_on_path("/etc/x") is None


def test_a_folder_on_the_way_counts_though_the_file_is_roots() -> None:
    said = Disk().trust().describe_first_changer_on_path("/home/an/conf")
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
    assert (trust.describe_first_changer_on_path("/etc/theirs") or "").startswith("/etc/theirs can be changed")
    for path in ("/etc/out", "/etc/twice", "/etc/above/an/conf", "/etc/above"):
        assert (trust.describe_first_changer_on_path(path) or "").startswith("/home/an can be changed")


def test_in_a_sticky_folder_a_file_of_roots_is_safe_and_a_missing_one_is_not() -> None:
    disk = Disk(
        drop__root=(FILE, 0o644, 0, 0),
        drop__theirs=(FILE, 0o644, 1000, 0),
        drop__gone=(LINK, "absent", 0, 0),
    )
    trust = disk.trust()
    assert trust.describe_first_changer_on_path("/drop/root") is None
    assert (trust.describe_first_changer_on_path("/drop/theirs") or "").startswith(
        "/drop/theirs can be changed by user"
    )
    assert trust.describe_first_changer_on_path("/drop/absent") == "/drop can be changed by everybody"
    assert trust.describe_first_changer_on_path("/drop/absent/deeper") == "/drop can be changed by everybody"
    assert trust.describe_first_changer_on_path("/drop/gone") == "/drop can be changed by everybody"


def test_a_trusted_account_may_change_its_own() -> None:
    assert Disk().trust((0, 1000)).describe_first_changer_on_path("/home/an/conf") is None


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
        assert trust.describe_who_can_replace_path(path) is None
    for path in ("/etc/link", "/home/an/log", "/home/an/conf"):
        assert (trust.describe_who_can_replace_path(path) or "").startswith("/home/an can be changed by user")
    assert trust.describe_who_can_replace_path("/var/log/web/x.log") == "/var/log/web can be changed by group adm"
    assert trust.describe_who_can_replace_path("/drop/absent") == "/drop can be changed by everybody"
    assert trust.describe_first_changer_on_path("/var/log/x") == "/var/log can be changed by group syslog", (
        "what is believed is not shared"
    )


def test_a_circle_of_links_and_a_path_without_end_are_loose_after_a_bounded_number_of_steps() -> None:
    disk = Disk(etc__a=(LINK, "b", 0, 0), etc__b=(LINK, "a", 0, 0))
    assert (disk.trust().describe_first_changer_on_path("/etc/a") or "").endswith("leads nowhere certain")
    disk = Disk(**{"etc" + "__x" * depth: (FOLDER, 0o755, 0, 0) for depth in range(1, 1000)})  # type: ignore[arg-type]
    assert (disk.trust().describe_first_changer_on_path("/etc" + "/x" * 999) or "").endswith("leads nowhere certain")
    assert len(disk.asked) < 1000


def test_what_cannot_be_looked_at_is_loose() -> None:
    def forbidden(path: str) -> os.stat_result:
        raise PermissionError(errno.EACCES, "no", path)

    said = PathTrust(lstat=forbidden).describe_first_changer_on_path("/etc/conf")
    assert said is not None
    assert "cannot be looked at" in said
    assert PathTrust().describe_first_changer_on_path("etc/conf") == "etc/conf is no absolute path"


def test_an_access_list_counts_where_the_mode_lets_it() -> None:
    disk = Disk(etc__masked=(FILE, 0o644, 0, 0), etc__open=(FILE, 0o664, 0, 5), etc__root=(FILE, 0o664, 0, 5))
    disk.lists = {"/etc/masked": [("user", 33)], "/etc/open": [("user", 0), ("user", 33)], "/etc/root": [("user", 0)]}
    trust = disk.trust()
    assert trust.describe_first_changer_on_path("/etc/masked") is None
    assert (trust.describe_first_changer_on_path("/etc/open") or "").startswith("/etc/open can be changed by user ")
    assert trust.describe_first_changer_on_path("/etc/root") is None


def test_an_access_list_is_read_as_the_kernel_keeps_it(tmp_path: Path) -> None:
    entries = [(1, 6, 2**32 - 1), (2, 6, 33), (2, 4, 34), (4, 6, 2**32 - 1), (8, 2, 50), (0x10, 6, 2**32 - 1)]
    entries.append((0x20, 4, 2**32 - 1))
    raw = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    path = tmp_path / "file"
    path.touch()
    assert ownership.read_access_list(str(path)) is None
    try:
        os.setxattr(path, "system.posix_acl_access", raw)
    except OSError:
        pytest.skip("no access lists on this file system")
    assert ownership.read_access_list(str(path)) == [("user", 33), ("group", None), ("group", 50)]


def test_each_folder_is_looked_at_once() -> None:
    disk = Disk(etc__other=(FILE, 0o644, 0, 0))
    trust = disk.trust()
    assert trust.describe_first_changer_on_paths(["/etc/conf", "/etc/other", "/etc/conf"]) is None
    assert disk.asked == ["/", "/etc", "/etc/conf", "/etc/other"]


def test_names_are_shown_without_what_would_act() -> None:
    said = (
        Disk(**{"drop__x\x1b[2J\n\u202e": (FILE, 0o644, 1000, 0)})
        .trust()
        .describe_first_changer_on_path("/drop/x\x1b[2J\n\u202e")
    )
    assert said is not None
    assert said.isprintable()
    assert said.startswith("/drop/x\\u001b[2J\\u000a\\u202e can be changed by user ")
    assert len(ownership.escape_text("/" + "x" * 10_000)) == ownership.MAX_SHOWN


def test_the_real_thing_agrees(tmp_path: Path) -> None:
    assert ownership.PathTrust().describe_first_changer_on_path("/etc/passwd") is None
    assert ownership.PathTrust().describe_first_changer_on_path("/proc/self/exe") is None or os.getuid() != 0
    path = tmp_path / "open"
    path.touch()
    path.chmod(0o666)
    assert ownership.PathTrust().describe_first_changer_on_path(str(path)) is not None


def test_a_file_system_that_a_user_serves_is_theirs_whatever_it_says() -> None:
    mounts = ownership.parse_uids_of_user_served_mounts(
        "9 1 0:1 / / rw - ext4 /dev/sda rw,user_id=5\n"
        "36 9 0:9 / /srv/a\\040b rw,nosuid shared:1 - fuse.sshfs x\\040user_id=0 rw,user_id=33,group_id=33,allow_other\n"
        "37 9 0:8 / /srv/roots rw - fuse.sshfs x rw,user_id=0,group_id=0\n"
        "38 9 0:7 / /srv/none rw - fuse\n"
    )
    assert mounts == {"/srv/a b": 33}
    disk = Disk(srv=(FOLDER, 0o755, 0, 0), **{"srv__a b": (FOLDER, 0o755, 0, 0), "srv__a b__x": (FILE, 0o644, 0, 0)})
    trust = PathTrust((0,), disk.lstat, disk.readlink, disk.lists.get, mounts)
    for said in (
        trust.describe_first_changer_on_path("/srv/a b/x"),
        trust.describe_who_can_replace_path("/srv/a b/x"),
        trust.describe_first_changer_on_path("/srv/a b"),
    ):
        assert said is not None
        assert said.startswith("/srv/a b can be changed by user ")
    assert not {"/srv/a b", "/srv/a b/x"} & set(disk.asked), "a look at it need never end"
