"""What is known of applications by their files, and what follows from it for files that lie in them."""

from __future__ import annotations

import os
import re
import time
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers import inert_php
from ansible.module_utils.luytre.sites import site_applications, webroot
from ansible.module_utils.luytre.web import files
from ansible.module_utils.luytre.web_servers import exposed_paths
from ansible.module_utils.luytre_shared.applications import known_layouts
from ansible.module_utils.luytre_shared.os.time_budget import TimeBudget

GUARD = "<?php\n\n/**\n * NukeViet\n */\n\nif (!defined('NV_MAINFILE')) {\n    exit('Stop!!!');\n}\n\n"
SHELL = "<?php @eval($_POST['x']); ?>"
APPLICATIONS = {
    "nukeviet": {
        "includes/mainfile.php": "<?php",
        "data/config/config_global.php": GUARD + "$global_config['version'] = '4.5.06';\n",
        "config.php": GUARD + "$db_config['dbpass'] = 'bi mat 123';\n",
    },
    "joomla": {
        "administrator/manifests/files/joomla.xml": "<extension><version>5.1.2</version></extension>",
        "configuration.php": "<?php class JConfig { public $password = 'bi mat 123'; }",
    },
    "drupal": {"core/lib/Drupal.php": "<?php\nclass Drupal {\n  const VERSION = '10.3.1';\n}"},
    "dokuwiki": {
        "doku.php": "<?php",
        "inc/init.php": "<?php",
        "lib/exe/fetch.php": "<?php",
        "VERSION": '2024-02-06b "Kaos"\n',
    },
    "mediawiki": {
        "load.php": "<?php",
        "api.php": "<?php",
        "includes/Defines.php": "<?php\ndefine( 'MW_VERSION', '1.39.7' );\n",
    },
    "spip": {
        "spip.php": "<?php include 'ecrire/public.php';",
        "ecrire/inc_version.php": "<?php\n$spip_version_branche = '4.4.30';\n$spip_version_base = 2026;\n",
    },
    "moodle": {
        "lib/moodlelib.php": "<?php",
        "version.php": "<?php\n$release  = '4.1.2 (Build: 20230313)';\n",
    },
    "wordpress": {"wp-includes/version.php": "<?php\n$wp_version = '6.5.2';\n"},
}
VERSIONS = {
    "nukeviet": "4.5.06",
    "joomla": "5.1.2",
    "drupal": "10.3.1",
    "dokuwiki": "2024-02-06b",
    "mediawiki": "1.39.7",
    "moodle": "4.1.2",
    "wordpress": "6.5.2",
    "spip": "4.4.30",
}


def put(root: Path, name: str, content: str = "x") -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def laid(root: Path, kind: str, **more: str) -> Path:
    """A root with that application in it."""
    for name, content in APPLICATIONS[kind].items():
        put(root, name, content)
    return root


def walk(root: Path) -> dict[str, Any]:
    users = webroot.WebUsers(["www-data"])
    found: dict[str, Any] = files.describe_web_roots([str(root)], users, TimeBudget(10), 10_000)[0]
    return found


def paths(found: dict[str, Any], kind: str) -> list[str]:
    return sorted(item["path"] for item in found[kind])


def php(root: Path) -> list[str]:
    return [item["path"] for item in walk(root)["upload_php"]]


@pytest.mark.parametrize("kind", list(known_layouts.KINDS))
def test_each_application_is_told_by_its_files_with_its_version(tmp_path: Path, kind: str) -> None:
    laid(tmp_path, kind)
    found, _ = site_applications.search_roots_for_applications([str(tmp_path)], TimeBudget(5))
    assert [(each.kind, each.relative, each.read_version()) for each in found] == [(kind, "", VERSIONS[kind])]


def test_marks_beside_an_application_hide_none_of_it(tmp_path: Path) -> None:
    for layout in known_layouts.LAYOUTS:
        for mark in layout.marks[0]:
            (tmp_path / mark).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / mark).write_text("")
    found, _ = site_applications.search_roots_for_applications([str(tmp_path)], TimeBudget(10))
    assert [each.kind for each in found if not each.relative] == list(known_layouts.KINDS)
    uris = exposed_paths.build_private_uri_pattern(str(tmp_path))
    assert all(re.search(uris, uri) for uri in ("/config/connect.php", "/data/logs/a", "/administrator/logs/a"))


