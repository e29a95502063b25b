"""The no-follow module, met by somebody who owns the web root and does not wish us well."""

import importlib.util
import json
import os
import socket
import stat
import struct
import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre_change import web_root_paths
from ansible.module_utils.luytre_shared.applications import php_constants
from ansible.module_utils.luytre_shared.parsers import php_source

_SPEC = importlib.util.spec_from_file_location(
    "webroot_file", Path(__file__).parents[4] / "on_host" / "files" / "library" / "webroot_file.py"
)
assert _SPEC is not None and _SPEC.loader is not None
webroot_file = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(webroot_file)

Refused = webroot_file.PathRefusal
CONFIG = b"""<?php
define( 'DB_PASSWORD', 'khong-doan-duoc' );
// define( 'DISALLOW_FILE_EDIT', true );
$table_prefix = 'wp_';
if ( ! defined( 'ABSPATH' ) ) {
\tdefine( 'ABSPATH', __DIR__ . '/' );
}
require_once ABSPATH . 'wp-settings.php';
"""


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Stands for /etc/shadow: outside the root, and never to change."""
    path = tmp_path / "shadow"
    path.write_text("root:$y$...\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def site(tmp_path: Path) -> Path:
    path = tmp_path / "www" / "antruc.test"
    path.mkdir(parents=True)
    tmp_path.chmod(0o755)
    (tmp_path / "www").chmod(0o755)
    (path / "wp-config.php").write_bytes(CONFIG)
    (path / "wp-config.php").chmod(0o644)
    return path


def opened(site: Path) -> int:
    handle: int = webroot_file.open_web_root_without_following_links(
        str(site), base=str(site.parent.parent), trusted_uid=os.getuid()
    )
    return handle


def put(
    site: Path, path: str, check: bool = False, **options: object
) -> tuple[list[dict[str, object]], list[dict[str, str]]]:
    params = dict.fromkeys(("mode", "forbid", "grant", "owner", "group", "define", "assign", "application", "paths"))
    params |= {"path": path, "missing": "fail", "kind": "file", "seconds": 60, **options}
    root = opened(site)
    try:
        items, refused = webroot_file.put_attributes_on_requested_paths(root, params, check)
    finally:
        os.close(root)
    return items, refused


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def drafts(site: Path) -> list[Path]:
    return list(site.rglob(".luytre-*"))


# --- what it is for ---------------------------------------------------------------------------------


def test_clears_and_grants_bits(site: Path) -> None:
    items, refused = put(site, "wp-config.php", forbid="0007", grant="0040")
    assert refused == [] and mode(site / "wp-config.php") == 0o640
    assert items[0]["before"]["mode"] == "0644" and items[0]["after"]["mode"] == "0640"
    assert put(site, "wp-config.php", forbid="0007", grant="0040") == ([], [])


def test_check_mode_tells_and_changes_nothing(site: Path) -> None:
    items, _ = put(
        site, "wp-config.php", check=True, mode="0600", define={"name": "DISALLOW_FILE_EDIT", "value": "true"}
    )
    assert len(items) == 2
    assert mode(site / "wp-config.php") == 0o644 and (site / "wp-config.php").read_bytes() == CONFIG


def test_the_root_itself(site: Path) -> None:
    site.chmod(0o777)
    put(site, ".", forbid="0002")
    assert mode(site) == 0o775


@pytest.mark.parametrize("bits", [0o4755, 0o2755, 0o6775])
def test_a_program_of_the_web_account_does_not_run_as_root_once_it_is_roots(site: Path, bits: int) -> None:
    program = site / "program"
    program.touch()
    os.chown(program, 33, 33)
    program.chmod(bits)
    _items, refused = put(site, "program", owner="root", forbid="0022")
    assert refused == []
    assert (program.stat().st_uid, mode(program)) == (0, 0o755)


def test_nor_as_the_group_that_it_is_given_to(site: Path) -> None:
    program = site / "program"
    program.touch()
    os.chown(program, 33, 33)
    program.chmod(0o2755)
    put(site, "program", group="adm", forbid="0007")
    assert (program.stat().st_gid, mode(program)) == (4, 0o750)


def test_a_folder_needs_to_be_asked_for(site: Path) -> None:
    (site / "x").mkdir(mode=0o755)
    assert "not a regular file" in put(site, "x", mode="0700")[1][0]["reason"]
    assert put(site, "x", kind="directory", mode="0700")[1] == []
    assert mode(site / "x") == 0o700


def test_what_is_not_there(site: Path) -> None:
    assert put(site, "nothing.php", mode="0600")[1][0]["reason"] == "is not there"
    assert put(site, "nothing.php", mode="0600", missing="skip") == ([], [])
    assert put(site, "no/where.php", mode="0600", missing="skip") == ([], [])


@pytest.mark.parametrize("bad", ["4755", "0o600", "-rw-", "77777", "", "0600\n"])
def test_only_plain_permission_bits(site: Path, bad: str) -> None:
    with pytest.raises(Refused):
        put(site, "wp-config.php", mode=bad)


# --- links, everywhere ----------------------------------------------------------------------------------


def test_a_link_in_place_of_the_file(site: Path, secret: Path) -> None:
    (site / "wp-config.php").unlink()
    (site / "wp-config.php").symlink_to(secret)
    for options in ({"mode": "0644"}, {"define": {"name": "X", "value": "true"}}):
        assert "is a link" in put(site, "wp-config.php", **options)[1][0]["reason"]
    assert mode(secret) == 0o600 and secret.read_text().startswith("root:")


def test_a_link_in_place_of_a_folder_on_the_way(site: Path, secret: Path) -> None:
    (site / "wp-content").symlink_to(secret.parent)
    assert "link" in put(site, "wp-content/shadow", mode="0644")[1][0]["reason"]
    assert mode(secret) == 0o600


def test_a_dangling_and_a_self_link(site: Path) -> None:
    (site / "a").symlink_to("a")
    (site / "b").symlink_to("/nowhere")
    assert all(put(site, name, mode="0600")[1] for name in ("a", "b", "a/x", "b/x"))


def test_a_root_that_is_a_link_or_below_one(site: Path, secret: Path) -> None:
    other = site.parent / "link.test"
    other.symlink_to(site)
    for root in (other, site / "wp-config.php"):
        with pytest.raises(Refused):
            opened(root)
    (site / "sub").mkdir()
    with pytest.raises(Refused):
        opened(other / "sub")


@pytest.mark.parametrize("path", ["../../shadow", "a/../../../shadow", "..", "/etc/shadow", "./../x"])
def test_no_way_up(site: Path, secret: Path, path: str) -> None:
    assert "relative to the root" in put(site, path, mode="0644")[1][0]["reason"]
    assert mode(secret) == 0o600


@pytest.mark.parametrize("root", ["relative", "/var/../etc", ""])
def test_a_root_must_be_absolute(root: str) -> None:
    with pytest.raises(Refused):
        webroot_file.open_web_root_without_following_links(root)


def test_the_root_of_everything_is_no_web_root() -> None:
    with pytest.raises(Refused):
        webroot_file.open_web_root_without_following_links("/")


def test_a_root_in_a_folder_that_everybody_may_write_is_refused(site: Path) -> None:
    site.parent.chmod(0o1777)
    with pytest.raises(Refused, match="above the root can be changed by everybody"):
        opened(site)


@pytest.mark.parametrize("bits", [0o755, 0o775, 0o700])
def test_a_root_in_its_own_accounts_folder_is_closed_as_any_other(site: Path, bits: int) -> None:
    (site / "config.php.save").write_text("<?php $password = 'khong-doan-duoc';\n")
    (site / "config.php.save").chmod(0o644)
    site.parent.chmod(bits)
    root = webroot_file.open_web_root_without_following_links(
        str(site), base=str(site.parent.parent), trusted_uid=os.getuid() + 1
    )
    try:
        items, refused, _ = webroot_file.protect_site_files_by_kind(root, ["dumps"], None, 10, False)
    finally:
        os.close(root)
    assert [one["path"] for one in items] == ["config.php.save"], refused
    assert mode(site / "config.php.save") == 0o600


@pytest.mark.parametrize("name", ["shadow", "antruc.test"])
def test_who_has_the_folder_above_leads_no_further_than_their_own(tmp_path: Path, site: Path, name: str) -> None:
    (site.parent / "public_html").symlink_to(tmp_path / name if name == "shadow" else site)
    with pytest.raises(Refused, match="a link or no folder on the way"):
        webroot_file.open_web_root_without_following_links(
            str(site.parent / "public_html"), base=str(tmp_path), trusted_uid=os.getuid() + 1
        )


def test_above_a_root_there_is_one_account_beside_root() -> None:
    def whose(*uids: int) -> int:
        owner = 0
        for uid in uids:
            owner = web_root_paths._check_and_find_owner_of_way_to_root(
                SimpleNamespace(st_uid=uid, st_mode=0o40755), "/home/xa", owner, 0
            )
        return owner

    assert whose(0, 0, 1000, 0, 1000) == 1000
    with pytest.raises(Refused, match="/home/xa above the root is 1001's, in a folder of 1000's"):
        whose(0, 1000, 1001)


@pytest.mark.parametrize("mount", ["/home/xa", "/home/xa/web", "/home/xa/web/tai-ve"])
def test_what_a_users_program_serves_is_not_opened(mount: str) -> None:
    with pytest.raises(Refused, match="is served by a program of"):
        webroot_file.open_web_root_without_following_links("/home/xa/web", served_mounts={mount: 4_000_000})


# --- other things in place of the file --------------------------------------------------------------------


def test_a_hard_link_to_a_file_elsewhere(site: Path, secret: Path) -> None:
    (site / "wp-config.php").unlink()
    os.link(secret, site / "wp-config.php")
    for options in ({"mode": "0644"}, {"define": {"name": "X", "value": "true"}}):
        assert "2 hard links" in put(site, "wp-config.php", **options)[1][0]["reason"]
    assert mode(secret) == 0o600


def test_a_pipe_does_not_hang_us(site: Path) -> None:
    os.mkfifo(site / "pipe.php")
    assert "not a regular file" in put(site, "pipe.php", mode="0600")[1][0]["reason"]


def test_a_socket(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(site)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.php")
        assert "not a regular file" in put(site, "s.php", mode="0600")[1][0]["reason"]


@pytest.mark.skipif(os.getuid() != 0, reason="only root makes devices")
def test_a_device(site: Path) -> None:
    os.mknod(site / "null.php", stat.S_IFCHR | 0o666, os.makedev(1, 3))
    assert "not a regular file" in put(site, "null.php", mode="0600")[1][0]["reason"]
    assert mode(site / "null.php") == 0o666 & ~_umask()


def _umask() -> int:
    present = os.umask(0)
    os.umask(present)
    return present


# --- races ----------------------------------------------------------------------------------------------------


class Swapper(threading.Thread):
    """Swaps a name between a good file (or folder) and a link, as fast as it can."""

    def __init__(self, name: Path, good: Path, evil: Path) -> None:
        super().__init__()
        self.name_, self.good, self.evil = name, good, evil
        self.ended = threading.Event()

    def run(self) -> None:
        spare = self.name_.with_name("spare")
        while not self.ended.is_set():
            for source in (self.evil, self.good):
                try:
                    self.name_.rename(spare)
                    source.rename(self.name_)
                    spare.rename(source)
                except OSError:
                    continue

    def __enter__(self) -> "Swapper":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        self.join()


def test_a_file_swapped_for_a_link_while_we_work(site: Path, secret: Path) -> None:
    evil = site / "evil"
    evil.symlink_to(secret)
    (site / "good").write_bytes(CONFIG)
    with Swapper(site / "wp-config.php", site / "good", evil):
        for round_ in range(1500):
            put(site, "wp-config.php", mode="0644" if round_ % 2 else "0640", missing="skip")
            put(site, "wp-config.php", missing="skip", define={"name": "X", "value": str(round_)})
    assert mode(secret) == 0o600 and secret.read_text() == "root:$y$...\n"
    assert drafts(site) == []


def test_a_folder_swapped_for_a_link_while_we_work(site: Path, secret: Path) -> None:
    for name in ("wp-content", "good"):
        (site / name).mkdir()
        (site / name / "shadow").write_text("mine")
    (site / "evil").symlink_to(secret.parent)
    with Swapper(site / "wp-content", site / "good", site / "evil"):
        for round_ in range(1500):
            put(site, "wp-content/shadow", mode="0644" if round_ % 2 else "0640", missing="skip")
    assert mode(secret) == 0o600


def test_a_file_that_changes_between_reading_and_replacing(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = os.setxattr, os.fsync

    def meanwhile(handle: int) -> None:
        (site / "wp-config.php").write_bytes(CONFIG + b"// new\n")
        monkeypatch.setattr(os, "fsync", honest[1])

    monkeypatch.setattr(os, "fsync", meanwhile)
    refused = put(site, "wp-config.php", define={"name": "X", "value": "true"})[1]
    assert "changed while" in refused[0]["reason"]
    assert (site / "wp-config.php").read_bytes() == CONFIG + b"// new\n" and drafts(site) == []


def test_a_full_disk_leaves_the_old_file(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    refused = put(site, "wp-config.php", define={"name": "X", "value": "true"})[1]
    assert "No space" in refused[0]["reason"]
    assert (site / "wp-config.php").read_bytes() == CONFIG and drafts(site) == []


# --- edits ----------------------------------------------------------------------------------------------------


def test_an_edit_keeps_mode_owner_and_attributes(site: Path) -> None:
    config = site / "wp-config.php"
    config.chmod(0o640)
    os.setxattr(config, "user.note", b"kept")
    if os.getuid() == 0:
        os.chown(config, 33, 33)
    before = config.stat()
    items, _ = put(site, "wp-config.php", define={"name": "DISALLOW_FILE_EDIT", "value": "true"})
    after = config.stat()
    assert (before.st_uid, before.st_gid, before.st_mode) == (after.st_uid, after.st_gid, after.st_mode)
    assert os.getxattr(config, "user.note") == b"kept"
    assert "khong-doan-duoc" not in repr(items)
    assert put(site, "wp-config.php", define={"name": "DISALLOW_FILE_EDIT", "value": "true"}) == ([], [])


def test_a_definition_that_is_there_may_be_kept(site: Path) -> None:
    wanted = {"name": "DB_PASSWORD", "value": "direct", "keep": True}
    assert put(site, "wp-config.php", define=wanted) == ([], [])
    items, _ = put(site, "wp-config.php", define={**wanted, "name": "FS_METHOD"})
    assert items[0]["after"] == {"FS_METHOD": "…"}


def test_a_constant_may_depend_on_whose_a_file_beside_it_is(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where plugins were put in place over FTP, they go on being so."""
    wanted = {"name": "FS_METHOD", "value": "direct", "only_beside": "wp-config.php"}
    monkeypatch.setattr(webroot, "find_web_server_accounts", lambda: webroot.WebUsers([]))
    assert put(site, "wp-config.php", define=wanted) == ([], [])
    assert put(site, "wp-config.php", define={**wanted, "only_beside": "none.php"}) == ([], [])
    users = webroot.WebUsers(["nobody"])
    monkeypatch.setattr(users, "is_owner_of_file", lambda _status: True)
    monkeypatch.setattr(webroot, "find_web_server_accounts", lambda: users)
    assert put(site, "wp-config.php", define=wanted)[0]


