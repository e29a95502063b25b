"""PHP-FPM: its own words read rightly, and a change that is never looser than what is in force."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.web import php_fpm
from ansible.module_utils.luytre.web_servers import mod_php

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts.web.php_fpm import PhpFpmFacts
from auditor.models import Host, Site, Status
from tests.unit.modules import load

ROLE = Path(__file__).parents[5] / "roles" / "php_fpm"
filters = load("roles/php_fpm/filter_plugins/php_fpm.py")
php_fpm_config = load("roles/php_fpm/library/php_fpm_config.py")

POOL_FILE = "/etc/php/8.4/fpm/pool.d/www.conf"
SHELL = ["exec", "passthru", "pcntl_exec", "popen", "proc_open", "shell_exec", "system"]
ALL = [
    f"php_fpm.{name}"
    for name in (
        "expose",
        "display_errors",
        "log_errors",
        "url_include",
        "session_cookies",
        "fix_pathinfo",
        "disable_functions",
        "limit_extensions",
    )
]
INFO = """phpinfo()
PHP Version => 8.4.23

allow_url_fopen => On => On
allow_url_include => Off => Off
auto_append_file => no value => no value
auto_prepend_file => no value => no value
cgi.fix_pathinfo => no value => no value
disable_functions => no value => no value
display_errors => STDOUT => STDOUT
display_startup_errors => Off => Off
expose_php => On => On
file_uploads => On => On
log_errors => On => On
memory_limit => 128M => 128M
open_basedir => /srv/a => /b:/var/tam => /srv/a => /b:/var/tam
post_max_size => 8M => 8M
session.cookie_httponly => no value => no value
session.cookie_samesite => no value => no value
session.cookie_secure => 0 => 0
session.use_only_cookies => On => On
session.use_strict_mode => Off => Off
upload_max_filesize => 2M => 2M
user_ini.filename => .user.ini => .user.ini
"""
DUMP = """[24-Nov-2026 16:10:06] NOTICE: [global]
[24-Nov-2026 16:10:06] NOTICE: \tpid = /run/php/php8.4-fpm.pid
[24-Nov-2026 16:10:06] NOTICE: \tlog_level = unknown value
[24-Nov-2026 16:10:06] NOTICE:
[24-Nov-2026 16:10:06] NOTICE: [cong]
[24-Nov-2026 16:10:06] NOTICE: \tuser = cong
[24-Nov-2026 16:10:06] NOTICE: \tgroup = undefined
[24-Nov-2026 16:10:06] NOTICE: \tlisten = 9001
[24-Nov-2026 16:10:06] NOTICE: \tlisten.mode = undefined
[24-Nov-2026 16:10:06] NOTICE: \tlisten.allowed_clients = 127.0.0.1, 10.0.0.2
[24-Nov-2026 16:10:06] NOTICE: \tpm.max_children = 3
[24-Nov-2026 16:10:06] NOTICE: \tsecurity.limit_extensions = .php .phar
[24-Nov-2026 16:10:06] NOTICE: \tenv[DBPASS] = bi-mat
[24-Nov-2026 16:10:06] NOTICE: \tphp_value[memory_limit] = 32M
[24-Nov-2026 16:10:06] NOTICE: \tphp_value[expose_php] = 0
[24-Nov-2026 16:10:06] NOTICE: \tphp_value[display_errors] = 1
[24-Nov-2026 16:10:06] NOTICE: \tphp_admin_value[display_errors] = 0
[24-Nov-2026 16:10:06] NOTICE: \tphp_admin_value[disable_functions] = exec, system
[24-Nov-2026 16:10:06] NOTICE:
[24-Nov-2026 16:10:06] NOTICE: [www]
[24-Nov-2026 16:10:06] NOTICE: \tuser = www-data
[24-Nov-2026 16:10:06] NOTICE: \tlisten = /var/run/php/$pool.sock
[24-Nov-2026 16:10:06] NOTICE: \tlisten.owner = www-data
[24-Nov-2026 16:10:06] NOTICE: \tlisten.mode = 0666
[24-Nov-2026 16:10:06] NOTICE: \tpm.max_children = 5
[24-Nov-2026 16:10:06] NOTICE: \tsecurity.limit_extensions = .php .jpg
[24-Nov-2026 16:10:06] NOTICE:
[24-Nov-2026 16:10:06] NOTICE: configuration file /etc/php/8.4/fpm/php-fpm.conf test is successful
"""


def facts(dump: str = DUMP, info: str = INFO, after_ours: tuple[str, ...] = (), **ours: set[str]) -> dict[str, Any]:
    """The area as the collector makes it of what PHP-FPM prints."""
    ini = php_fpm.parse_php_info_values(info)
    pools = [
        php_fpm.describe_fpm_pool(php_fpm.FpmPool(name, lines, POOL_FILE, ours.get(name, ())), ini, "8.4")
        for name, lines in php_fpm.parse_fpm_config_dump(dump)
        if name != "global"
    ]
    data = {
        "installed": True,
        "versions": [
            {
                "version": "8.4",
                "release": ini["PHP Version"],
                "branch": "8.4 in debian 13",
                "ini": php_fpm.convert_php_settings_to_facts(ini),
                "after_ours": list(after_ours),
                "files": [],
            }
        ],
        "pools": pools,
        "modules": [],
        "shell_functions": php_fpm.find_callable_shell_functions(pools),
        "user_ini": [],
    }
    PhpFpmFacts.model_validate(data)
    return data


def pool(data: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(pool for pool in data["pools"] if pool["name"] == name)
    return found


def statuses(data: dict[str, Any], *sites: Site, now: int = 1_790_000_000) -> dict[str, Status]:
    """Status by control of the whole area on a host."""
    catalogue = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
    known = HostFacts(now, {"php_fpm": load_fact_area_models()["php_fpm"].model_validate(data)}, {}, {})
    host = Host(name="h", address="192.0.2.1", sites=sites)
    return {
        finding.control: finding.status
        for finding in evaluate_host(catalogue, host, known)
        if finding.subject.kind == "host"
    }


def test_the_ini_in_force_is_typed() -> None:
    ini = facts()["versions"][0]["ini"]
    assert ini["display_errors"] is True
    assert ini["cgi_fix_pathinfo"] is False
    assert ini["memory_bytes"] == 128 * 1024**2
    assert ini["open_basedir"] == ["/srv/a => /b", "/var/tam"]


def test_a_pool_is_the_ini_then_its_values_then_its_admin_values() -> None:
    settings = pool(facts(), "cong")["settings"]
    assert settings["expose_php"] is False
    assert settings["display_errors"] is False
    assert settings["memory_bytes"] == 32 * 1024**2
    assert settings["disable_functions"] == ["exec", "system"]


def test_a_pool_is_named_as_virtual_hosts_name_it() -> None:
    data = facts()
    assert (pool(data, "www")["backend"], pool(data, "www")["address"]) == ("unix:/run/php/www.sock", None)
    assert (pool(data, "cong")["backend"], pool(data, "cong")["address"]) == ("tcp:127.0.0.1:9001", "*")
    assert pool(data, "cong")["allowed_clients"] == ["127.0.0.1", "10.0.0.2"]


def test_a_pools_environment_stays_on_the_host() -> None:
    assert "bi-mat" not in repr(facts())


@pytest.mark.parametrize(
    ("listen", "address", "backend"),
    [
        ("/run/php/a.sock", None, "unix:/run/php/a.sock"),
        ("127.0.0.1:9000", "127.0.0.1", "tcp:127.0.0.1:9000"),
        ("localhost:9000", "localhost", "tcp:127.0.0.1:9000"),
        ("[::]:9000", "::", "tcp:127.0.0.1:9000"),
        ("10.0.0.5:9000", "10.0.0.5", "tcp:10.0.0.5:9000"),
    ],
)
def test_listening(listen: str, address: str | None, backend: str) -> None:
    assert php_fpm.parse_fpm_listen(listen) == (address, backend)


@pytest.mark.parametrize(
    "text", ["", "\x00\xff", "[" * 5000, "x => ", " => => ", "[a] NOTICE: [" + "p" * 9000, "[d] NOTICE: \t = \n" * 50]
)
def test_nonsense_is_read_as_nothing(text: str) -> None:
    assert php_fpm.parse_php_info_values(text) in ({}, {"": ""})
    for _name, lines in php_fpm.parse_fpm_config_dump(text):
        assert lines == []


def test_user_ini_that_inserts_or_loosens() -> None:
    text = "; auto_prepend_file = no.php\nauto_append_file = '/var/x'\ndisplay_errors=On ; for now\nsession.cookie_httponly = 0\nx\n"
    assert php_fpm.parse_user_ini_settings(text) == {
        "inserts": True,
        "loosens": ["display_errors", "session.cookie_httponly"],
    }
    assert php_fpm.parse_user_ini_settings("auto_prepend_file =\ndisplay_errors = off\n") == {
        "inserts": False,
        "loosens": [],
    }


def test_user_ini_is_found_below_the_root_and_no_link_is_followed(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "trang", tmp_path / "shadow"
    (root / "tai-len").mkdir(parents=True)
    elsewhere.write_text("auto_prepend_file = /x\n")
    (root / ".user.ini").symlink_to(elsewhere)
    (root / "tai-len" / ".user.ini").write_text("auto_prepend_file = /x\n")
    assert [found["path"] for found in php_fpm.find_user_ini_files(str(root))] == [f"{root}/tai-len/.user.ini"]


def test_each_weakness_is_found() -> None:
    found = statuses(facts())
    assert {name.removeprefix("php_fpm.") for name, status in found.items() if status.is_open} == {
        "expose",
        "display_errors",
        "session_cookies",
        "disable_functions",
        "listen_modes",
        "limit_extensions",
        "url_fopen",
    }
    assert found["php_fpm.expose"] is Status.PARTIAL
    assert found["php_fpm.supported"] is Status.PASS


def test_support_ends() -> None:
    assert statuses(facts(), now=2_000_000_000)["php_fpm.supported"] is Status.FAIL


def ini_of(data: dict[str, Any], enforced: list[str], *sites: dict[str, Any]) -> str:
    text: str = filters.files(data, enforced, sites, SHELL, "Lax")["/etc/php/8.4/fpm/conf.d/99-luytre.ini"]
    return text


def lines_of(data: dict[str, Any], enforced: list[str], name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = filters.pools(data, enforced, [], SHELL, "Lax", [".php"])[POOL_FILE][name]
    return found


def test_functions_that_a_site_needs_are_left_to_it() -> None:
    site = Site(domain="a.test", host="h", php_functions=tuple(SHELL))
    assert statuses(facts(), site)["php_fpm.disable_functions"] is Status.PASS
    assert "disable_functions = passthru," in ini_of(facts(), ALL, {"php_functions": ["exec"]})


def test_the_change_writes_only_what_is_enforced() -> None:
    assert ini_of(facts(), ["php_fpm.expose"]).splitlines()[1:] == ["; php_fpm.expose", "expose_php = Off"]
    assert lines_of(facts(), ["php_fpm.expose"], "www") == {"first": [], "last": []}
    assert ini_of(facts(), []) == ""


def test_a_pool_that_sets_the_contrary_is_overruled() -> None:
    dump = DUMP.replace("php_value[expose_php] = 0", "php_value[expose_php] = 1")
    wanted = ["; php_fpm.expose", "php_admin_value[expose_php] = Off"]
    assert lines_of(facts(dump), ["php_fpm.expose"], "cong") == {"first": wanted, "last": []}
    assert lines_of(facts(after_ours=("expose_php",)), ["php_fpm.expose"], "www")["first"] == wanted


def test_of_two_admin_values_the_first_in_the_file_counts() -> None:
    dump = DUMP.replace(
        "php_admin_value[display_errors] = 0",
        "php_admin_value[display_errors] = 0\n[d] NOTICE: \tphp_admin_value[display_errors] = 1",
    )
    assert pool(facts(dump), "cong")["settings"]["display_errors"] is True


def test_what_is_stricter_stays() -> None:
    info = INFO.replace(
        "session.cookie_samesite => no value => no value", "session.cookie_samesite => Strict => Strict"
    )
    info = info.replace("disable_functions => no value => no value", "disable_functions => dl => dl")
    ini = ini_of(facts(info=info), ALL)
    assert "session.cookie_samesite = Strict" in ini
    assert "disable_functions = dl,exec," in ini
    dump = DUMP.replace("listen.mode = 0666", "listen.mode = 0600")
    assert lines_of(facts(dump), ["php_fpm.listen_modes"], "www")["last"] == []


def test_what_is_ours_stays_on_the_next_run() -> None:
    dump = DUMP.replace(".php .jpg", ".php").replace("listen.mode = 0666", "listen.mode = 0660")
    data = facts(dump, www={"security.limit_extensions", "listen.mode"})
    assert lines_of(data, [*ALL, "php_fpm.listen_modes"], "www")["last"] == [
        "; php_fpm.limit_extensions",
        "security.limit_extensions = .php",
        "; php_fpm.listen_modes",
        "listen.mode = 0660",
    ]


def test_a_pool_open_to_others_is_closed_and_stays_open_to_the_web_server() -> None:
    data = facts(DUMP.replace("listen.owner = www-data", "listen.owner = root"))
    assert lines_of(data, ["php_fpm.listen_modes"], "cong")["last"][1:] == ["listen = 127.0.0.1:9001"]
    assert lines_of(data, ["php_fpm.listen_modes"], "www")["last"][1:] == [
        "listen.mode = 0660",
        "listen.group = www-data",
    ]


def test_lines_go_to_the_beginning_and_the_end_of_their_pool_and_come_out_again() -> None:
    text = "; chung\n[mot]\nuser = a\n\n[hai]\nuser = b\n"
    changed = php_fpm_config.with_lines(
        text, {"mot": {"first": ["php_admin_value[expose_php] = Off"], "last": ["listen.mode = 0660"]}}
    )
    assert changed.splitlines() == [
        "; chung",
        "[mot]",
        php_fpm.BEGIN,
        "php_admin_value[expose_php] = Off",
        php_fpm.END,
        "user = a",
        "",
        php_fpm.BEGIN,
        "listen.mode = 0660",
        php_fpm.END,
        "[hai]",
        "user = b",
    ]
    assert php_fpm.parse_marked_lines_by_pool(changed) == {
        "mot": ["php_admin_value[expose_php] = Off", "listen.mode = 0660"]
    }
    assert php_fpm_config.with_lines(changed, {}) == text


def test_no_fpm_is_no_finding() -> None:
    absent: dict[str, Any] = {"installed": False, "versions": [], "pools": [], "shell_functions": [], "user_ini": []}
    found = statuses(absent)
    assert {status for name, status in found.items() if name != "php_fpm.mod_php"} == {Status.NOT_APPLICABLE}


@pytest.fixture
def inside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Apache with PHP of its own, which its php.ini, a later ini and one site set otherwise than PHP-FPM."""
    for folder in ("mods", "8.2/conf.d", "sites"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "mods" / "php8.2.load").write_text("LoadModule php_module /usr/lib/apache2/modules/libphp8.2.so\n")
    (tmp_path / "8.2" / "php.ini").write_text("[PHP]\nexpose_php = On\ndisplay_errors = Off ; no\nlog_errors = On\n")
    (tmp_path / "8.2" / "conf.d" / "50-x.ini").write_text('disable_functions = "system,exec"\n')
    (tmp_path / "sites" / "a.conf").write_text("<VirtualHost *:80>\nphp_admin_flag display_errors on\n</VirtualHost>\n")
    monkeypatch.setattr(mod_php, "LOAD_FILES", f"{tmp_path}/mods/php*.load")
    monkeypatch.setattr(mod_php, "INI", f"{tmp_path}/%s")
    monkeypatch.setattr(mod_php, "CONFIG_PATTERNS", (f"{tmp_path}/sites/*",))
    return tmp_path


