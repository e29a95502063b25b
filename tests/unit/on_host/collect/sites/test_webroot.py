"""What lies in the web roots: the walk, and what the controls make of it."""

from __future__ import annotations

import importlib.util
import itertools
import os
import re
import struct
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers import request_uris
from ansible.module_utils.luytre.sites import webroot
from ansible.module_utils.luytre.web import files
from ansible.module_utils.luytre_shared.files.names import user_name
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

from auditor.models import Status
from auditor.system import resources
from tests.unit import access
from tests.unit.areas import SITE, facts, finding, vhost
from tests.unit.leased import leased


@pytest.fixture
def root(tmp_path: Path) -> Path:
    path = tmp_path / "site"
    path.mkdir(mode=0o755)
    return path


def make(root: Path, name: str, content: str = "x", bits: int = 0o644) -> Path:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    path.chmod(bits)
    return path


def walk(root: Path, seconds: float = 10, entries: int = 10_000) -> dict[str, Any]:
    users = webroot.WebUsers(["www-data"])
    found: dict[str, Any] = files.describe_web_roots([str(root)], users, TimeBudget(seconds), entries)[0]
    return found


def paths(found: dict[str, Any], kind: str) -> list[str]:
    return sorted(item["path"] for item in found[kind])


def test_a_clean_site(root: Path) -> None:
    make(root, "index.html")
    make(root, "css/a.css")
    found = walk(root)
    assert found["counts"] == dict.fromkeys(("vcs", "dumps", "secrets", "world_writable", "upload_php", "links_out"), 0)
    assert found["entries"] == 3 and not found["cut_short"]


@pytest.mark.parametrize(
    "name",
    [
        "uploads/a.php",
        "uploads/2026/03/a.PHTML",
        "wp-content/uploads/x.jpg.php5",
        "images/a.phar",
        "media/deep/er/a.pht",
    ],
)
def test_php_where_uploads_land(root: Path, name: str) -> None:
    make(root, name, "<?php echo 1;")
    assert paths(walk(root), "upload_php") == [name]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("uploads/index.php", "<?php // Silence is golden.\n"),
        ("uploads/index.php", ""),
        ("uploads/index.php", "<?php\n/* nothing\nhere */ exit;\n"),
        ("images/a.jpg", "<?php echo 1;"),
        ("plugins/gallery/images/a.php", "<?php echo 1;"),
        ("uploaded.php", "<?php echo 1;"),
    ],
)
def test_what_is_no_php_in_uploads(root: Path, name: str, content: str) -> None:
    make(root, name, content)
    assert paths(walk(root), "upload_php") == []


def test_what_its_owner_keeps_from_being_read_is_taken_neither_for_silence_nor_for_harmless(root: Path) -> None:
    with leased(make(root, "uploads/a.php", "<?php a();")), leased(make(root, "config.php", "<?php $x = 1;")):
        found = walk(root)
    assert paths(found, "upload_php") == ["uploads/a.php"]
    assert paths(found, "secrets") == ["config.php"]


@pytest.mark.parametrize(
    "content", ["<?=`$_GET[0]`;", "<?php exit; ?><?php system(1);", "<?php //\neval(1);", "<?php /**/eval(1);"]
)
def test_a_small_file_is_not_silent_for_being_small(root: Path, content: str) -> None:
    make(root, "uploads/index.php", content)
    assert paths(walk(root), "upload_php") == ["uploads/index.php"]


@pytest.mark.parametrize(
    "content",
    [
        "<?php // ?><?php system($_GET[0]);",
        "<?php # ?> <script>1</script>",
        "<?php /* */ x();",
        "<?php exit; // x\n ?> x",
        "// no PHP, so text",
    ],
)
def test_what_stands_after_a_comment_is_seen(root: Path, content: str) -> None:
    make(root, "uploads/index.php", content)
    assert paths(walk(root), "upload_php") == ["uploads/index.php"]


@pytest.mark.parametrize(
    "content",
    [
        "<?php " + "#" * 4000 + "\nx",
        "<?php " + "//" * 2000 + "\nx",
        "<?php " + "/**/" * 1000 + "x",
        "<?php " + "exit ;" * 600 + "x",
        " " * 4000 + "x",
    ],
)
def test_a_file_made_to_keep_us_busy(root: Path, content: str) -> None:
    make(root, "uploads/index.php", content)
    assert not walk(root)["cut_short"]