def test_the_line_stands_before_what_loads_the_rest() -> None:
    edited = php_constants.define_constant_in_php_source(CONFIG, "DISALLOW_FILE_EDIT", "true").decode()
    lines = edited.splitlines()
    at = lines.index("defined( 'DISALLOW_FILE_EDIT' ) || define( 'DISALLOW_FILE_EDIT', true );")
    assert "wp-settings.php" in lines[at + 1]
    assert edited.replace(lines[at] + "\n", "").encode() == CONFIG


@pytest.mark.parametrize(
    ("present", "wanted"),
    [
        ("define('X', false);", "define('X', true);"),
        ('define( "X" , 0 );', 'define( "X" , true );'),
        ("DEFINE('X', FALSE, true);", "DEFINE('X', true, true);"),
        ("const X = false;", "const X = true;"),
        ("define('X', foo(1, ')') . 'a;b');", "define('X', true);"),
        ("define('X', false); define('X', false);", "define('X', true); define('X', true);"),
    ],
)
def test_a_definition_with_another_value_is_put_right_in_place(present: str, wanted: str) -> None:
    rest = "\nrequire_once ABSPATH . 'wp-settings.php';\n"
    assert (
        php_constants.define_constant_in_php_source(f"<?php\n{present}{rest}".encode(), "X", "true").decode()
        == f"<?php\n{wanted}{rest}"
    )