def with_modules(fpm: bool = True) -> dict[str, Any]:
    data = facts() if fpm else {"installed": False, "versions": [], "pools": [], "user_ini": []}
    modules = [
        each for version in mod_php.list_apache_php_versions() for each in php_fpm.describe_apache_php_module(version)
    ]
    functions = php_fpm.find_callable_shell_functions([*data["pools"], *modules])
    data = {**data, "modules": modules, "shell_functions": functions}
    PhpFpmFacts.model_validate(data)
    return data


def test_apaches_own_php_is_read_by_its_own_files(inside: Path) -> None:
    whole, site = with_modules()["modules"]
    assert whole["label"] == "mod_php (PHP 8.2)" and site["label"] == f"mod_php (PHP 8.2), {inside}/sites/a.conf"
    settings = whole["settings"]
    assert settings["expose_php"] and not settings["display_errors"] and settings["display_startup_errors"]
    assert settings["disable_functions"] == ["exec", "system"] and settings["post_max_bytes"] == 8 << 20
    assert site["settings"]["display_errors"]


def test_apaches_own_php_is_judged_with_and_without_fpm(inside: Path) -> None:
    for fpm in (True, False):
        found = statuses(with_modules(fpm))
        for name in ("expose", "display_errors", "session_cookies", "disable_functions"):
            assert found[f"php_fpm.{name}"] in (Status.FAIL, Status.PARTIAL)
    assert found["php_fpm.limit_extensions"] is Status.NOT_APPLICABLE
    assert found["php_fpm.log_errors"] is Status.PASS


def test_each_version_and_sapi_has_an_ini_of_ours(inside: Path) -> None:
    made = filters.files(with_modules(), ALL, [], SHELL, "Lax")
    assert sorted(made) == ["/etc/php/8.2/apache2/conf.d/99-luytre.ini", "/etc/php/8.4/fpm/conf.d/99-luytre.ini"]
    apache = made["/etc/php/8.2/apache2/conf.d/99-luytre.ini"]
    (inside / "8.2" / "conf.d" / "99-luytre.ini").write_text(apache)
    (inside / "sites" / "a.conf").unlink()
    again = with_modules(fpm=False)
    found = statuses(again)
    assert all(
        found[f"php_fpm.{name}"] is Status.PASS
        for name in ("expose", "display_errors", "log_errors", "url_include", "session_cookies", "disable_functions")
    )
    assert "fix_pathinfo" not in apache
    assert filters.files(again, ALL, [], SHELL, "Lax")["/etc/php/8.2/apache2/conf.d/99-luytre.ini"] == apache
