"""WordPress: read as data from files that a site's own code may have arranged, and judged without running any."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import pwd
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.sites import own_code, site_applications, webroot
from ansible.module_utils.luytre.web import applications as area
from ansible.module_utils.luytre_shared.applications import registry, wordpress, wordpress_extensions
from ansible.module_utils.luytre_shared.databases import mariadb_client, site_database
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget
from ansible.module_utils.luytre_shared.parsers import php_source

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts._base import Area
from auditor.models import Finding, Host, Site, Status

ROLE = Path(__file__).parents[5] / "roles" / "wordpress"
CATALOGUE = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
NOW = 1_795_500_000
DAY = 86_400
LOADS = "require_once ABSPATH . 'wp-settings.php';\n"
CONFIG = """<?php
define( 'DB_NAME', 'antruc_wp' );
define( 'DB_USER', 'antruc' );
define( 'DB_PASSWORD', 'khong-duoc-lo' );
define( 'DB_HOST', 'localhost' );
%s
$table_prefix = 'wp_';
if ( ! defined( 'WP_DEBUG' ) ) {
\tdefine( 'WP_DEBUG', false );
}
%s""" % ("\n".join(f"define( '{name}', '{name.lower()}-{'x' * 60}' );" for name in wordpress.SALTS), LOADS)  # noqa: UP031
ROWS: list[list[str | None]] = [
    ["option", "siteurl", "https://antruc.test"],
    ["option", "home", "https://antruc.test"],
    ["option", "default_role", "subscriber"],
    ["option", "users_can_register", "0"],
    ["option", "template", "cong-lang"],
    ["option", "stylesheet", "cong-lang-con"],
    ["option", "active_plugins", 'a:1:{i:0;s:19:"akismet/akismet.php";}'],
    ["admin", "1", "bientap", "1795000000"],
    ["admin", "2", "admin", "1676340000"],
    [
        "seen",
        "1",
        'a:1:{s:64:"5EC4E7";a:4:{s:10:"expiration";i:1795600000;s:2:"ip";s:9:"127.0.0.1";s:5:"login";i:1795400000;}}',
    ],
    ["wrote", "2", "1676340005"],
]

_SPEC = importlib.util.spec_from_file_location("wordpress_filters", ROLE / "filter_plugins" / "wordpress.py")
assert _SPEC is not None
assert _SPEC.loader is not None
filters = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(filters)


def put(root: Path, path: str, content: str = "<?php\n", mode: int = 0o644) -> Path:
    file = root / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, "utf-8")
    file.chmod(mode)
    return file


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A small WordPress as its folder looks."""
    root = tmp_path / "www" / "antruc.test"
    put(root, "wp-includes/version.php", "<?php\n// $wp_version = '4.0';\n$wp_version = '6.8.12';\n")
    put(root, "wp-config.php", CONFIG, 0o640)
    for path in ("index.php", "wp-settings.php", "wp-admin/index.php", "wp-includes/load.php"):
        put(root, path)
    put(root, "wp-content/plugins/akismet/akismet.php", "<?php\n/*\n * Plugin Name: Akismet\n * Version: 5.5\n */\n")
    put(root, "wp-content/plugins/hello.php", "<?php\n/* Plugin Name: Hello\nVersion: 1.7 */\n")
    put(root, "wp-content/themes/cong-lang/style.css", "/*\nTheme Name: Cổng làng\nVersion: 2.1\n*/\n")
    put(root, "wp-content/uploads/index.php", "<?php\n// Silence is golden.\n")
    return root


@pytest.fixture(autouse=True)
def _no_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mariadb_client, "is_mariadb_running", lambda _reading: False)


def read(site: Path, web: Any = None) -> dict[str, Any]:
    reading = AreaReader({}, 20)
    cms, web = registry.CMS_BY_KIND["wordpress"], web or webroot.WebUsers(["www-data"])
    told: dict[str, Any] = cms.collect_instance(
        site_applications.InstalledApplication("wordpress", str(site), ""), reading
    )
    return {**told, **own_code.compare_instance_with_release(cms, str(site), told["version"], web, reading)}