@pytest.mark.parametrize(
    "decoy",
    [
        "// define('X', true);",
        "# define('X', true);",
        "/* define('X', true); */",
        "$text = \"define('X', true);\";",
        "$text = <<<EOT\ndefine('X', true);\nEOT;",
        "?> define('X', true); <?php",
        "if ( false ) { define('X', true); }",
        "if ( false ) define('X', true);",
        "function f() { define('X', true); }",
        "$object->define('X', true);",
        "define('x', true);",
        "define('XY', true);",
    ],
)
def test_what_only_looks_like_a_definition_does_not_count(decoy: str) -> None:
    before = f"<?php\n{decoy}\nrequire_once ABSPATH . 'wp-settings.php';\n".encode()
    assert not php_constants.is_constant_surely_defined_with_value(before, "X", "true")
    after = php_constants.define_constant_in_php_source(before, "X", "true")
    assert php_constants.is_constant_surely_defined_with_value(after, "X", "true") and after != before
    assert php_constants.define_constant_in_php_source(after, "X", "true") == after
    assert decoy.encode() in after


@pytest.mark.parametrize(
    "hopeless",
    [
        b"<?php\n$a = 1;\n",
        b"not php at all",
        b"<?php if (x()) { require 'wp-settings.php'; }",
        b"<?php /* require 'wp-settings.php'; ",
        b"",
    ],
)
def test_a_file_with_no_sure_place_is_left_alone(hopeless: bytes) -> None:
    with pytest.raises(ValueError, match=r"nowhere|no place"):
        php_constants.define_constant_in_php_source(hopeless, "X", "true")