def test_some_of_its_files_make_no_application(tmp_path: Path) -> None:
    for name in ("doku.php", "version.php", "load.php", "includes/Defines.php", "includes/bootstrap.inc"):
        put(tmp_path, name)
    assert site_applications.search_roots_for_applications([str(tmp_path)], TimeBudget(5)) == ([], [])


def test_an_installer_left_is_told(tmp_path: Path) -> None:
    laid(tmp_path, "joomla")
    put(tmp_path, "installation/index.php")
    found, _ = site_applications.search_roots_for_applications([str(tmp_path)], TimeBudget(5))
    assert [mode["path"] for mode in found[0].describe_as_fact()["installers"]] == [f"{tmp_path}/installation"]


@pytest.mark.parametrize("name", ["install-old", "_installation", "cai-dat", "installation.bak"])
@pytest.mark.parametrize(
    ("kind", "marks"),
    [
        ("joomla", ("index.php", "configuration.php-dist")),
        ("nukeviet", ("index.php", "action_mysql.php", "data.php")),
        ("mediawiki", ("index.php", "overrides.php")),
    ],
)
def test_a_renamed_installer_is_told_by_its_files(tmp_path: Path, kind: str, marks: tuple[str, ...], name: str) -> None:
    laid(tmp_path / "wiki", kind)
    put(tmp_path / "wiki", "other/index.php")
    for mark in marks:
        put(tmp_path / "wiki", f"{name}/{mark}")
    found, _ = site_applications.search_roots_for_applications([str(tmp_path)], TimeBudget(5))
    assert [mode["path"] for mode in found[0].describe_as_fact()["installers"]] == [f"{tmp_path}/wiki/{name}"]


def test_applications_own_php_is_none_of_visitors_and_a_shell_beside_it_is_found(tmp_path: Path) -> None:
    laid(tmp_path, "nukeviet")
    put(tmp_path, "admin/upload/main.php", "<?php if (!defined('NV_IS_FILE_ADMIN')) { exit('Stop!!!'); } include $x;")
    put(tmp_path, "data/config/config_geo.php", GUARD + "$countries = array('VN' => array('Vietnam', 1.5), );\n")
    put(tmp_path, "data/ip/1.php", "<?php\n$ranges = [ 'a' => [16777216, 16777471, 'AU'], ];\n")
    put(tmp_path, "uploads/index.php", GUARD + "exit;\n")
    put(tmp_path, "uploads/users/index.php", GUARD + "system($_GET[0]);\n")
    put(tmp_path, "data/config/thumb.php", GUARD + SHELL[6:])
    put(tmp_path, "uploads/news/anh.php", "<?php echo 1;")
    put(tmp_path, "data/tmp/x.php", "<?php $a = 1;")
    shells, others = ["data/config/thumb.php", "uploads/users/index.php"], ["data/tmp/x.php", "uploads/news/anh.php"]
    assert sorted(php(tmp_path)[:2]) == shells and sorted(php(tmp_path)[2:]) == others


