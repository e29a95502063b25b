"""Joomla and NukeViet: their settings read as text from files that a site's own code may have arranged, and judged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.sites import site_applications
from ansible.module_utils.luytre_shared.applications import joomla, nukeviet, php_settings
from ansible.module_utils.luytre_shared.databases import site_database
from ansible.module_utils.luytre_shared.os.area_reader import AreaReader
from ansible.module_utils.luytre_shared.parsers import php_source

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts._base import Area
from auditor.models import Finding, Host, Site, Status

ROLES = Path(__file__).parents[5] / "roles"
CATALOGUE = Catalogue(
    controls=tuple(
        one for area in ("joomla", "nukeviet") for one in controls.read_controls_file(ROLES / area / "controls.yml")
    )
)
NOW = 1_795_500_000
DAY = 86_400
ROOT = "/var/www/antruc.test"
JOOMLA = """<?php
class JConfig {
    public $offline = false;
    public $dbtype = 'mysqli';
    public $host = 'localhost';
    public $user = 'antruc';
    public $password = 'khong-duoc-lo';
    public $db = 'antruc';
    public $dbprefix = 'jos_';
    public $debug = false;
    public $error_reporting = 'default';
    public $force_ssl = 2;
    public $secret = 'k7Qn2vXw9ZrT4bLm';
    %s
}
"""
NUKEVIET = """<?php
if (!defined('NV_MAINFILE')) {
    exit('Stop!!!');
}
define('NV_DEBUG', 0);
$global_config['version'] = '4.5.07';
$global_config['upload_checking_mode'] = 'strong';
$global_config['forbid_extensions'] = ['htm','php','php3','php4','php5','phtml','inc'];
$global_config['is_login_blocker'] = 1;
$global_config['login_number_tracking'] = 5;
$global_config['two_step_verification'] = 3;
$global_config['cookie_secure'] = 1;
$global_config['cookie_httponly'] = 1;
$global_config['ftp_user_pass'] = '';
%s
"""
KEY = "<?php\n$db_config['dbpass'] = 'khong-duoc-lo';\n$global_config['sitekey'] = '%s';// Do not change sitekey!\n"
GOOD_KEY = "359ebd5da0b16bef295ba05e9c80dc96"


def put(root: Path, name: str, text: str) -> None:
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def read_joomla(root: Path, line: str = "", version: str = "5.4.1", text: str | None = None) -> dict[str, Any]:
    put(root, "administrator/manifests/files/joomla.xml", f"<version>{version}</version>")
    put(root, "configuration.php", JOOMLA % line if text is None else text)
    told: dict[str, Any] = joomla.collect_joomla_instance(
        site_applications.InstalledApplication("joomla", str(root), ""), AreaReader({}, 5)
    )
    return told


def read_nukeviet(root: Path, line: str = "", key: str = GOOD_KEY) -> dict[str, Any]:
    put(root, "config.php", KEY % key)
    put(root, "data/config/config_global.php", NUKEVIET % line)
    told: dict[str, Any] = nukeviet.collect_nukeviet_instance(
        site_applications.InstalledApplication("nukeviet", str(root), "")
    )
    return told


class _Server(Area):
    vhosts: list[dict[str, Any]]


def finding(control: str, *instances: dict[str, Any], kind: str = "", **database: Any) -> Finding:
    kind = kind or control.partition(".")[0]
    found = [
        {**one, "path": ROOT if number == 0 else f"/srv/{number}", **database} for number, one in enumerate(instances)
    ]
    vhost = {"names": ["antruc.test"], "root": ROOT, "php_backends": [], "proxies_to": [], "pages": True}
    tls = {"tls": {"certificate": "/c", "protocols": [], "answered": []}, "listens": [{"tls": True}]}
    data: dict[str, Area] = {
        "applications": load_fact_area_models()["applications"].model_validate(
            {"wordpress": [], "joomla": [], "nukeviet": [], "others": [], "cut_short": [], kind: found}
        ),
        "nginx": _Server(vhosts=[{**vhost, **tls}]),
        "apache": _Server(vhosts=[]),
    }
    one = Site(domain="antruc.test", aliases=(), host="web1", document_root=ROOT)
    host = Host(name="web1", address="10.213.47.11", sites=(one,))
    (result,) = evaluate_host(Catalogue(controls=(CATALOGUE[control],)), host, HostFacts(NOW, data, {}, {}))
    return result


# --- what a setting is ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("public $x = true;", True),
        ("public bool $x=TRUE;", True),
        ("var $x = '1';", "1"),
        ('protected ?string $x = "maximum";', "maximum"),
        ("// public $x = true;", None),
        ("/* public $x = true; */ public $x = false;", False),
        ("public $y = 'public $x = true;';", None),
        ("public $x = PHP_VERSION_ID > 1;", "unknown"),
        ("public $x = getenv('X');", "unknown"),
        ("public $x = ['a', \"b\"];", ["a", "b"]),
        ("public $x = array('a' . 'b');", "unknown"),
        ("function f() { public $x = true; }", "unknown"),
        ("static public $x = true;", "unknown"),
        ("public $xx = true;", None),
    ],
)
def test_a_property(line: str, value: object) -> None:
    content = b"<?php\nclass JConfig {\n" + line.encode() + b"\n}\n"
    assert php_source.read_php_settings(content, php_source.PROPERTY, ["x"]) == {"x": value}


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("$g['x'] = 'strong';", "strong"),
        ("$g['x'] = 'strong';\n$g[ \"x\" ] = \"none\" ;", "none"),
        ("if ($a) { $g['x'] = 'none'; }", "unknown"),
        ("if ($a) $g['x'] = 'none';", "unknown"),
        ("# $g['x'] = 'none';", None),
        ("$g['x'] == 'none';", None),
        ("$other['x'] = 'none';", None),
        ("$g['x'] = <<<E\nnone\nE;", "unknown"),
        ("$g['x'] = '';" * 60, "unknown"),
    ],
)
def test_a_member_of_an_array(line: str, value: object) -> None:
    assert php_source.read_php_settings(b"<?php\n" + line.encode(), php_source.GLOBAL, ["g.x"]) == {"g.x": value}


def test_what_php_makes_of_values() -> None:
    assert [php_settings.convert_to_php_truth(value) for value in (None, "unknown", 0, "0", "", False, 1, "off")] == [
        *(None, "unknown", False, False, False, False, True, True)
    ]
    assert [
        php_settings.convert_to_whole_number(value) for value in (None, "2", 2, True, "two", "9" * 12, "²", [])
    ] == [*(None, 2, 2, 1, "unknown", "unknown", "unknown", "unknown")]
    assert php_settings.convert_to_short_plain_value("x" * 500) == "x" * php_settings.MAX_SHOWN


# --- judged ----------------------------------------------------------------------------------------------


def test_as_their_makers_mean_them(tmp_path: Path) -> None:
    one = read_joomla(tmp_path / "j")
    for control in ("supported", "debug", "error_reporting", "secret", "ftp_password", "force_ssl"):
        assert finding(f"joomla.{control}", one).status is Status.PASS, control
    other = read_nukeviet(tmp_path / "n")
    for found in CATALOGUE.controls:
        if found.area == "nukeviet":
            assert finding(found.id, other).status is Status.PASS, found.id


@pytest.mark.parametrize(
    ("control", "line"),
    [
        ("debug", "public $debug = '1';"),
        ("debug", "public $debug = DEBUG;"),
        ("error_reporting", "public $error_reporting = 'simple';"),
        ("error_reporting", "public $error_reporting = '32767';"),
        ("ftp_password", "public $ftp_pass = 'a';"),
        ("force_ssl", "public $force_ssl = 0;"),
        ("secret", "public $secret = 'short';"),
        ("secret", "public $secret = '';"),
        ("secret", f"public $secret = '{joomla.SAMPLE}';"),
    ],
)
def test_a_joomla_with_a_fault(tmp_path: Path, control: str, line: str) -> None:
    assert finding(f"joomla.{control}", read_joomla(tmp_path, line)).status is Status.FAIL


@pytest.mark.parametrize(
    ("control", "line"),
    [
        ("supported", "$global_config['version'] = '4.5.05';"),
        ("debug", "define('NV_DEBUG', 1);"),
        ("upload_check", "$global_config['upload_checking_mode'] = 'mild';"),
        ("forbidden_extensions", "$global_config['forbid_extensions'] = 'php,php5';"),
        ("forbidden_extensions", "$global_config['forbid_extensions'] = f();"),
        ("login_blocker", "$global_config['is_login_blocker'] = 0;"),
        ("login_blocker", "$global_config['login_number_tracking'] = 99;"),
        ("login_blocker", "$global_config['login_number_tracking'] = 0;"),
        ("admin_guard", "$global_config['two_step_verification'] = 2;"),
        ("protections", "$global_config['cookie_httponly'] = '0';"),
        ("cookie_secure", "$global_config['cookie_secure'] = 0;"),
        ("ftp_password", "$global_config['ftp_user_pass'] = 'Y9fzD4zL,,';"),
    ],
)
def test_a_nukeviet_with_a_fault(tmp_path: Path, control: str, line: str) -> None:
    told = read_nukeviet(tmp_path, line)
    if control == "debug":
        put(tmp_path, "data/config/config_global.php", (NUKEVIET % "").replace("'NV_DEBUG', 0", "'NV_DEBUG', 1"))
        told = nukeviet.collect_nukeviet_instance(site_applications.InstalledApplication("nukeviet", str(tmp_path), ""))
    if control == "supported":
        told["version"] = "4.5.05"
    assert finding(f"nukeviet.{control}", told).status is Status.FAIL


def test_an_empty_password_for_ftp_is_one_that_is_encrypted_for_nobody(tmp_path: Path) -> None:
    stored = "$global_config['ftp_user_pass'] = 'JZXUiAiEVjlbNR3afF1-gw,,';\n$global_config['ftp_user_name'] = '%s';"
    assert finding("nukeviet.ftp_password", read_nukeviet(tmp_path, stored % "")).status is Status.PASS
    assert finding("nukeviet.ftp_password", read_nukeviet(tmp_path, stored % "xakheluong")).status is Status.FAIL


@pytest.mark.parametrize("kind", ["joomla", "nukeviet"])
def test_a_secret_of_two_sites(tmp_path: Path, kind: str) -> None:
    control = {"joomla": "joomla.secret", "nukeviet": "nukeviet.sitekey"}[kind]
    one, same, other = (
        read_joomla(tmp_path / name, text=(JOOMLA % "").replace("k7Qn2", start)) if kind == "joomla"
        else read_nukeviet(tmp_path / name, key=GOOD_KEY.replace("359eb", start))
        for name, start in (("a", "aaaaa"), ("b", "aaaaa"), ("c", "ccccc"))
    )  # fmt: skip
    assert finding(control, one, other).status is Status.PASS
    assert finding(control, one, other, same).status is Status.FAIL


def test_no_secret_leaves_the_host(tmp_path: Path) -> None:
    said = f"{read_joomla(tmp_path / 'j', 'public $ftp_pass = `khong-duoc-lo`;')}{read_nukeviet(tmp_path / 'n')}"
    assert "khong-duoc-lo" not in said and "k7Qn2vXw9ZrT4bLm" not in said and GOOD_KEY not in said


def test_what_is_not_installed_yet_has_no_settings(tmp_path: Path) -> None:
    put(tmp_path, "administrator/manifests/files/joomla.xml", "<version>5.4.1</version>")
    told = joomla.collect_joomla_instance(
        site_applications.InstalledApplication("joomla", str(tmp_path), ""), AreaReader({}, 5)
    )
    assert finding("joomla.supported", told).status is Status.PASS
    assert finding("joomla.debug", told).status is Status.NOT_APPLICABLE
    assert finding("joomla.debug", kind="joomla").status is Status.NOT_APPLICABLE


# --- what Joomla's database says ----------------------------------------------------------------------


def rows(params: str, *users: tuple[str, int, int]) -> list[list[str | None]]:
    return [["users", params], *(["super", name, str(made), str(seen)] for name, made, seen in users)]


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ('{"allowUserRegistration":"0","new_usertype":"8"}', Status.PASS),
        ('{"allowUserRegistration":"1","new_usertype":"2","useractivation":"2"}', Status.PASS),
        ('{"allowUserRegistration":"1","new_usertype":"2","useractivation":"0"}', Status.FAIL),
        ('{"allowUserRegistration":1,"new_usertype":"5","useractivation":"2"}', Status.FAIL),
        ('{"allowUserRegistration":"1"}', Status.FAIL),
        ("[" * 5000, Status.PASS),
        ("[]", Status.PASS),
    ],
)
def test_registration(tmp_path: Path, params: str, status: Status) -> None:
    told = finding("joomla.registration", read_joomla(tmp_path), database=joomla.parse_joomla_rows(rows(params)))
    assert told.status is status


def test_a_super_user_who_went_away(tmp_path: Path) -> None:
    users = (("a", NOW - 400 * DAY, NOW - DAY), ("b", NOW - 400 * DAY, 0), ("c", NOW - DAY, 0))
    database = joomla.parse_joomla_rows(rows("{}", *users))
    told = finding("joomla.stale_super_user", read_joomla(tmp_path), database=database)
    assert told.status is Status.PARTIAL and [one["login"] for one in told.violations] == ["b"]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("public $dbtype = 'sqlsrv';", "other_kind"),
        ("public $host = 'db.tinh.test';", "elsewhere"),
        ("public $db = 'a`; DROP';", "not_plain"),
        ("public $dbprefix = getenv('P');", "not_plain"),
    ],
)
def test_a_database_that_is_not_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, why: str) -> None:
    monkeypatch.setattr(site_database.mariadb_client, "find_mariadb_client", lambda _reading: "/bin/false")
    monkeypatch.setattr(site_database.mariadb_client, "is_mariadb_running", lambda _reading: True)
    told = read_joomla(tmp_path, line)
    assert told["database_unread"]["why"] == why
    assert finding("joomla.registration", told).status is Status.NOT_EVALUATED