@pytest.mark.parametrize("value", ["'; system('id'); //", "a'b", "a\\", "x\ny", "<?php", "$x", "1e5;"])
def test_a_value_cannot_become_code(value: str) -> None:
    with pytest.raises(ValueError, match="not a value"):
        php_constants.define_constant_in_php_source(CONFIG, "X", value)


@pytest.mark.parametrize("name", ["X');", "", "1X", "A B", "X" * 200])
def test_a_name_cannot_become_code(name: str) -> None:
    with pytest.raises(ValueError, match="not a constant"):
        php_constants.define_constant_in_php_source(CONFIG, name, "true")


@pytest.mark.parametrize(
    "hostile",
    [
        b"<?php " + b"<<<A\n" * 30_000,
        b"<?php " + b"'" * 150_001,
        b"<?php " + b"define('X',1);" * 10_000,
        b"<?php" * 40_000,
    ],
)
def test_a_file_made_to_keep_us_busy(hostile: bytes) -> None:
    with pytest.raises(ValueError):
        php_constants.define_constant_in_php_source(hostile, "X", "true")


def test_nor_one_that_never_ends_its_statement() -> None:
    assert php_source.read_php_constants(b"<?php " + b"require " * 25_000, ("X",)) == {"X": php_source.UNKNOWN}