RANGES = (
    "<?php\n\n/**\n * @Project NUKEVIET 4.x\n */\n\n$ranges=array("
    + ",".join(f"{start}=>array({start + 255},'VN')" for start in range(3_000_000_000, 3_005_120_000, 256))
    + ");\n"
)
"""As many addresses as one of its tables has."""
SAID_OF_PHP = (
    GUARD
    + """$sys_info['disable_classes'] = [];
$sys_info['disable_functions'] = ['exec', 'passthru', 'system'];
$sys_info['ini_set_support'] = true;
$sys_info['supports_rewrite'] = 'nginx';
$sys_info['php_compress_methods'] = ['deflate' => 'gzdeflate', 'gzip' => 'gzencode'];
$sys_info['server_headers'] = ['server' => 'nginx','content-type' => 'text/html; charset=UTF-8'];

ini_set('display_startup_errors', '0');
ini_set('session.cookie_httponly', '1');
ini_set( "session.gc_maxlifetime", 3600 );
ini_set('user_agent', 'NV4');

$serverInfoUpdated = true;
$iniSaveTime = 1764490000;
"""
)
RELEASES = {
    "nukeviet": {
        "data/ip/185.php": RANGES,
        "data/ip6/2a03.php": RANGES,
        "data/config/config_ini.https.phuongtrung.test.php": SAID_OF_PHP,
        "data/config/banip.php": GUARD
        + "$array_banip_site['192.0.2.1'] = ['ip6' => 0, 'mask' => \"//\", 'endtime' => 0];\n",
        "data/tmp/config_0123456789abcdef0123456789abcdef.php": GUARD + "$db_config['dbhost'] = 'localhost';\n",
        "install/default.htaccess.txt": "RewriteEngine On\n",
        "uploads/news/index.html": "",
    },
    "joomla": {
        "installation/controller/install/database_backup.php": "<?php\ndefined('_JEXEC') or die;\nclass Backup {}\n",
        "installation/sql/mysql/joomla.sql": "CREATE TABLE `#__x` (`id` int);\n",
        "htaccess.txt": "RewriteEngine On\n",
        "images/index.html": "",
    },
    "mediawiki": {
        "maintenance/tables-generated.sql": "CREATE TABLE page ();\n",
        "maintenance/postgres/archives/patch-x.sql": "ALTER TABLE page ADD x int;\n",
        "extensions/AbuseFilter/db_patches/mysql/patch-y.sql": "ALTER TABLE y ADD x int;\n",
        "vendor/wikimedia/parsoid/tools/rtl.langs.json.txt": "[]",
    },
}


@pytest.mark.parametrize("kind", list(RELEASES))
def test_nothing_that_a_release_has_or_makes_by_itself_is_a_finding(tmp_path: Path, kind: str) -> None:
    laid(tmp_path, kind)
    for name, content in RELEASES[kind].items():
        put(tmp_path, name, content)
    found = walk(tmp_path)
    assert (paths(found, "dumps"), paths(found, "upload_php")) == ([], [])


def test_what_people_leave_beside_a_release_is_found(tmp_path: Path) -> None:
    left = [".htaccess.bak", "config.php.txt", "maintenance.sql", "sao-luu.zip", "data/config/config_global.php.old"]
    for kind in RELEASES:
        for name in left:
            put(laid(tmp_path / kind, kind), name)
        put(tmp_path / kind, "uploads/x.php", SAID_OF_PHP.replace("'user_agent'", "'auto_prepend_file'"))
        found = walk(tmp_path / kind)
        assert (paths(found, "dumps"), paths(found, "upload_php")) == (sorted(left), ["uploads/x.php"])
    put(tmp_path / "own", "maintenance/tables.sql")
    assert paths(walk(tmp_path / "own"), "dumps") == ["maintenance/tables.sql"]


def test_a_copy_that_is_run_is_closed_to_others_and_not_taken_from_the_site(tmp_path: Path) -> None:
    for kind in ("wordpress", "joomla", "nukeviet"):
        root = laid(tmp_path / kind, kind)
        put(root, "wp-config-backup.php", "<?php define('DB_PASSWORD', 'bi mat 123');")
        put(root, "config_old.php", "<?php $title = 'x';")
        found = walk(root)
        assert "wp-config-backup.php" in paths(found, "secrets") and paths(found, "dumps") == []
        assert "config_old.php" not in paths(found, "secrets")


def test_a_shell_stands_before_any_number_of_other_scripts(tmp_path: Path) -> None:
    for number in range(files.MAX_LISTED + 20):
        put(tmp_path, f"uploads/{number}.php", "<?php echo 1;")
    put(tmp_path, "uploads/zz/zz.php", SHELL)
    found = walk(tmp_path)
    assert found["upload_php"][0]["path"] == "uploads/zz/zz.php" and found["upload_php"][0]["acts_on_input"]
    assert len(found["upload_php"]) == files.MAX_LISTED
    assert found["counts"]["upload_php"] == files.MAX_LISTED + 21