class _Server(Area):
    vhosts: list[dict[str, Any]]


def vhost(**more: Any) -> dict[str, Any]:
    return {
        "names": ["antruc.test"],
        "root": "/var/www/antruc.test",
        "php_backends": [],
        "proxies_to": [],
        "tls": None,
        "listens": [],
        "pages": True,
        "denies": [],
        **more,
    }


def finding(
    control: str,
    instance: dict[str, Any] | None,
    others: tuple[dict[str, Any], ...] = (),
    vhosts: tuple[dict[str, Any], ...] = (vhost(),),
    cut_short: tuple[str, ...] = (),
) -> Finding:
    found = [*([{**instance, "path": "/var/www/antruc.test"}] if instance else []), *others]
    data: dict[str, Area] = {
        "applications": load_fact_area_models()["applications"].model_validate(
            {"wordpress": found, "joomla": [], "nukeviet": [], "others": [], "cut_short": list(cut_short)}
        ),
        "nginx": _Server(vhosts=list(vhosts)),
        "apache": _Server(vhosts=[]),
    }
    one = Site(
        domain="antruc.test", aliases=(), host="web1", document_root="/var/www/antruc.test", application="wordpress"
    )
    host = Host(name="web1", address="10.213.47.11", sites=(one,))
    catalogue = Catalogue(controls=(CATALOGUE[f"wordpress.{control}"],))
    (result,) = evaluate_host(catalogue, host, HostFacts(NOW, data, {}, {}))
    return result


def with_database(site: Path, rows: list[list[str | None]] = ROWS) -> dict[str, Any]:
    data = wordpress.parse_wordpress_rows(rows)
    path = str(site)
    return {
        **read(site),
        "database": data,
        "plugins": wordpress_extensions.list_wordpress_plugins(path, set(data["active_plugins"])),
        "themes": wordpress_extensions.list_wordpress_themes(path, data),
    }


# --- constants ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("define( 'A', true );", True),
        ('define("A",FALSE);', False),
        ("define('A', null);", False),
        ("define('A', 7);", 7),
        ("define('A', 'x y');", "x y"),
        ("const A = 'x';", "x"),
        ("defined( 'A' ) || define( 'A', true );", True),
        ("if ( ! defined( 'A' ) ) {\n  define( 'A', true );\n}", True),
        ("define('A', true); define('A', false);", True),
        ("", None),
        ("// define('A', true);\n# define('A', true);\n/* define('A', true); */", None),
        ("$x = \"define('A', true);\"; $y = 'define(\"A\", true);';", None),
        ("?>\ndefine('A', true);\n<?php", None),
        ("$o->define('A', true);", None),
        (r"define('A', 'a\'b\\c\d');", r"a'b\c\d"),
        (r"define('A', 'a\\');", "a\\"),
        ("define('A', getenv('A'));", "unknown"),
        ("define('A', 'a' . 'b');", "unknown"),
        ('define("A", "$x");', "unknown"),
        ("if ( $_GET['x'] ) { define('A', true); }", "unknown"),
        ("if ( $_GET['x'] ) { define('A', true); } define('A', true);", True),
        ("if ( $_GET['x'] ) { define('A', true); } define('A', false);", "unknown"),
        ("require '/etc/other.php'; define('A', true);", True),
        ("require '/etc/other.php'; define('A', true); if (x) { define('A', 1); }", True),
        ("require '/etc/other.php';", "unknown"),
        ("$x = <<<EOT\ndefine('A', true);\nEOT;\n", None),
    ],
)
def test_a_constant_is_what_php_would_make_of_it(code: str, value: Any) -> None:
    told = php_source.read_php_constants(f"<?php\n{code}\n{LOADS}".encode(), ("A",))["A"]
    assert type(told) is type(value)
    assert told == value