def test_bytes_that_are_not_utf8_survive() -> None:
    source = CONFIG.replace(b"// define", b"// \xff\xfe define")
    assert b"\xff\xfe" in php_constants.define_constant_in_php_source(source, "X", "true")


# --- looking for files by what they are -----------------------------------------------------------------------


def sweep(site: Path, *kinds: str, check: bool = False) -> tuple[list[str], list[str]]:
    root = opened(site)
    try:
        items, refused, cut_short = webroot_file.protect_site_files_by_kind(root, kinds, None, 10, check)
    finally:
        os.close(root)
    assert not cut_short
    return sorted(item["path"] for item in items), sorted(item["path"] for item in refused)


def make(site: Path, *names: str, content: str = "x", bits: int = 0o644) -> None:
    for name in names:
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(content)
        (site / name).chmod(bits)


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to root")
def test_dumps_are_closed_and_documents_are_not(site: Path) -> None:
    dumps = (
        "backup.sql",
        "db/x.sql.gz",
        "site.zip",
        "wp-config.php.bak",
        "index.php~",
        ".env.old",
        "wp-content/uploads/a.sql",
    )
    make(site, *dumps)
    make(
        site,
        "wp-content/uploads/van-ban.zip",
        "wp-content/plugins/x/sql/create.sql",
        "index.php",
        "style.css",
        "installation/sql/a.sql",
    )
    found, refused = sweep(site, "dumps")
    assert found == sorted(dumps) and refused == []
    assert {mode(site / name) for name in dumps} == {0o600}
    assert sweep(site, "dumps") == ([], [])


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to root")
def test_a_dump_that_is_a_link_or_has_another_name_elsewhere(site: Path, secret: Path) -> None:
    (site / "backup.sql").symlink_to(secret)
    os.link(secret, site / "other.sql")
    assert sweep(site, "dumps") == ([], ["other.sql"])
    assert mode(secret) == 0o600 and secret.stat().st_uid == os.getuid()