def test_false_marks_in_an_upload_folder_hide_nothing(tmp_path: Path) -> None:
    put(tmp_path, "images/includes/mainfile.php")
    put(tmp_path, "images/x.php", SHELL)
    put(tmp_path, "uploads/a/administrator/manifests/files/joomla.xml")
    put(tmp_path, "uploads/a/x.php", SHELL)
    assert {"images/x.php", "uploads/a/x.php"} <= set(php(tmp_path))


def test_marks_at_the_root_hide_no_shell_either(tmp_path: Path) -> None:
    for kind in known_layouts.KINDS:
        root = laid(tmp_path / kind, kind)
        put(root, "public/uploads/x.php", SHELL)
        assert php(root) == ["public/uploads/x.php"], kind


def test_code_that_only_sounds_like_uploads_is_code(tmp_path: Path) -> None:
    put(laid(tmp_path, "moodle"), "media/player/lib.php", "<?php include $x;")
    assert php(tmp_path) == []


def test_an_upload_folders_name_counts_only_near_the_root(tmp_path: Path) -> None:
    put(tmp_path, "public/uploads/a.php", SHELL)
    put(tmp_path, "admin/upload/main.php", "<?php echo 1;")
    put(tmp_path, "system/forms/media/helper.php", "<?php echo 1;")
    assert php(tmp_path) == ["public/uploads/a.php"]


def test_a_file_of_translations_is_no_configuration(tmp_path: Path) -> None:
    words = "<?php\n$lang['password'] = 'Mật khẩu';\n$lang['token'] = 'Mã';\n"
    config = "<?php\n$db['password'] = 'bi mat 123';\n"
    put(tmp_path, "language/vi/config.php", words)
    put(tmp_path, "a/b/c/config.php", words)
    put(tmp_path, "includes/config.php", config)
    assert [item["path"] for item in walk(tmp_path)["secrets"]] == ["includes/config.php"]


def test_an_application_tells_which_of_its_files_hold_secrets(tmp_path: Path) -> None:
    laid(tmp_path, "nukeviet")
    put(tmp_path, "modules/users/language/config.php", "<?php $lang['password'] = 'Mật khẩu';")
    put(tmp_path, "admin/settings.php", "<?php $lang['password'] = 'Mật khẩu';")
    put(tmp_path, ".env", "DB_PASSWORD=bimat123\n")
    assert sorted(item["path"] for item in walk(tmp_path)["secrets"]) == [".env", "config.php"]


@pytest.mark.parametrize(
    "content",
    [
        "<?php\nreturn ['a' => [1, 2.5, 'x' => null], 'b' => true];",
        GUARD + "$a = 'x';",
        "<?php die('Access Denied'); ?>#x#a:1:{s:1:\"a\";}",
        "#\n#<?php die('Forbidden.'); ?>\n2026-01-01 x system($_GET)",
        "# users\n# <?php exit()?>\nadmin:$2y$10$x",
        "<?php\ndefined('_JEXEC') or die;\nreturn [\n\t'Joomla\\\\A' => [JPATH_SITE . '/a'],\n];",
        "<?php // nothing ?>\n",
        SAID_OF_PHP,
        RANGES,
    ],
)
def test_what_only_holds_values_is_inert(content: str) -> None:
    assert inert_php.is_php_inert(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        SHELL,
        "<?php $a = 'system'; $a('id');",
        "<?php ('sys'.'tem')('id');",
        "<?php ['system'][0]('id');",
        "<?php 'system'('id');",
        "<?php INCLUDE 'x.jpg';",
        "<?php $a = \"${system('id')}\";",
        "<?php $a = `id`;",
        "<?php // ?><?php system('id');",
        "<?php # ?><?= system('id');",
        "<?php /* */ eval('x');",
        "<?php $$a = 1;",
        "<?php $a = $_GET['x'];",
        "<?php new A;",
        "<?php return fn() => 1;",
        "<?php $a = 1; ?><script>",
        "<?= 1",
        "<?php if (1) exit; system('id');",
        "<?php a::b('c');",
        "<?php $a = <<<X\n{$b}\nX;",
        "<?php ini_set('error_log', 'x.php');",
        "<?php ini_set('user_agent', system('id'));",
        "<?php ini_set('user_agent', $a);",
        "<?php $a = ''.include'x.jpg'; $b = 'user_agent';",
        "<?php $a = 'user_agent'.include'x.jpg';",
        "<?php 'user_agent'('id');",
        "<?php \0include\0; 1;",
        "<?php $_GET['a'] = 1;",
        "<?php $this = 1;",
    ],
)
def test_what_could_do_anything_is_not_inert(content: str) -> None:
    assert not inert_php.is_php_inert(content.encode())