def test_what_comes_after_wordpress_is_loaded_is_too_late() -> None:
    assert php_source.read_php_constants(f"<?php\n{LOADS}define('A', true);".encode(), ("A",)) == {"A": None}


def test_what_is_defined_too_often_is_not_known_and_nothing_else_is_lost() -> None:
    often = "<?php\n" + "define('A', 1);\n" * 60 + "define('B', 2);\n"
    assert php_source.read_php_constants(often.encode(), ("A", "B")) == {"A": "unknown", "B": 2}


def test_garbage_defines_nothing() -> None:
    assert php_source.read_php_constants(bytes(range(256)) * 40, ("A", "B")) == {"A": None, "B": None}


# --- one instance -----------------------------------------------------------------------------------------


def test_an_instance_as_it_lies_there(site: Path) -> None:
    told = read(site)
    load_fact_area_models()["applications"].model_validate(
        {"wordpress": [told], "joomla": [], "nukeviet": [], "others": [], "cut_short": []}
    )
    assert told["version"] == "6.8.12"
    assert told["constants"]["DB_NAME"] == "antruc_wp"
    assert told["constants"]["WP_DEBUG"] is False
    assert told["salts"]["present"] == 8
    assert told["salts"]["fingerprint"] is not None
    assert [one["slug"] for one in told["plugins"]] == ["akismet", "hello"]
    assert told["uploads_php"] == []
    assert told["database"] is None


def test_no_secret_leaves(site: Path) -> None:
    told = json.dumps(with_database(site))
    assert "khong-duoc-lo" not in told
    assert "5EC4E7" not in told
    assert "auth_key-xxx" not in told


def test_a_link_for_a_configuration_is_not_followed(site: Path, tmp_path: Path) -> None:
    secret = put(tmp_path, "shadow", "<?php define('DB_NAME', 'shadow');")
    (site / "wp-config.php").unlink()
    (site / "wp-config.php").symlink_to(secret)
    told = read(site)
    assert told["config"] is None
    assert told["constants"]["DB_NAME"] is None
    assert finding("config_perms", told).status is Status.NOT_EVALUATED


def test_linked_folders_are_not_entered(site: Path, tmp_path: Path) -> None:
    put(tmp_path, "elsewhere/evil.php")
    (site / "wp-content/uploads/2026").symlink_to(tmp_path / "elsewhere")
    (site / "wp-content/plugins/lien-ket").symlink_to(tmp_path / "elsewhere")
    told = read(site)
    assert told["uploads_php"] == []
    assert [one["slug"] for one in told["plugins"]] == ["akismet", "hello"]


def test_a_configuration_one_folder_above_is_found(site: Path) -> None:
    (site / "wp-config.php").rename(site.parent / "wp-config.php")
    told = read(site)
    assert told["config_above"]
    assert told["constants"]["DB_USER"] == "antruc"


def test_scripts_among_uploads(site: Path) -> None:
    put(site, "wp-content/uploads/2026/anh.jpg.PHTML")
    put(site, "wp-content/uploads/2026/trong.php", "<?php\n// nothing\n")
    put(site, "wp-content/uploads/2026/index.php", "<?php\n/* Silence is golden. */\n")
    put(site, "wp-content/uploads/2026/khoa.php", mode=0o600)
    put(site, "wp-content/uploads/2026/anh.jpg")
    told = read(site)
    names = {Path(one["path"]).name: one["shut"] for one in told["uploads_php"]}
    assert names == {"anh.jpg.PHTML": False, "trong.php": False, "khoa.php": os.getuid() == 0}
    assert finding("uploads_php", told).status is Status.FAIL


def test_a_shell_stands_before_any_number_of_other_scripts(site: Path) -> None:
    for number in range(own_code.MAX_SHOWN + 5):
        put(site, f"wp-content/uploads/a/{number}.php", "<?php echo 1;")
    put(site, "wp-content/uploads/z/z.php", "<?php @eval($_POST['x']);")
    told = read(site)["uploads_php"]
    assert told[0]["path"].endswith("/z/z.php") and told[0]["acts_on_input"]
    assert len(told) == own_code.MAX_SHOWN