def test_secrets_are_told_by_content(site: Path) -> None:
    make(site, "config.php", content="<?php $db_pass = 'x1y2z3';")
    make(site, ".env", content="APP_DEBUG=0\nDB_PASSWORD=x1y2z3\n")
    make(site, "app/config.php", content="<?php $title = 'An Trúc';")
    make(site, ".env.example", content="DB_PASSWORD=x1y2z3\n")
    assert sweep(site, "secrets")[0] == [".env", "config.php"]
    assert mode(site / "config.php") == 0o640


def test_world_writable_files_and_folders(site: Path) -> None:
    make(site, "a.php", "uploads/b.jpg", bits=0o666)
    (site / "uploads").chmod(0o777)
    assert sweep(site, "world_writable")[0] == ["a.php", "uploads", "uploads/b.jpg"]
    assert mode(site / "uploads") == 0o775 and mode(site / "a.php") == 0o664


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
def test_the_sites_own_account_keeps_writing_where_uploads_land(site: Path) -> None:
    make(site, "uploads/b.jpg", "code.php", bits=0o666)
    (site / "uploads").chmod(0o777)
    root = opened(site)
    webroot_file.protect_site_files_by_kind(root, ("world_writable",), "www-data", 10, False)
    os.close(root)
    assert (site / "uploads").stat().st_gid == 33 and mode(site / "uploads") == 0o775
    assert (site / "uploads/b.jpg").stat().st_gid == 33 and mode(site / "uploads/b.jpg") == 0o664
    assert mode(site / "code.php") & 0o022 == 0


def listed(path: Path, *named: tuple[int, int]) -> None:
    """Give a file an access list: ``(account, rights)``, with a mask that takes none of them away."""
    everybody = 0xFFFFFFFF
    entries = [(1, 6, everybody), *((2, rights, uid) for uid, rights in named), (4, 4, everybody), (16, 7, everybody)]
    entries.append((32, 4, everybody))
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    os.setxattr(path, "system.posix_acl_access", value)


@pytest.mark.skipif(os.getuid() != 0, reason="takes an account of the system's for the site's")
@pytest.mark.parametrize("kind", ["secrets", "world_writable"])
def test_whom_an_access_list_names_keeps_what_it_gives_them(site: Path, kind: str) -> None:
    make(site, "config.php", content="<?php $db_pass = 'x1y2z3';")
    make(site, "beside.php", bits=0o666)
    listed(site / "config.php", (33, 4), (1234, 6))
    listed(site / "beside.php", (1234, 6))
    (site / "beside.php").chmod(0o676)
    root = opened(site)
    _, refused, _ = webroot_file.protect_site_files_by_kind(root, (kind,), "www-data", 10, False)
    os.close(root)
    if kind == "secrets":
        assert mode(site / "config.php") == 0o670, "the mask stays"
        assert refused == []
    else:
        (one,) = refused
        assert "www-data" in one["reason"]
        assert mode(site / "beside.php") == 0o676, "the site reads it as one of the others"