@pytest.mark.parametrize(
    "content",
    [
        "/*" * 100_000,
        "'\\" * 100_000,
        "<" * 200_000,
        "<?php " + "#" * 200_000,
        "$a(" * 99_999,
        "a" * 1_990_000,
        "ini_set(" * 99_999,
    ],
)
def test_no_file_keeps_the_judge_busy(content: str) -> None:
    began = time.process_time()
    inert_php.is_php_inert(b"<?php " + content.encode())
    inert_php.is_php_inert(content.encode())
    inert_php.is_php_acting_on_visitor_input(content.encode())
    assert time.process_time() - began < 5


def test_homes_are_found_by_descriptor(tmp_path: Path) -> None:
    laid(tmp_path / "wiki", "dokuwiki")
    folder = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        assert {
            home: layout.kind
            for home, layout in site_applications.find_application_folders_below(folder, TimeBudget(5)).items()
        } == {"wiki": "dokuwiki"}
    finally:
        os.close(folder)


def test_tools_for_databases_are_known_by_name_and_by_what_they_say_of_themselves(tmp_path: Path) -> None:
    put(tmp_path, "phpmyadmin/index.php")
    put(tmp_path, "adminer-4.8.1.php")
    put(tmp_path, "noi-bo/du-lieu.php", "<?php\n/** Adminer - Compact database management\n*/" + "#" * 200_000)
    put(tmp_path, "noi-bo/adminer.txt", "x")
    put(tmp_path, "pma.html", "x")
    assert exposed_paths.find_database_tool_uris(str(tmp_path)) == [
        "/phpmyadmin/index.php",
        "/adminer-4.8.1.php",
        "/noi-bo/du-lieu.php",
    ]


def test_what_applications_keep_to_themselves(tmp_path: Path) -> None:
    laid(tmp_path / "cms", "nukeviet")
    put(tmp_path, "cms/data/logs/dump/2026.txt")
    put(tmp_path, "cms/data/cache/index.html")
    put(tmp_path, "data/logs/x.txt")
    assert exposed_paths.find_private_file_uris(str(tmp_path)) == ["/cms/data/logs/dump/2026.txt"]


def test_scripts_that_show_all_of_phps_settings(tmp_path: Path) -> None:
    put(tmp_path, "info.php", "<?php phpinfo();\n")
    put(tmp_path, "a/x.php", "<?php\n// kiem tra\nphpinfo(INFO_ALL);\n")
    put(tmp_path, "b.php", "<?php echo 'phpinfo';")
    put(tmp_path, "c.txt", "<?php phpinfo();")
    put(tmp_path, "d.php", "<?php phpinfo();" + "#" * 5_000)
    assert exposed_paths.find_phpinfo_scripts(str(tmp_path)) == ["/info.php", "/a/x.php"]


def test_accounts_that_php_itself_gives_away(tmp_path: Path) -> None:
    put(tmp_path, "a.php", "quantri:$2y$10$x:Quan tri\n")
    put(tmp_path, "b.php", "# users.auth.php\n# <?php exit()?>\nquantri:$2y$10$x:Quan tri\n")
    assert exposed_paths.is_source_disclosed_by_php(
        str(tmp_path), "/a.php"
    ) and not exposed_paths.is_source_disclosed_by_php(str(tmp_path), "/b.php")