@pytest.mark.parametrize(
    "content", ["pass" * 50_000, "password" * 25_000, "pass =>" + " " * 200_000, "pass='" * 30_000]
)
def test_nor_one_with_words_of_secrets(root: Path, content: str) -> None:
    make(root, "config.php", content)
    assert not walk(root)["cut_short"]


def test_links_that_leave(root: Path, tmp_path: Path) -> None:
    make(root, "a/b.txt")
    (root / "inside").symlink_to("a/b.txt")
    (root / "absolute").symlink_to(root / "a")
    (root / "up").symlink_to("../..")
    (root / "a" / "passwd").symlink_to("/etc/passwd")
    (root / "loop").symlink_to("loop")
    (root / "twice").symlink_to("up")
    assert paths(walk(root), "links_out") == ["a/passwd", "twice", "up"]


def test_a_link_is_never_entered(root: Path, tmp_path: Path) -> None:
    make(tmp_path, "outside/backup.sql")
    (root / "x").symlink_to(tmp_path / "outside")
    assert walk(root)["dumps"] == []


def test_version_control_counts_once(root: Path) -> None:
    make(root, ".git/objects/a")
    make(root, "theme/.svn/entries")
    found = walk(root)
    assert paths(found, "vcs") == [".git", "theme/.svn"] and found["entries"] == 3


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
def test_what_the_web_account_may_do(root: Path) -> None:
    make(root, "closed.sql", bits=0o600)
    os.chown(make(root, "group.sql", bits=0o640), 0, 33)
    os.chown(make(root, "own.sql", bits=0o400), 33, 33)
    seen = {item["path"]: (item["web_reads"], item["web_writes"]) for item in walk(root)["dumps"]}
    assert seen == {"closed.sql": (False, False), "group.sql": (True, False), "own.sql": (True, True)}


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
@pytest.mark.parametrize("where", ["lib/a.php", "lib"])
def test_whom_an_access_list_lets_write_writes(root: Path, where: str) -> None:
    make(root, "lib/a.php")
    entries = ((1, 6, -1), (2, 7, 33), (4, 4, -1), (16, 7, -1), (32, 5, -1))
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHi", *one) for one in entries)
    os.setxattr(root / where, "system.posix_acl_access", value)
    assert walk(root)["code"] == [{"folder": "lib", "files": 1, "writable": 1}]
    (root / where).chmod(0o755)  # the mask is the most that any of them gets
    assert walk(root)["code"] == [{"folder": "lib", "files": 1, "writable": 0}]


@pytest.mark.skipif(os.getuid() != 0, reason="gives files to others")
def test_code_in_a_folder_of_the_web_accounts_can_be_replaced(root: Path) -> None:
    make(root, "index.php")
    make(root, "lib/a.php")
    make(root, "lib/b.php")
    os.chown(root / "lib", 33, 33)
    assert walk(root)["code"] == [
        {"folder": ".", "files": 1, "writable": 0},
        {"folder": "lib", "files": 2, "writable": 2},
    ]


def test_the_budget_of_names(root: Path) -> None:
    for number in range(50):
        make(root, f"{number}.html")
    found = walk(root, entries=10)
    assert found["cut_short"] and found["entries"] <= 11


def test_the_budget_of_time(root: Path) -> None:
    for number in range(600):
        (root / f"{number}").touch()
    assert walk(root, seconds=-1)["cut_short"]


def collected(root: Path) -> dict[str, Any]:
    """The root's entry of what a host is read for."""
    declared = {"sites": [{"domain": "site.test", "document_root": str(root)}]}
    return next(one for one in files.collect_area_facts(AreaReader(declared, 20))["roots"] if one["path"] == str(root))