def test_logs_of_visitors_and_accounts(site: Path) -> None:
    make(site, "nginx/access.log", "auth.log", "auth.log.1", "dpkg.log", "apt/history.log")
    assert sweep(site, "logs")[0] == ["auth.log", "auth.log.1", "nginx/access.log"]
    assert mode(site / "auth.log") == 0o640 and mode(site / "dpkg.log") == 0o644


def test_version_control_is_closed_at_the_top(site: Path) -> None:
    make(site, ".git/HEAD", ".git/objects/ab/cd", content="ref: refs/heads/main")
    assert sweep(site, "vcs") == ([".git"], [])
    assert mode(site / ".git") == 0o700 and mode(site / ".git/HEAD") == 0o644


def test_names_that_are_no_text(site: Path) -> None:
    os.close(os.open(os.fsencode(site) + b"/\xff\xfe.sql", os.O_CREAT | os.O_WRONLY, 0o644))
    assert sweep(site, "dumps", check=True)[0] == ["\ufffd\ufffd.sql"]


def test_a_very_deep_tree_is_cut_short(site: Path) -> None:
    deep = site
    for _ in range(60):
        deep = deep / "d"
    deep.mkdir(parents=True)
    root = opened(site)
    assert webroot_file.protect_site_files_by_kind(root, ("dumps",), None, 10, True)[2]
    os.close(root)


@pytest.mark.parametrize(
    ("kind", "name"),
    [("world_writable", "x.txt"), ("secrets", "config.php"), ("wordpress_config", "wp-config.php")],
)
def test_anothers_file_that_takes_the_name_before_it_is_opened_stays_anothers(
    site: Path, monkeypatch: pytest.MonkeyPatch, kind: str, name: str
) -> None:
    make(site, name, content="<?php $password = 'khong-doan-duoc';", bits=0o666)
    os.chown(site / name, 0, 0)
    make(site, "theirs", content="theirs alone", bits=0o600)
    os.chown(site / "theirs", 1, 1)
    honest = os.open

    def swapping(path: str, flags: int, *more: object, **options: object) -> int:
        if path == name and not flags & os.O_DIRECTORY and (site / "theirs").exists():
            if not webroot.SECRET_NAME.match(name) or read:
                (site / "theirs").rename(site / name)
            read.append(path)
        return honest(path, flags, *more, **options)  # type: ignore[arg-type]

    read: list[str] = []
    monkeypatch.setattr(os, "open", swapping)
    root = opened(site)
    items, refused, _ = webroot_file.protect_site_files_by_kind(root, (kind,), "www-data", 10, False)
    os.close(root)
    assert not (site / "theirs").exists() and (items, refused) == ([], [])
    status = (site / name).stat()
    assert (status.st_uid, status.st_gid, mode(site / name)) == (1, 1, 0o600)


def test_a_tree_swapped_while_it_is_walked(site: Path, secret: Path) -> None:
    for name in ("x", "good"):
        make(site, f"{name}/shadow.sql")
    (site / "evil").symlink_to(secret.parent)
    secret.with_name("shadow.sql").write_text("outside")
    secret.with_name("shadow.sql").chmod(0o644)
    with Swapper(site / "x", site / "good", site / "evil"):
        for _ in range(300):
            root = opened(site)
            webroot_file.protect_site_files_by_kind(root, ("dumps",), None, 10, False)
            os.close(root)
    assert mode(secret.with_name("shadow.sql")) == 0o644