def test_a_walk_that_was_cut_short_is_no_pass(site: Path) -> None:
    told = {**read(site), "uploads_cut_short": True}
    assert finding("uploads_php", told).status is Status.NOT_EVALUATED
    cut = {**told["core"], "writable": 0, "writable_examples": [], "cut_short": True}
    assert finding("core_writable", {**told, "core": cut}).status is Status.NOT_EVALUATED
    found = {**cut, "writable": 1, "writable_examples": ["index.php"]}
    assert finding("core_writable", {**told, "core": found}).status is Status.FAIL


def test_core_that_came_later(site: Path) -> None:
    file = put(site, "wp-includes/class-wp-cache.php")
    assert read(site)["core"]["newer"] == []
    os.utime(file, (site.stat().st_mtime + 2 * DAY, site.stat().st_mtime + 2 * DAY))
    told = read(site)
    assert told["core"]["newer"] == ["wp-includes/class-wp-cache.php"]
    assert finding("core_modified", told).status is Status.FAIL


def test_core_that_differs_from_the_package(site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = ["index.php", "wp-settings.php", "wp-admin/index.php", "wp-includes/load.php", "wp-includes/version.php"]
    sums = [f"{hashlib.md5((site / name).read_bytes()).hexdigest()}  usr/share/wordpress/{name}\n" for name in known]  # noqa: S324
    monkeypatch.setattr(own_code, "DPKG_INFO", str(put(tmp_path, "wordpress.md5sums", "".join(sums)).parent))
    monkeypatch.setattr(own_code, "read_version_of_debian_package", lambda _cms: "6.8.12")
    assert read(site)["core"]["differing"] == []
    put(site, "wp-includes/load.php", "<?php // changed\n")
    put(site, "wp-admin/moi.php")
    told = read(site)["core"]
    assert told["checksums"] == "debian"
    assert told["differing"] == ["wp-admin/moi.php", "wp-includes/load.php"]


def test_core_that_the_web_may_write(site: Path) -> None:
    closed = read(site)["core"]
    assert closed["writable"] == 0
    (site / "wp-includes").chmod(0o777)
    told = read(site)
    assert told["core"]["writable_examples"] == ["wp-includes"]
    assert finding("core_writable", told).status is Status.FAIL


@pytest.mark.parametrize(
    ("mode", "status"),
    [(0o600, Status.PASS), (0o640, Status.PASS), (0o644, Status.FAIL), (0o660, Status.FAIL), (0o641, Status.FAIL)],
)
def test_modes_of_the_configuration(site: Path, mode: int, status: Status) -> None:
    (site / "wp-config.php").chmod(mode)
    assert finding("config_perms", read(site)).status is status


# --- database ---------------------------------------------------------------------------------------------


def test_what_a_database_answers_is_cut_to_what_a_site_has() -> None:
    long = "x" * 100_000
    told = wordpress.parse_wordpress_rows(
        [["admin", "1", long, "0"], *(["option", name, long] for name in ("siteurl", "home"))]
    )
    assert len(json.dumps(told)) < 10_000


def test_administrators_and_when_they_were_seen() -> None:
    told = wordpress.parse_wordpress_rows(ROWS)
    assert told["administrators"] == [
        {"login": "admin", "registered": 1676340000, "last_seen": None},
        {"login": "bientap", "registered": 1795000000, "last_seen": 1795400000},
    ]
    assert told["active_plugins"] == ["akismet/akismet.php"]


def test_idle_administrators_are_found(site: Path) -> None:
    found = finding("stale_admin", with_database(site))
    assert found.status is Status.PARTIAL
    assert [one["login"] for one in found.violations] == ["admin"]
    old = [row if row[0] != "seen" else ["seen", "1", "1780000000"] for row in ROWS]
    assert len(finding("stale_admin", with_database(site, old)).violations) == 2


def test_an_unread_database_is_no_pass(site: Path) -> None:
    told = read(site)
    for control in ("stale_admin", "registration", "site_url", "admins", "plugins_inactive"):
        assert finding(control, told).status is Status.NOT_EVALUATED


def test_the_list_of_administrators_waits_for_a_person(site: Path) -> None:
    found = finding("admins", with_database(site))
    assert found.status is Status.MANUAL
    assert any("administrators" in item.path for item in found.evidence)


@pytest.mark.parametrize(
    ("url", "status"),
    [
        ("https://antruc.test/", Status.PASS),
        ("http://www.antruc.test", Status.PASS),
        ("https://ANTRUC.test:443", Status.PASS),
        ("https://antruc.test.trang-la.test", Status.FAIL),
        ("https://antruc.test@trang-la.test/", Status.FAIL),
        ("javascript:alert(1)", Status.FAIL),
        ("", Status.FAIL),
    ],
)
def test_addresses_in_the_database(site: Path, url: str, status: Status) -> None:
    rows = [*ROWS[2:], ["option", "siteurl", "https://antruc.test"], ["option", "home", url]]
    found = finding("site_url", with_database(site, rows))
    assert found.status.is_open == (status is Status.FAIL)


@pytest.mark.parametrize(("role", "status"), [("subscriber", Status.PASS), ("author", Status.FAIL)])
def test_open_registration(site: Path, role: str, status: Status) -> None:
    rows = [*ROWS, ["option", "users_can_register", "1"], ["option", "default_role", role]]
    assert finding("registration", with_database(site, rows)).status is status


def test_plugins_that_are_there_unused(site: Path) -> None:
    found = finding("plugins_inactive", with_database(site))
    assert found.status is Status.PARTIAL
    assert [one["slug"] for one in found.violations] == ["hello"]


@pytest.mark.parametrize(
    ("line", "replacement", "why"),
    [
        ("'antruc_wp'", "'a`; DROP'", "not_plain"),
        ("$table_prefix = 'wp_'", "$table_prefix = 'wp_`; --'", "not_plain"),
        ("'antruc_wp'", "getenv('X')", "not_plain"),
        ("'khong-duoc-lo'", "getenv('X')", "not_plain"),
        ("'localhost'", "'db.antruc.test'", "elsewhere"),
        ("'localhost'", "'127.0.0.1.antruc.test'", "elsewhere"),
        ("'localhost'", "'localhost:/tmp/mysqld.sock'", "another_server"),
        ("'localhost'", "'127.0.0.1:1'", "another_server"),
    ],
)
def test_what_is_not_asked_tells_why(
    site: Path, monkeypatch: pytest.MonkeyPatch, line: str, replacement: str, why: str
) -> None:
    monkeypatch.setattr(mariadb_client, "is_mariadb_running", lambda _reading: True)
    monkeypatch.setattr(mariadb_client, "find_mariadb_client", lambda reading: "/bin/false")
    put(site, "wp-config.php", CONFIG.replace(line, replacement))
    told = read(site)
    assert told["database"] is None
    assert told["database_unread"] == {"why": why, "file": str(site / "wp-config.php"), "account": "antruc"}
    found = finding("registration", told)
    assert found.status is Status.NOT_EVALUATED
    assert found.reason is not None
    assert str(site / "wp-config.php") in found.reason.vi
    assert found.reason.vi != found.reason.en


def test_a_password_is_written_for_the_client_as_the_client_reads_it() -> None:
    login = site_database.Login("antruc", "a#'b\"c\\d ê", "localhost", "x")
    assert '\npassword="a#\'b\\"c\\\\d ê"\n' in site_database.render_mysql_option_file(login).decode()
    for word in ("a\nuser=root", "a\0", "a" * 1000):
        with pytest.raises(site_database.DatabaseUnanswered):
            site_database.render_mysql_option_file(login._replace(password=word))


def test_who_asks_is_nobody() -> None:
    uid = site_database.find_uid_without_name_and_process()
    with pytest.raises(KeyError):
        pwd.getpwuid(uid)


# --- judging ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "status"),
    [
        ("6.8.12", Status.PASS),
        ("6.8.2", Status.FAIL),
        ("6.4.5", Status.FAIL),
        ("6.9", Status.PASS),
        ("7.1.1", Status.PASS),
        (None, Status.NOT_EVALUATED),
    ],
)
def test_branches_by_date(site: Path, version: str | None, status: Status) -> None:
    assert finding("core_supported", {**read(site), "version": version}).status is status


