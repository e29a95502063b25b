"""Apache: its configuration understood as httpd does, and a change that is never looser than what is in force."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest
from ansible.module_utils.luytre.parsers import foreign_patterns
from ansible.module_utils.luytre.parsers.web_servers import apache_config, apache_request
from ansible.module_utils.luytre.web import apache, nginx
from ansible.module_utils.luytre.web_servers import exposed_paths
from ansible.module_utils.luytre.web_servers.apache import apache_server, apache_tls
from ansible.module_utils.luytre_shared.os.area_reader import UnreadableFact

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.facts.web.apache import ApacheFacts
from auditor.models import Finding, Host, Site, Status

ROLE = Path(__file__).parents[5] / "roles" / "apache"


def _load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem + "_of_apache", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


filters = _load(ROLE / "filter_plugins" / "apache.py")
module = _load(ROLE / "library" / "apache_config.py")

MODULES = "mpm_event authz_core access_compat alias autoindex headers rewrite reqtimeout proxy_fcgi ssl status userdir"
MAIN = """
Timeout 300
User ${APACHE_RUN_USER}
ErrorLog ${APACHE_LOG_DIR}/error.log
IncludeOptional mods-enabled/*.load
Listen 80
<IfModule ssl_module>
    Listen 443
</IfModule>
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<Directory /var/www/>
    Options Indexes FollowSymLinks
    AllowOverride None
    Require all granted
</Directory>
AccessFileName .htaccess
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
IncludeOptional conf-enabled/*.conf
IncludeOptional sites-enabled/*.conf
"""
PHP = """
<FilesMatch ".+\\.ph(?:ar|p|tml)$">
    SetHandler "proxy:unix:/var/run/php/php8.2-fpm.sock|fcgi://localhost"
</FilesMatch>
"""
SECURITY = "ServerTokens OS\nServerSignature On\nTraceEnable Off\n"
SITE = """
<VirtualHost *:80>
    ServerName bennua.test
    ServerAlias www.bennua.test
    Include sites-available/bennua.test.inc
</VirtualHost>

<VirtualHost *:443>
    ServerName bennua.test
    SSLEngine on
    SSLCertificateFile /etc/ssl/certs/bennua.test.crt
    SSLCertificateKeyFile /etc/ssl/private/bennua.test.key
    Include sites-available/bennua.test.inc
</VirtualHost>
"""
INC = "DocumentRoot /var/www/bennua.test\nDirectoryIndex index.php\nCustomLog ${APACHE_LOG_DIR}/a.log combined\n"
COSTLY = ".*" * 30 + "!"
BENNUA = {"domain": "bennua.test", "aliases": ["www.bennua.test"], "server": "apache"}


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An /etc/apache2 like Debian's with one site; a test changes what it is about."""
    for folder in ("mods-enabled", "conf-enabled", "sites-enabled", "sites-available", "luytre", "conf-available"):
        (tmp_path / folder).mkdir()
    (tmp_path / "apache2.conf").write_text(MAIN)
    for name in MODULES.split():
        (tmp_path / "mods-enabled" / f"{name}.load").write_text(f"LoadModule {name}_module /usr/lib/mod_{name}.so\n")
    (tmp_path / "conf-enabled" / "php8.2-fpm.conf").write_text(PHP)
    (tmp_path / "conf-enabled" / "security.conf").write_text(SECURITY)
    (tmp_path / "sites-enabled" / "bennua.test.conf").write_text(SITE)
    (tmp_path / "sites-available" / "bennua.test.inc").write_text(INC)
    monkeypatch.setattr(apache, "ROOT", str(tmp_path))
    monkeypatch.setattr(apache, "MAIN", str(tmp_path / "apache2.conf"))
    monkeypatch.setattr(apache_server, "ROOT", str(tmp_path))
    monkeypatch.setattr(apache_server, "MAIN", str(tmp_path / "apache2.conf"))
    monkeypatch.setattr(filters, "ROOT", str(tmp_path))
    monkeypatch.setattr(module, "ROOT", str(tmp_path))
    return tmp_path


def document(
    facts: Mapping[str, Any], tls: Mapping[str, Any] = MappingProxyType({"certificates": [], "weak_ciphers": []})
) -> dict[str, Any]:
    """What a host tells of Apache and TLS, as the role gets it."""
    return {"collected_at": 0, "areas": {"apache": {"data": facts}, "tls": {"data": tls}}}


def read(etc: Path, *declared: dict[str, Any]) -> dict[str, Any]:
    """The area as the collector makes it of these files."""
    variables = {"APACHE_RUN_USER": "www-data", "APACHE_LOG_DIR": "/var/log/apache2"}
    configuration = apache_config.ApacheConfiguration(str(etc), variables, (2, 4, 62)).read(str(etc / "apache2.conf"))
    assert configuration.problems == []
    data = {
        **apache.ABSENT,
        "installed": True,
        "config_ok": True,
        "user": "www-data",
        "user_shell": "/usr/sbin/nologin",
        **apache.describe_apache_configuration(configuration, {"sites": declared or [BENNUA]}),
    }
    ApacheFacts.model_validate(data)
    return data


def vhost(data: dict[str, Any], port: int) -> dict[str, Any]:
    found: dict[str, Any] = next(
        vhost for vhost in data["vhosts"] if "bennua.test" in vhost["names"] and vhost["listens"][0]["port"] == port
    )
    return found


def findings(
    data: dict[str, Any], *domains: str, application: str = "own", bans: dict[str, Any] | None = None
) -> dict[str, Finding]:
    """Each control on the host or the last of the sites."""
    catalogue = Catalogue(controls=tuple(controls.read_controls_file(ROLE / "controls.yml")))
    absent = load_fact_area_models()["nginx"].model_validate(nginx.ABSENT)
    read = {"apache": load_fact_area_models()["apache"].model_validate(data), "nginx": absent}
    if bans is not None:
        read["bans"] = load_fact_area_models()["bans"].model_validate(bans)
    known = HostFacts(1_790_000_000, read, {}, {})
    sites = tuple(
        Site.model_validate(
            {
                "domain": domain,
                "aliases": (f"www.{domain}",),
                "host": "h",
                "server": "apache",
                "application": application,
            }
        )
        for domain in domains or ("bennua.test",)
    )
    host = Host(name="h", address="192.0.2.1", sites=sites)
    return {finding.control: finding for finding in evaluate_host(catalogue, host, known)}


def statuses(data: dict[str, Any]) -> dict[str, Status]:
    return {control: finding.status for control, finding in findings(data).items()}


def harden(etc: Path, *, sites: tuple[dict[str, Any], ...] = (BENNUA,)) -> dict[str, Any]:
    """Put the role's whole change into these files, as the module would, and return it."""
    enforced = {
        control.id: ["bennua.test"]
        for control in controls.read_controls_file(ROLE / "controls.yml")
        if control.fix is not None
    }
    change: dict[str, Any] = filters.change(document(read(etc, *sites)), enforced, enforced, list(sites), 120)
    for path, text in change["files"].items():
        Path(path).write_text(module.fill_in_patterns(text))
    for path, target in change["links"].items():
        if not Path(path).is_symlink():
            Path(path).symlink_to(target)
    for included, places in change["includes"].items():
        for place in sorted(places, key=lambda place: -int(place.rpartition(":")[2])):
            path, _, line = place.rpartition(":")
            Path(path).write_text(module.with_includes(Path(path).read_text(), {int(line): [included]}))
    if change["include_last"]:
        main = etc / "apache2.conf"
        main.write_text(module.last_line(main.read_text(), change["include_last"]))
    for name in change["disable"]:
        (etc / "mods-enabled" / f"{name}.load").unlink()
    return change


def test_a_stock_site_is_described(etc: Path) -> None:
    data = read(etc)
    plain, tls = vhost(data, 80), vhost(data, 443)
    assert plain["names"] == ["bennua.test", "www.bennua.test"]
    assert plain["php_backends"] == ["unix:/run/php/php8.2-fpm.sock"]
    assert plain["listing"] == ["/"]
    assert plain["serves_hidden"] == ["/.git/HEAD", "/.env", "/.svn/entries"]
    assert plain["access_log"] == "/var/log/apache2/a.log"
    assert plain["tls"] is None
    assert tls["tls"]["protocols"] == ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]
    assert data["unneeded_modules"] == ["status", "userdir"]
    assert data["root_open"] == []


def test_each_weakness_of_a_stock_site_is_found(etc: Path) -> None:
    assert {name.partition(".")[2] for name, status in statuses(read(etc)).items() if status.is_open} == {
        "server_tokens",
        "server_signature",
        "modules",
        "default_site",
        "timeouts",
        "options_indexes",
        "hidden_files",
        "backup_files",
        "upload_exec",
        "methods",
        "nosniff",
        "frame",
        "referrer",
        "permissions_policy",
        "content_policy",
    }


def test_the_change_mends_all_and_wants_nothing_more(etc: Path) -> None:
    before = harden(etc)
    data = read(etc)
    left = {name for name, status in statuses(data).items() if status is not Status.PASS}
    assert left == {"apache.login_rate"}, "which is no login that is known here"
    assert vhost(data, 443)["serves_acme"] is True
    again = harden(etc)
    assert {key: value for key, value in again.items() if key not in ("disable", "includes")} == {
        key: value for key, value in before.items() if key not in ("disable", "includes")
    }
    assert again["disable"] == []


@pytest.mark.parametrize(
    ("file", "text", "control"),
    [
        ("apache2.conf", MAIN + "ServerTokens Full\n", "server_tokens"),
        ("sites-enabled/a.conf", "ServerTokens Full\n", "server_tokens"),
        ("conf-enabled/zzz.conf", "<Directory />\nRequire all granted\n</Directory>\n", "root_denied"),
        ("conf-enabled/zzz.conf", "RequestReadTimeout header=0\n", "reqtimeout"),
        ("conf-enabled/zzz.conf", "TraceEnable on\n", "trace"),
        (
            "sites-available/bennua.test.inc",
            INC + '<Location "/x">\nOptions +Indexes\n</Location>\n',
            "options_indexes",
        ),
        ("sites-available/bennua.test.inc", INC + "Header set X-Frame-Options ALLOWALL\n", "frame"),
    ],
)
def test_a_trap_is_found_and_mended(etc: Path, file: str, text: str, control: str) -> None:
    (etc / file).write_text(text)
    assert statuses(read(etc))[f"apache.{control}"].is_open
    harden(etc)
    assert statuses(read(etc))[f"apache.{control}"] is Status.PASS
    assert harden(etc)["disable"] == []


TRACK = INC + "<If \"%{REQUEST_METHOD} == 'TRACK'\">\nRequire all granted\n</If>\n"


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        (INC, False),
        (INC + '<Location "/">\nAllowMethods GET POST HEAD\n</Location>\n', True),
        (INC + '<Location "/">\nAllowMethods GET POST PROPFIND\n</Location>\n', False),
        (INC + '<Location "/">\nAllowMethods reset\n</Location>\n', False),
        (INC + '<Location "/tin">\nAllowMethods GET\n</Location>\n', False),
        (INC + '<If "%{REQUEST_METHOD} !~ /^(?:GET|PROPFIND)$/">\nRequire all denied\n</If>\n', False),
    ],
)
def test_methods_that_no_application_uses(etc: Path, text: str, refused: bool) -> None:
    (etc / "sites-available" / "bennua.test.inc").write_text(text)
    data = read(etc)
    assert vhost(data, 80)["refuses_methods"] is refused
    harden(etc)
    assert statuses(read(etc))["apache.methods"] is Status.PASS


def test_a_method_that_a_later_condition_grants_is_not_refused(etc: Path) -> None:
    harden(etc)
    file = etc / "sites-enabled" / "bennua.test.conf"
    file.write_text(file.read_text().replace("</VirtualHost>", TRACK.removeprefix(INC) + "</VirtualHost>"))
    assert statuses(read(etc))["apache.methods"].is_open
    harden(etc)
    assert statuses(read(etc))["apache.methods"] is Status.PASS


@pytest.mark.parametrize(
    ("log", "watched", "status"),
    [
        ("/var/log/apache2/a.log", True, Status.PASS),
        ("/var/log/apache2/a.log", False, Status.FAIL),
        ("/var/log/apache2/other.log", True, Status.FAIL),
    ],
)
def test_logins_are_limited_where_a_jail_reads_the_site_s_log(
    etc: Path, log: str, watched: bool, status: Status
) -> None:
    login = {
        "kind": "joomla",
        "path": "/var/www/bennua.test",
        "uri": "/administrator/index.php",
        "log": log,
        "readable": True,
        "watched": watched,
    }
    bans = {
        "installed": True,
        "enabled": True,
        "active": True,
        "others": [],
        "source": None,
        "jails": [],
        "logins": [login],
    }
    assert findings(read(etc), application="joomla", bans=bans)["apache.login_rate"].status is status


def test_methods_are_left_to_sites_that_have_webdav(etc: Path) -> None:
    (etc / "sites-available" / "bennua.test.inc").write_text(INC + '<Location "/tep">\nDAV On\n</Location>\n')
    assert statuses(read(etc))["apache.methods"] is Status.NOT_APPLICABLE


def test_a_root_that_rests_on_the_grant_of_everything_keeps_serving(etc: Path) -> None:
    (etc / "apache2.conf").write_text(
        MAIN.replace(
            "Require all denied\n</Directory>\n<Directory /var/www/>",
            "Require all granted\n</Directory>\n<Directory /var/none/>",
        )
    )
    assert read(etc)["needs_grant"] == ["/var/www/bennua.test"]
    for _ in range(2):
        harden(etc)
        data = read(etc)
        assert data["root_open"] == []
        assert vhost(data, 80)["php_backends"] == ["unix:/run/php/php8.2-fpm.sock"]


def test_no_catch_all_while_a_declared_site_lives_on_it(etc: Path) -> None:
    (etc / "sites-enabled" / "bennua.test.conf").write_text(
        "<VirtualHost *:80>\nDocumentRoot /var/www/html\n</VirtualHost>\n"
    )
    data = read(etc)
    assert data["default_vhosts"][0]["names"] == ["bennua.test", "www.bennua.test"]
    assert statuses(data)["apache.default_site"].is_open
    assert filters.default_rules(data) == ""


def test_a_catch_all_of_somebody_else_is_left_alone(etc: Path) -> None:
    (etc / "sites-enabled" / "000.conf").write_text(
        "<VirtualHost *:80 *:443>\nServerName x.invalid\n<Location />\nRequire all denied\n</Location>\n</VirtualHost>\n"
    )
    data = read(etc)
    assert statuses(data)["apache.default_site"] is Status.PASS
    assert filters.default_rules(data) == ""


def test_what_is_stricter_stays(etc: Path) -> None:
    (etc / "conf-enabled" / "security.conf").write_text("Timeout 30\nRequestReadTimeout header=10\n")
    text = filters.host_rules(read(etc), {"apache.timeouts": [], "apache.reqtimeout": []}, 120)
    assert "Timeout 30" in text
    assert "RequestReadTimeout" not in text


def test_a_module_that_a_site_uses_is_needed(etc: Path) -> None:
    (etc / "sites-available" / "bennua.test.inc").write_text(
        INC + "<Location /s>\nSetHandler server-status\n</Location>\n"
    )
    assert read(etc)["unneeded_modules"] == ["userdir"]


def test_conditions_variables_and_macros(etc: Path) -> None:
    (etc / "conf-enabled" / "z.conf").write_text(
        "Define MO on\n<IfDefine MO>\nTraceEnable ${MO}\n</IfDefine>\n<IfModule !mod_ssl.c>\nServerTokens Full\n</IfModule>\n"
        "<IfVersion < 2.4>\nServerTokens Full\n</IfVersion>\n<Macro Han $n>\nTimeout $n\n</Macro>\nUse Han 77\n"
        "ServerSignature \\\n   Off\n"
    )
    data = read(etc)
    assert data["traces"][0] == "main"
    assert data["server_tokens"] == "os"
    assert data["timeouts"][0]["seconds"] == 77
    assert data["signatures"] == []


def test_names_that_a_wildcard_covers_or_nobody_claims(etc: Path) -> None:
    (etc / "sites-enabled" / "bennua.test.conf").write_text(SITE.replace("www.bennua.test", "*.bennua.test"))
    data = read(etc, BENNUA, {"domain": "la.test"}, {"domain": "nginx.test", "server": "nginx"})
    assert vhost(data, 80)["names"] == ["bennua.test", "*.bennua.test", "www.bennua.test", "la.test"]


def test_an_htaccess_counts_as_far_as_it_may_and_through_no_link(etc: Path, tmp_path: Path) -> None:
    root = tmp_path / "trang"
    root.mkdir()
    grant = f"<Directory {root}>\nRequire all granted\nAllowOverride %s\n</Directory>\n"
    inc = etc / "sites-available" / "bennua.test.inc"
    (root / ".htaccess").write_text(
        'Include /etc/shadow\n<Files "*.sql">\nRequire all denied\n</Files>\nOptions -Indexes\n'
    )
    seen = {}
    for classes in ("None", "AuthConfig", "All"):
        inc.write_text(INC.replace("/var/www/bennua.test", str(root)) + grant % classes)
        seen[classes] = vhost(read(etc), 80)
    assert "/backup.sql" in seen["None"]["serves_backups"]
    assert "/backup.sql" not in seen["AuthConfig"]["serves_backups"]
    assert "/backup.sql" not in seen["All"]["serves_backups"]
    (tmp_path / "khac").write_text((root / ".htaccess").read_text())
    (root / ".htaccess").unlink()
    (root / ".htaccess").symlink_to(tmp_path / "khac")
    assert "/backup.sql" in vhost(read(etc), 80)["serves_backups"]


@pytest.mark.parametrize(
    "line",
    [
        f'RewriteRule "{COSTLY}" - [F]',
        f'RewriteCond %{{REQUEST_URI}} "{COSTLY}"\nRewriteRule . - [F]',
        f'RedirectMatch "{COSTLY}" /x',
        f'<FilesMatch "{COSTLY}">\nRequire all denied\n</FilesMatch>',
    ],
)
def test_an_htaccess_whose_patterns_never_end_costs_its_own_site_alone(
    etc: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setattr(foreign_patterns, "BOUNDS", (0.2, 0.5))
    root = tmp_path / "trang"
    root.mkdir()
    (root / ".htaccess").write_text(f"RewriteEngine On\n{line}\n")
    hostile = (
        f"<VirtualHost *:80>\nServerName doc.test\nDocumentRoot {root}\n</VirtualHost>\n"
        f"<Directory {root}>\nAllowOverride All\nRequire all granted\n</Directory>\n"
    )
    (etc / "sites-enabled" / "a.conf").write_text(hostile)
    data = read(etc)
    assert [(one["names"], one["unread"]) for one in data["unread_vhosts"]] == [
        (["doc.test"], {"why": "patterns", "file": f"{root}/.htaccess"})
    ]
    assert vhost(data, 80)["serves_backups"]
    assert statuses(data)["apache.hidden_files"] is Status.FAIL
    found = findings(data, "bennua.test", "doc.test")["apache.hidden_files"]
    assert found.status is Status.NOT_EVALUATED
    assert found.reason is not None
    assert f"{root}/.htaccess" in found.reason.vi
    assert [one["answers"] for one in data["default_vhosts"]] == ["unread", "php"]
    only = {**data, "default_vhosts": data["default_vhosts"][:1]}
    assert statuses(only)["apache.default_site"] is Status.NOT_EVALUATED
    enforced = {"apache.hidden_files": ["doc.test"]}
    change = filters.change(document(data), enforced, enforced, [{"domain": "doc.test"}], 120)
    assert list(change["includes"].values()) == [[f"{etc}/sites-enabled/a.conf:1"]]


def test_a_pattern_of_the_whole_server_that_never_ends_is_named(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreign_patterns, "BOUNDS", (0.2,))
    (etc / "conf-enabled" / "own.conf").write_text(f'<DirectoryMatch "{COSTLY}">\nOptions None\n</DirectoryMatch>\n')
    with pytest.raises(UnreadableFact, match=f"the patterns of {etc}/conf-enabled/own.conf cost too much time"):
        read(etc)


def test_an_htaccess_that_is_too_long_to_read_is_no_pass(etc: Path, tmp_path: Path) -> None:
    (tmp_path / ".htaccess").write_text("# \n" * 70_000)
    grant = f"<Directory {tmp_path}>\nAllowOverride All\nRequire all granted\n</Directory>\n"
    (etc / "sites-available" / "bennua.test.inc").write_text(f"DocumentRoot {tmp_path}\n{grant}")
    data = read(etc)
    assert data["vhosts"] == []
    unread = {"why": "not_understood", "file": f"{tmp_path}/.htaccess"}
    assert [one["unread"] for one in data["unread_vhosts"]] == [unread, unread]
    assert statuses(data)["apache.hidden_files"] is Status.NOT_EVALUATED


@pytest.mark.parametrize(
    "text",
    [
        "<" * 5000,
        "</VirtualHost>\n" * 50,
        "<Files x>\n" * 300,
        "Header\nRequire\nOptions\nAlias\n<Location>\n</Location>\n",
        "\x00\xff<If>\n",
    ],
)
def test_a_nonsense_htaccess_is_survived(etc: Path, text: str) -> None:
    configuration = apache_config.ApacheConfiguration(str(etc), {})
    nodes = configuration.read_hostile(text, "x")
    server = apache_request.ApacheServer({"headers"}, [], nodes)
    assert server.answer_get_request("/index.php").kind in ("file", "denied")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ([], ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"]),
        (["-all", "+TLSv1.2", "+TLSv1.3"], ["TLSv1.2", "TLSv1.3"]),
        (["all", "-SSLv3", "-TLSv1", "-TLSv1.1"], ["TLSv1.2", "TLSv1.3"]),
        (["TLSv1.3"], ["TLSv1.3"]),
        (["TLSv1.2", "TLSv1.3"], ["TLSv1.2", "TLSv1.3"]),
    ],
)
def test_protocols(words: list[str], expected: list[str]) -> None:
    assert apache_tls.parse_ssl_protocols(words) == expected


def test_an_include_comes_last_once_and_leaves_the_rest_as_it_is() -> None:
    text = "# a\n<VirtualHost *:80>\n\tServerName a.test\n</VirtualHost>\n<VirtualHost *:81>\n</VirtualHost>\n"
    once = module.with_includes(text, {2: ["/etc/apache2/luytre/a.test.conf"]})
    assert once == text.replace(
        "a.test\n", f"a.test\n\t{module.MARK}\n\tIncludeOptional /etc/apache2/luytre/a.test.conf\n", 1
    )
    assert module.with_includes(once, {2: ["/etc/apache2/luytre/a.test.conf"]}) == once
    moved = once.replace("</VirtualHost>", "\tTraceEnable On\n</VirtualHost>", 1)
    assert module.with_includes(moved, {2: ["/etc/apache2/luytre/a.test.conf"]}).splitlines()[3:6] == [
        "\tTraceEnable On",
        f"\t{module.MARK}",
        "\tIncludeOptional /etc/apache2/luytre/a.test.conf",
    ]


def test_a_place_that_is_no_virtual_host_is_left_and_told() -> None:
    told: list[str] = []
    assert module.with_includes("Use Trang a.test\n", {1: ["x"]}, "f", told.append) == "Use Trang a.test\n"
    assert "f:1" in told[0]


def test_no_apache_is_no_finding() -> None:
    found = statuses(apache.ABSENT)
    assert set(found.values()) == {Status.NOT_APPLICABLE}


def _with(etc: Path, lines: str) -> dict[str, Any]:
    path = etc / "sites-available" / "bennua.test.inc"
    path.write_text(INC + lines)
    return vhost(read(etc), 80)


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (
            '<Location "/server-status">\nSetHandler server-status\nRequire all granted\n</Location>\n',
            ["/server-status"],
        ),
        ('<Location "/server-status">\nSetHandler server-status\nRequire local\n</Location>\n', []),
        ('<Location "/x">\nSetHandler server-info\n</Location>\n', ["/x"]),
    ],
)
def test_status_pages_that_strangers_read(etc: Path, lines: str, told: list[str]) -> None:
    assert _with(etc, lines)["status_open"] == told


def test_the_status_of_php_that_strangers_read(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pool = etc / "www.conf"
    pool.write_text("[www]\npm.status_path = /fpm-status\n")
    monkeypatch.setattr(exposed_paths, "POOLS", (str(pool),))
    assert vhost(read(etc), 80)["status_open"] == []
    proxied = "ProxyPass /fpm-status unix:/run/php/php8.2-fpm.sock|fcgi://localhost/fpm-status\n"
    assert _with(etc, proxied)["status_open"] == ["/fpm-status"]


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('<Location "/kho">\nDav On\n</Location>\n', ["/kho"]),
        ('<Location "/kho">\nDav On\nRequire valid-user\n</Location>\n', []),
        (
            '<Location "/kho">\nDav On\n<LimitExcept GET HEAD OPTIONS>\nRequire valid-user\n</LimitExcept>\n</Location>\n',
            [],
        ),
        ('<Location "/kho">\nDav On\n<Limit DELETE>\nRequire valid-user\n</Limit>\n</Location>\n', ["/kho"]),
        ('<Location "/kho">\nDav Off\n</Location>\n', []),
        ('<Directory "/var/www/bennua.test/kho">\nDav On\n</Directory>\n', ["/kho/"]),
    ],
)
def test_where_strangers_write(etc: Path, lines: str, told: list[str]) -> None:
    assert [place.split(" ")[0] for place in _with(etc, lines)["writes_open"]] == told


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        ('Header set Access-Control-Allow-Origin "*"\nHeader set Access-Control-Allow-Credentials "true"\n', 1),
        (
            'SetEnvIf Origin "^(.*)$" ORIGIN=$1\nHeader set Access-Control-Allow-Origin %{ORIGIN}e env=ORIGIN\n'
            "Header always set Access-Control-Allow-Credentials true\n",
            1,
        ),
        (
            'SetEnvIf Origin "^https://b\\.test$" ORIGIN=$0\nHeader set Access-Control-Allow-Origin %{ORIGIN}e env=ORIGIN\n'
            "Header set Access-Control-Allow-Credentials true\n",
            0,
        ),
        ("Header set Access-Control-Allow-Origin *\n", 0),
    ],
)
def test_whose_scripts_may_ask_with_a_visitors_login(etc: Path, lines: str, told: int) -> None:
    assert len(_with(etc, lines)["cors_open"]) == told


def test_tools_for_databases_that_strangers_reach(etc: Path, tmp_path: Path) -> None:
    alias = "Alias /quan-tri /usr/share/phpmyadmin\n<Directory /usr/share/phpmyadmin>\n%s\n</Directory>\n"
    assert _with(etc, alias % "Require all granted")["database_tools"] == ["/quan-tri/index.php"]
    assert _with(etc, alias % "Require ip 10.0.0.0/8")["database_tools"] == []


def test_what_an_application_keeps_to_itself_and_its_own_rules_keep(etc: Path, tmp_path: Path) -> None:
    root = tmp_path / "wiki"
    for name in (
        "doku.php",
        "inc/init.php",
        "lib/exe/fetch.php",
        "data/pages/a.txt",
        "conf/acl.auth.php",
        "data/dev/x",
    ):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("x")
    granted = f"<Directory {root}>\nRequire all granted\nAllowOverride %s\n</Directory>\nDocumentRoot {root}\n"
    assert _with(etc, granted % "None")["serves_private"] == ["/data/pages/a.txt", "/data/dev/x"]
    (root / "data" / ".htaccess").write_text("Require all denied\n")
    assert _with(etc, granted % "None")["serves_private"] == ["/data/pages/a.txt", "/data/dev/x"]
    assert _with(etc, granted % "All")["serves_private"] == []


def test_what_an_application_keeps_to_itself_is_denied_and_again_on_the_next_run(etc: Path, tmp_path: Path) -> None:
    root = tmp_path / "www"
    for name in ("doku.php", "inc/init.php", "lib/exe/fetch.php", "data/pages/a.txt"):
        (root / "tu.lieu" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "tu.lieu" / name).write_text("x")
    site = f"<Directory {root}>\nRequire all granted\n</Directory>\nDocumentRoot {root}\n"
    assert _with(etc, site)["serves_private"] == ["/tu.lieu/data/pages/a.txt"]
    enforced = {"web.private_files": ["bennua.test"]}

    def rules() -> str:
        change: dict[str, Any] = filters.change(document(read(etc)), enforced, enforced, [BENNUA], 120)
        return str(change["files"][f"{etc}/luytre/bennua.test.conf"])

    made = rules()
    assert "web.private_files" in made and r"tu\.lieu/data/" in made
    assert _with(etc, site + made)["serves_private"] == [] and rules() == made


@pytest.mark.parametrize("pattern", ['^/(?:x)">\nDocumentRoot /', "^/(?:x", "^/(?:${x})", ""])
def test_a_pattern_that_the_collector_would_not_give_is_not_written(pattern: str) -> None:
    vhost = {"private_pattern": pattern}
    assert filters.private_rules("a.test", [vhost], {"web.private_files": ["a.test"]}) == {}


@pytest.mark.parametrize("own", ["Content-Security-Policy", "Content-Security-Policy-Report-Only"])
def test_a_policy_that_only_reports_leaves_the_site_its_own(etc: Path, own: str) -> None:
    harden(etc)
    told = vhost(read(etc), 443)["headers"]
    assert "content-security-policy" not in told
    assert told["content-security-policy-report-only"].startswith("default-src 'self'; ")
    (etc / "sites-available" / "bennua.test.inc").write_text(INC + f"Header set {own} \"img-src 'self'\"\n")
    told = vhost(read(etc), 443)["headers"]
    policies = {name: value for name, value in told.items() if name.startswith("content-security-policy")}
    assert policies == {own.lower(): "img-src 'self'"}


CURVES = {"certificates": [], "weak_ciphers": [], "sound_curves": ["X25519", "prime256v1"]}


@pytest.mark.parametrize(
    ("main", "own", "curves"),
    [
        ("", "", []),
        (
            "",
            "SSLOpenSSLConfCmd Curves X25519\n",
            [],
        ),  # what the first virtual host of the address offers is OpenSSL's own
        ("SSLOpenSSLConfCmd Groups X25519\n", "", ["X25519"]),
        ("SSLOpenSSLConfCmd Curves X25519\n", "SSLOpenSSLConfCmd Curves X448\n", ["X25519", "X448"]),
        (
            "SSLOpenSSLConfCmd Curves X448\nSSLOpenSSLConfCmd Curves X25519\n",
            "SSLOpenSSLConfCmd MinProtocol TLSv1.2\n",
            ["X25519"],
        ),
    ],
)
def test_curves_are_those_of_the_whole_server_and_of_the_site(
    etc: Path, main: str, own: str, curves: list[str]
) -> None:
    (etc / "conf-enabled" / "curves.conf").write_text(main)
    (etc / "sites-available" / "bennua.test.inc").write_text(INC + own)
    assert vhost(read(etc), 443)["tls"]["curves"] == curves


def test_curves_are_set_for_the_whole_server_and_again_for_a_site_that_has_others(etc: Path) -> None:
    enforced = {"tls.curves": ["bennua.test"]}
    (etc / "sites-available" / "bennua.test.inc").write_text(INC + "SSLOpenSSLConfCmd Curves X448\n")
    files = filters.change(document(read(etc), CURVES), enforced, enforced, [BENNUA], 120)["files"]
    assert all("SSLOpenSSLConfCmd Curves X25519:prime256v1\n" in text for text in files.values())
    assert {Path(path).name for path in files} == {"luytre.conf", "bennua.test.conf"}