def test_a_file_that_grows_while_it_is_read_costs_no_memory(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = site / "wp-config.php"
    read, asked = os.read, [0]

    def growing(handle: int, size: int) -> bytes:
        asked[0] += 1
        assert asked[0] < 100, "whoever owns a file makes it as long as they like"
        path.write_bytes(path.read_bytes() + b"\n" * size)
        return read(handle, size)

    monkeypatch.setattr(webroot_file.os, "read", growing)
    _, refused = put(site, "wp-config.php", define={"name": "X", "value": "true"})
    assert [one["reason"] for one in refused] == ["too large to edit"]


def test_a_name_that_is_no_text_does_not_cost_the_host_its_hardening(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ansible refuses an answer that holds one, and would have the host brought back."""
    said: list[dict[str, Any]] = []
    warned: list[str] = []
    odd = os.fsdecode(b"uploads/\xff.sql")

    def module(argument_spec: dict[str, Any], **_: Any) -> SimpleNamespace:
        params = {key: words.get("default") for key, words in argument_spec.items()}
        given = {**params, "root": str(site), "protect": ["dumps"], "refusal": "warn"}
        return SimpleNamespace(
            params=given, check_mode=True, exit_json=lambda **told: said.append(told), warn=warned.append
        )

    monkeypatch.setattr(webroot_file, "AnsibleModule", module)
    monkeypatch.setattr(webroot_file, "open_web_root_without_following_links", lambda _root: None)
    refused = [{"path": odd, "reason": "a link"}]
    monkeypatch.setattr(
        webroot_file,
        "protect_site_files_by_kind",
        lambda *_: ([{"path": odd, "before": {}, "after": {}}], refused, False),
    )
    monkeypatch.setattr(webroot_file, "_make_ansible_diff_of_attributes", lambda items: {"after": items[0]["path"]})
    webroot_file.main()
    assert json.dumps([said, warned], ensure_ascii=False).encode("utf-8").count(b"uploads/\\\\udcff.sql") == 4


# --- settings of applications -------------------------------------------------------------------------------

JOOMLA_MARK = "administrator/manifests/files/joomla.xml"


def joomla(folder: Path, line: str) -> Path:
    (folder / JOOMLA_MARK).parent.mkdir(parents=True)
    (folder / JOOMLA_MARK).touch()
    config = folder / "configuration.php"
    config.write_text(f"<?php\nclass JConfig {{\n{line}\n}}\n")
    return config


def debug_off(site: Path, **more: object) -> tuple[list[dict[str, object]], list[dict[str, str]]]:
    wanted = {"form": "property", "name": "debug", "value": "false"}
    return put(site, "configuration.php", application="joomla", missing="skip", assign=wanted, **more)


def test_a_setting_of_every_joomla_below_the_root(site: Path) -> None:
    first = joomla(site / "a", "// public $debug = true;\npublic $debug = '1'; // for now")
    second = joomla(site / "b", "public $debug = false;")
    third = joomla(site / "c", "public $offline = true;")
    (site / "configuration.php").write_text("<?php class JConfig { public $debug = true; }")
    items, refused = debug_off(site, check=True)
    assert "'1'" in first.read_text()
    items, refused = debug_off(site)
    assert refused == [] and items == [
        {"path": "a/configuration.php", "before": {"debug": "…"}, "after": {"debug": "false"}}
    ]
    assert "// public $debug = true;\npublic $debug = false; // for now" in first.read_text()
    assert "public $debug = false;" in second.read_text() and "debug" not in third.read_text()
    assert "debug = true" in (site / "configuration.php").read_text()
    assert debug_off(site) == ([], [])


def test_a_calculation_becomes_the_value_and_what_may_not_run_is_left(site: Path) -> None:
    calculated = joomla(site / "a", "public $debug = DEBUG ? 1 : 0;")
    unsure = joomla(site / "b", "function f() { public $debug = true; }")
    before = unsure.read_bytes()
    items, refused = debug_off(site)
    assert [one["path"] for one in items] == ["a/configuration.php"] and b"$debug = false;" in calculated.read_bytes()
    assert [one["path"] for one in refused] == ["b/configuration.php"] and unsure.read_bytes() == before


def test_a_setting_behind_a_link_is_left_alone(site: Path, secret: Path) -> None:
    config = joomla(site, "")
    config.unlink()
    config.symlink_to(secret)
    items, refused = debug_off(site)
    assert items == [] and refused[0]["path"] == "configuration.php"
    assert secret.read_text() == "root:$y$...\n"


@pytest.mark.parametrize("value", ["phpinfo()", "'; phpinfo(); //", "x\ny", "$x"])
def test_no_code_becomes_a_setting(site: Path, value: str) -> None:
    config = joomla(site, "public $debug = true;")
    before = config.read_bytes()
    wanted = {"form": "property", "name": "debug", "value": value}
    _, refused = put(site, "configuration.php", assign=wanted)
    assert refused and config.read_bytes() == before