@pytest.mark.parametrize(
    ("constants", "control", "status"),
    [
        ({"DISALLOW_FILE_EDIT": True}, "file_edit", Status.PASS),
        ({"DISALLOW_FILE_MODS": True}, "file_edit", Status.PASS),
        ({"DISALLOW_FILE_EDIT": "unknown"}, "file_edit", Status.FAIL),
        ({}, "file_edit", Status.FAIL),
        ({"WP_DEBUG": None}, "debug", Status.PASS),
        ({"WP_DEBUG": True}, "debug", Status.FAIL),
        ({"WP_DEBUG": "unknown"}, "debug", Status.FAIL),
        ({"WP_DEBUG": True, "WP_DEBUG_DISPLAY": False}, "debug", Status.PASS),
    ],
)
def test_switches(site: Path, constants: dict[str, Any], control: str, status: Status) -> None:
    told = read(site)
    assert finding(control, {**told, "constants": {**told["constants"], **constants}}).status is status


def test_automatic_updates_matter_where_the_code_is_writable(site: Path) -> None:
    told = read(site)
    assert finding("auto_update", told).status is Status.NOT_APPLICABLE
    told = {**told, "core": {**told["core"], "writable": 3}}
    assert finding("auto_update", told).status is Status.PASS
    for constants in (
        {"AUTOMATIC_UPDATER_DISABLED": True},
        {"WP_AUTO_UPDATE_CORE": False},
        {"DISALLOW_FILE_MODS": True},
    ):
        assert finding("auto_update", {**told, "constants": {**told["constants"], **constants}}).status is Status.FAIL