def test_what_others_use_of_the_processors_shortens_no_walk(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        for name in range(20):
            make(root, f"{number}/x/{name}.html")
    make(root, "backup.sql")
    make(root, "x/configuration.php.bak")
    clock = itertools.count(time.monotonic(), 0.015)
    monkeypatch.setattr(time, "monotonic", lambda: next(clock))
    found = collected(root)
    assert paths(found, "dumps") == ["backup.sql", "x/configuration.php.bak"] and not found["cut_short"]


def test_the_top_folder_is_seen_first_and_the_folders_in_it_next(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make(root, "backup.sql")
    for number in range(5):
        make(root, f"{number}/site.zip")
        for name in range(50):
            make(root, f"{number}/deep/{name}.html")
    make(root, "wp-config.php.bak")
    monkeypatch.setattr(files, "MAX_ENTRIES", 20)
    found = collected(root)
    assert paths(found, "dumps") == [*(f"{number}/site.zip" for number in range(5)), "backup.sql", "wp-config.php.bak"]
    assert found["cut_short"]


def test_what_one_folder_is_full_of_hides_nothing_below_the_others(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(60):
        make(root, f"full/{number}.html")
    make(root, "z/deep/backup.sql")
    monkeypatch.setattr(webroot, "CROWD", 10)
    found = walk(root, entries=40)
    assert paths(found, "dumps") == ["z/deep/backup.sql"] and found["cut_short"]
    found = walk(root)
    assert (found["entries"], found["cut_short"], found["owners"]) == (64, False, {user_name(os.getuid()): 64})


def test_lists_are_bounded_and_counts_are_not(root: Path) -> None:
    for number in range(260):
        (root / f"{number}.sql").touch()
    found = walk(root)
    assert len(found["dumps"]) == 200 and found["counts"]["dumps"] == 260


def test_a_root_that_is_somebodys_link_is_not_followed(root: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(root)
    if os.getuid() == 0:
        os.lchown(link, 33, 33)
        users = webroot.WebUsers([])
        assert files.describe_web_roots([str(link)], users, TimeBudget(1), 10) == []
    assert files.describe_web_roots([str(tmp_path / "none")], webroot.WebUsers([]), TimeBudget(1), 10) == []


@pytest.mark.parametrize(
    ("text", "contact", "expires"),
    [
        ("Contact: mailto:atttt@antruc.test\nExpires: 2027-01-01T00:00:00Z\n", "mailto:atttt@antruc.test", 1798761600),
        ("contact: https://antruc.test/lien-he\n", "https://antruc.test/lien-he", None),
        ("# Contact: x\n", None, None),
        ("Contact: a\nExpires: 9999-99-99T99:99:99Z\n", "a", None),
        ("\x00\x01", None, None),
    ],
)
def test_security_txt(root: Path, text: str, contact: str | None, expires: int | None) -> None:
    make(root, ".well-known/security.txt", text)
    found = files.read_security_txt(str(root))
    assert found is not None and found["contact"] == contact
    assert found["expires"] == expires or (
        expires is None and found["expires"] is not None and found["expires"] > 2**37
    )


# --- what the controls make of it -------------------------------------------------------------------

ITEM = {
    "path": "x",
    "owner": "root",
    "group": "root",
    "mode": 0o644,
    "kind": "file",
    "others_read": True,
    "web_reads": True,
    "web_writes": False,
}
SCRIPT = {**ITEM, "acts_on_input": True}


def changed(**more: Any) -> dict[str, Any]:
    areas = facts()
    areas["files"]["roots"][0].update(more)
    return areas


PLAIN = ["vcs_exposed", "dumps_in_root", "config_readable", "world_writable", "php_in_uploads", "symlinks_out"]
LISTS = {
    "vcs_exposed": "vcs",
    "dumps_in_root": "dumps",
    "config_readable": "secrets",
    "world_writable": "world_writable",
    "php_in_uploads": "upload_php",
}


@pytest.mark.parametrize("control", [*PLAIN, "owner_writable", "site_served"])
def test_a_hardened_site_passes(control: str) -> None:
    assert finding(f"web.{control}").status is Status.PASS


@pytest.mark.parametrize("control", list(LISTS))
def test_each_weakness_is_found(control: str) -> None:
    item = SCRIPT if control == "php_in_uploads" else ITEM
    found = finding(f"web.{control}", changed(**{LISTS[control]: [item]}))
    assert found.status is Status.FAIL and found.violations == (item,)


@pytest.mark.parametrize("control", PLAIN)
def test_a_walk_cut_short_is_no_pass(control: str) -> None:
    areas = changed(cut_short=True)
    for kind in ("vcs", "dumps", "secrets", "world_writable", "upload_php", "links_out"):
        areas["files"]["roots"][0][kind] = []
    assert finding(f"web.{control}", areas).status is Status.NOT_EVALUATED


def test_a_root_that_was_not_read_is_no_pass() -> None:
    areas = facts()
    areas["files"]["roots"] = []
    assert finding("web.dumps_in_root", areas).status is Status.NOT_EVALUATED


def test_what_is_closed_already_is_no_weakness() -> None:
    closed = {**ITEM, "web_reads": False, "others_read": False}
    for control in ("vcs_exposed", "dumps_in_root", "config_readable"):
        assert finding(f"web.{control}", changed(**{LISTS[control]: [closed]})).status is Status.PASS


def test_some_code_that_can_be_changed_is_partial() -> None:
    code = [{"folder": ".", "files": 3, "writable": 0}, {"folder": "lib", "files": 2, "writable": 1}]
    assert finding("web.owner_writable", changed(code=code)).status is Status.PARTIAL
    assert finding("web.owner_writable", changed(code=code[1:])).status is Status.FAIL
    assert finding("web.owner_writable", changed(code=[])).status is Status.NOT_APPLICABLE


def test_wordpress_has_checks_of_its_own() -> None:
    site = SITE.model_copy(update={"application": "wordpress"})
    assert finding("web.php_in_uploads", changed(upload_php=[SCRIPT]), site=site).status is Status.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("names", "status"),
    [
        ((), Status.PASS),
        (("_",), Status.PASS),
        (("web2", "localhost"), Status.PASS),
        (("thu.bennua.test",), Status.PARTIAL),
        (("bennua.test", "thu.bennua.test"), Status.PARTIAL),
        (("*.bennua.test",), Status.PARTIAL),
    ],
)
def test_names_that_nobody_declared(names: tuple[str, ...], status: Status) -> None:
    found = finding("web.undeclared_vhost", vhosts=[vhost("bennua.test"), vhost(*names)])
    assert found.status is status
    if status is Status.PARTIAL:
        assert (
            found.violations[0]["file"] == "/etc/apache2/sites-enabled/x.conf" and "listens" not in found.violations[0]
        )


@pytest.mark.parametrize(
    ("vhosts", "status"),
    [
        ([], Status.FAIL),
        ([vhost("other.test")], Status.FAIL),
        ([vhost("bennua.test", root="/var/www/html")], Status.FAIL),
        ([vhost("bennua.test", root=None)], Status.FAIL),
        ([vhost("bennua.test", root="/var/www/bennua.test/")], Status.PASS),
        ([vhost("www.bennua.test", root=None, proxies_to=("127.0.0.1:3000",))], Status.PASS),
    ],
)
def test_a_declared_site_is_served(vhosts: list[dict[str, Any]], status: Status) -> None:
    assert finding("web.site_served", vhosts=vhosts).status is status


@pytest.mark.parametrize(
    ("text", "status"),
    [
        (None, Status.FAIL),
        ({"contact": "mailto:a@bennua.test", "expires": 2**33}, Status.PASS),
        ({"contact": "mailto:a@bennua.test", "expires": 1}, Status.FAIL),
        ({"contact": None, "expires": 2**33}, Status.FAIL),
        ({"contact": "mailto:a@bennua.test", "expires": None}, Status.FAIL),
    ],
)
def test_a_contact_that_holds(text: dict[str, Any] | None, status: Status) -> None:
    assert finding("web.security_contact", changed(security_txt=text)).status is status


# --- the role's own filters ---------------------------------------------------------------------------


def plugin(role: str, name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, access.role(role) / "filter_plugins" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


web = plugin("web", "web")
site = plugin("survey", "site")

SITES = [
    {"domain": "a.test", "document_root": "/srv/a", "aliases": ["www.a.test"]},
    {"domain": "b.test", "document_root": "/srv/b"},
    {"domain": "c.test"},
]


def test_only_declared_roots_of_the_sites_asked_for() -> None:
    apply = {"web.dumps_in_root": ["a.test", "c.test", "evil.test"], "web.vcs_exposed": ["a.test"], "ssh.x": ["b.test"]}
    assert web.protections(SITES, apply) == [{"domain": "a.test", "root": "/srv/a", "kinds": ["vcs", "dumps"]}]


def areas(*pools: tuple[str, str], backends: tuple[str, ...] = ("unix:/a",)) -> dict[str, Any]:
    return {
        "nginx": {"data": {"vhosts": [{"names": ["www.a.test"], "php_backends": list(backends)}]}},
        "apache": {"data": None},
        "php_fpm": {"data": {"pools": [{"backend": backend, "user": user} for backend, user in pools]}},
    }


def test_the_account_of_a_sites_own_code() -> None:
    assert (
        site.find_account_running_code_of_site("a.test", SITES, areas(("unix:/a", "anh"), ("unix:/b", "binh"))) == "anh"
    )
    assert site.find_account_running_code_of_site("b.test", SITES, areas(("unix:/a", "anh"))) is None
    assert (
        site.find_account_running_code_of_site(
            "a.test", SITES, areas(("unix:/a", "anh"), ("unix:/b", "binh"), backends=("unix:/a", "unix:/b"))
        )
        is None
    )
    assert site.find_account_running_code_of_site("a.test", SITES, areas(backends=("mod_php",))) == "www-data"


def test_files_are_not_asked_for_where_every_page_is_another_programs() -> None:
    site = SITE.model_copy(update={"document_root": None, "application": "own"})
    proxy = vhost("bennua.test", root=None, proxies_to=("127.0.0.1:3000",))
    plain = {**proxy, "proxied": False}
    for control in (*PLAIN, "owner_writable", "security_contact"):
        assert finding(f"web.{control}", site=site, vhosts=[{**proxy, "proxied": True}]).status is Status.NOT_APPLICABLE
        assert finding(f"web.{control}", site=site, vhosts=[plain]).status is Status.NOT_EVALUATED
        both = [{**proxy, "proxied": True}, plain]
        assert finding(f"web.{control}", site=site, vhosts=both).status is Status.NOT_EVALUATED


def test_an_application_that_nobody_declared_is_recognised() -> None:
    areas = facts()
    path = areas["files"]["roots"][0]["path"]
    areas["applications"] = {
        "wordpress": [],
        "joomla": [],
        "nukeviet": [],
        "others": [{"kind": "nukeviet", "path": path, "version": "4.5.06", "installers": [INSTALLER]}],
        "cut_short": [],
    }
    site = SITE.model_copy(update={"application": None})
    assert finding("web.installer_left", areas, site=site).status is Status.FAIL
    areas["applications"]["others"][0]["installers"] = []
    assert finding("web.installer_left", areas, site=site).status is Status.PASS
    areas["applications"]["others"] = []
    assert finding("web.installer_left", areas, site=site).status is Status.NOT_APPLICABLE
    areas["applications"]["cut_short"] = [path]
    assert finding("web.installer_left", areas, site=site).status is Status.NOT_EVALUATED


OPENINGS = ("status_open", "database_tools", "writes_open", "cors_open", "serves_private", "phpinfo")
INSTALLER = {"path": "/var/www/x/install", "owner": "root", "group": "root", "mode": 0o755, "kind": "dir"}


@pytest.mark.parametrize(
    ("control", "told"),
    [
        ("status_open", {"status_open": ["/server-status"]}),
        ("database_tools", {"database_tools": ["/phpmyadmin/index.php"]}),
        ("dav_open", {"writes_open": ["/kho"]}),
        ("cors_credentials", {"cors_open": ["x:1"]}),
        ("phpinfo", {"phpinfo": ["/info.php"]}),
    ],
)
def test_what_strangers_reach_on_any_virtual_host(control: str, told: dict[str, Any]) -> None:
    closed: dict[str, list[str]] = {name: [] for name in OPENINGS}
    one = {**vhost("bennua.test"), "cors_known": True}
    assert finding(f"web.{control}", vhosts=[{**one, **closed}]).status is Status.PASS
    assert finding(f"web.{control}", vhosts=[{**one, **closed, **told}]).status is Status.FAIL


def test_who_was_not_seen_to_answer_strangers_scripts_has_not_passed() -> None:
    unseen = {**vhost("bennua.test"), "cors_open": [], "cors_known": False}
    assert finding("web.cors_credentials", vhosts=[unseen]).status is Status.NOT_EVALUATED
    assert finding("web.cors_credentials", vhosts=[{**unseen, "cors_open": ["x:1"]}]).status is Status.FAIL


KEPT = (
    "/mau-don.zip",
    "/tai-lieu/bao-cao.rar",
    "/uploads/site.zip",
    "/vbpl/luat.sql.pdf",
    "/webgis.zip",
    "/olds",
    "/save",
)


@pytest.mark.parametrize("server", ["nginx", "apache"])
def test_what_is_denied_as_a_backup_is_each_name_that_is_tried_and_no_document(server: str) -> None:
    if server == "nginx":
        text = (resources.get_roles_folder() / "nginx" / "templates" / "site.conf.j2").read_text("utf-8")
        part = text.split("# nginx.backup_files")[1].split("{% endif %}")[0]
        patterns = [f"(?i){one}" for one in re.findall(r'\$uri ~\* "(.*)"', part)]
    else:
        patterns = re.findall(r'<LocationMatch "(.*)">', plugin("apache", "apache").SITE_RULES["apache.backup_files"])
    assert len(patterns) == 2
    denied = [uri for uri in (*request_uris.BACKUPS, *KEPT) if any(re.search(one, uri) for one in patterns)]
    assert denied == list(request_uris.BACKUPS)