@pytest.mark.parametrize(
    ("line", "replacement"),
    [
        ("'nonce_salt-" + "x" * 60 + "'", "'put your unique phrase here'"),
        ("'nonce_salt-" + "x" * 60 + "'", "'auth_key-" + "x" * 60 + "'"),
        ("'nonce_salt-" + "x" * 60 + "'", "'ngan'"),
        ("define( 'NONCE_SALT'", "define( 'NONCE_MUOI'"),
    ],
)
def test_weak_salts(site: Path, line: str, replacement: str) -> None:
    assert finding("salts", read(site)).status is Status.PASS
    put(site, "wp-config.php", CONFIG.replace(line, replacement))
    assert finding("salts", read(site)).status is Status.FAIL


def test_salts_of_two_sites(site: Path) -> None:
    told = read(site)
    other = {**told, "path": "/var/www/khac.test"}
    assert finding("salts_own", told).status is Status.PASS
    assert finding("salts_own", told, (other,)).status is Status.FAIL


def test_xmlrpc_of_every_virtual_host_with_pages(site: Path) -> None:
    denying = vhost(denies=["/xmlrpc.php", "/wp-config.php"])
    told = read(site)
    assert finding("xmlrpc", told, vhosts=(denying, vhost(pages=False))).status is Status.PASS
    assert finding("xmlrpc", told, vhosts=(denying, vhost())).status is Status.FAIL


def test_a_site_without_wordpress() -> None:
    assert {finding(one.id.split(".")[1], None).status for one in CATALOGUE.controls} == {Status.NOT_APPLICABLE}


# --- finding --------------------------------------------------------------------------------------------------


def test_applications_are_found_by_their_own_files(tmp_path: Path) -> None:
    www = tmp_path / "www"
    put(www, "a/public/wp-includes/version.php")
    put(www, "b/administrator/manifests/files/joomla.xml", "<extension><version>5.1.2</version></extension>")
    put(www, "c/includes/mainfile.php")
    put(www, "c/data/config/config_global.php", "<?php\n$global_config['version'] = '4.5.06';\n")
    put(www, "d/core/lib/Drupal.php", "<?php\nclass Drupal { const VERSION = '10.3.1'; }\n")
    put(www, "e/f/g/h/wp-includes/version.php")
    (www / "lien-ket").symlink_to(www / "a")
    found, cut_short = site_applications.search_roots_for_applications([str(www)], TimeBudget(20))
    assert cut_short == []
    assert sorted((each.kind, each.relative) for each in found) == [
        ("drupal", "d"),
        ("joomla", "b"),
        ("nukeviet", "c"),
        ("wordpress", "a/public"),
    ]
    versions = {each.kind: each.describe_as_fact()["version"] for each in found if each.kind != "wordpress"}
    assert versions == {"drupal": "10.3.1", "joomla": "5.1.2", "nukeviet": "4.5.06"}


def test_a_site_full_of_folders_and_false_applications_hides_no_other_site(tmp_path: Path) -> None:
    full, other = tmp_path / "www" / "a", tmp_path / "www" / "b"
    for number in range(site_applications.MAX_FOUND + 10):
        put(full, f"{number}/wp-includes/version.php")
    put(other, "c/wp-includes/version.php")
    wide = str(tmp_path / "www")
    found, cut_short = site_applications.search_roots_for_applications([wide, str(full), str(other)], TimeBudget(60))
    assert [each.path for each in found if each.root == str(other)] == [f"{other}/c"]
    assert len([each for each in found if each.root == str(full)]) == site_applications.MAX_FOUND
    assert str(full) in cut_short and str(other) not in cut_short


def test_an_application_that_takes_its_time_leaves_the_others_theirs(tmp_path: Path) -> None:
    many = [site_applications.InstalledApplication("wordpress", "/a", str(number)) for number in range(99)]
    one = site_applications.InstalledApplication("wordpress", "/b", "")
    seconds = {
        each.path: part.get_seconds_left()
        for each, part in area._iter_applications_with_time_shares([*many, one], AreaReader({}, 1000))
    }
    assert seconds["/b"] > 400 > seconds["/a/0"]


def test_a_site_that_was_not_searched_to_its_end_is_not_taken_for_none_of_wordpress() -> None:
    assert finding("core_supported", None).status is Status.NOT_APPLICABLE
    assert finding("core_supported", None, cut_short=("/var/www/other.test",)).status is Status.NOT_APPLICABLE
    assert finding("core_supported", None, cut_short=("/var/www",)).status is Status.NOT_EVALUATED


# --- closing --------------------------------------------------------------------------------------------------


def test_only_declared_wordpress_sites_are_changed() -> None:
    declared = [
        {"domain": "a.test", "application": "wordpress", "document_root": "/var/www/a"},
        {"domain": "b.test", "application": "own", "document_root": "/var/www/b"},
        {"domain": "c.test", "application": "wordpress"},
    ]
    apply = {
        "wordpress.core_writable": ["a.test", "b.test", "c.test"],
        "wordpress.config_perms": ["a.test"],
        "wordpress.debug": ["a.test", "b.test"],
    }
    assert filters.protections(declared, apply) == [
        {"domain": "a.test", "root": "/var/www/a", "kinds": ["wordpress_config", "own_code"]}
    ]
    assert filters.defines(declared, apply) == [
        {"domain": "a.test", "root": "/var/www/a", "define": define}
        for define in (
            {"name": "WP_DEBUG", "value": "false"},
            {"name": "FS_METHOD", "value": "direct", "keep": True, "only_beside": "wp-settings.php"},
        )
    ]
