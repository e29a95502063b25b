"""ModSecurity, as Debian's packages configure it and as admins change that."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.luytre.os import logrotate
from ansible.module_utils.luytre.parsers.web_servers.nginx_conf import load_nginx_config
from ansible.module_utils.luytre.web import apache as apache_area
from ansible.module_utils.luytre.web import nginx as nginx_area
from ansible.module_utils.luytre.web_servers import modsecurity

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.audit.controls import Catalogue
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import Host, Site, Status
from tests.unit.on_host.collect.web.test_apache import SITE, etc, read, vhost
from tests.unit.on_host.collect.web.test_nginx import WORDPRESS

WEB = Path(__file__).parents[5] / "roles" / "web" / "controls.yml"
CATALOGUE = Catalogue(
    controls=tuple(one for one in controls.read_controls_file(WEB) if one.id.startswith("web.request_filter"))
)
RECOMMENDED = """# -- Rule engine initialization ----
SecRuleEngine DetectionOnly
SecRequestBodyAccess On
SecAuditEngine RelevantOnly
SecAuditLog /var/log/apache2/modsec_audit.log
"""
SECURITY2 = """<IfModule security2_module>
    SecDataDir /var/cache/modsecurity
    IncludeOptional {0}/modsecurity/*.conf
    IncludeOptional {0}/modsecurity-crs/*.load
</IfModule>
"""
CRS = "Include {0}/crs/crs-setup.conf\nInclude {0}/modsecurity-crs/rules/*.conf\n"
VERDICT = 'SecRule TX:ANOMALY_SCORE "@ge 5" "id:949110,phase:2,deny"\nSecRuleEngine Off\n'
LOOKED_AT = {
    "engine": "detectiononly",
    "core_rules": True,
    "audit_log": "/var/log/apache2/modsec_audit.log",
    "rotated": True,
}

__all__ = ["etc"]


@pytest.fixture(autouse=True)
def rotations(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logrotate, "list_rotations_in_force", lambda: [{"paths": ["/var/log/apache2/*.log"]}])


def installed(etc: Path, settings: str = RECOMMENDED, *, core_rules: bool = True) -> None:
    """What the packages put there, once the module is enabled and its recommended settings are taken."""
    for folder in ("modsecurity", "crs", "modsecurity-crs/rules"):
        (etc / folder).mkdir(parents=True)
    (etc / "mods-enabled" / "security2.load").write_text("LoadModule security2_module /usr/lib/mod_security2.so\n")
    (etc / "conf-enabled" / "security2.conf").write_text(SECURITY2.format(etc))
    (etc / "modsecurity" / "modsecurity.conf").write_text(settings)
    (etc / "crs" / "crs-setup.conf").write_text('SecAction "id:900990,phase:1,pass"\n')
    if core_rules:
        (etc / "modsecurity-crs" / "owasp-crs.load").write_text(CRS.format(etc))
    rules = etc / "modsecurity-crs" / "rules"
    (rules / "REQUEST-949-BLOCKING-EVALUATION.conf").write_text(VERDICT.partition("\n")[0] + "\n")


def test_apache_without_it(etc: Path) -> None:
    assert vhost(read(etc), 443)["request_filter"] is None


def test_apache_with_debian_s_packages_and_a_mode_of_the_site_s_own(etc: Path) -> None:
    installed(etc)
    assert vhost(read(etc), 443)["request_filter"] == LOOKED_AT
    (etc / "sites-enabled" / "bennua.test.conf").write_text(
        SITE.replace("SSLEngine on", "SSLEngine on\nSecRuleEngine On")
    )
    data = read(etc)
    assert vhost(data, 443)["request_filter"] == {**LOOKED_AT, "engine": "on"}
    assert vhost(data, 80)["request_filter"] == LOOKED_AT


def test_apache_with_the_module_alone(etc: Path) -> None:
    installed(etc, "", core_rules=False)
    assert vhost(read(etc), 443)["request_filter"] == {
        "engine": "off", "core_rules": False, "audit_log": None, "rotated": False,
    }  # fmt: skip


def in_nginx(tmp_path: Path, inside: str, includes: str, module: bool = True) -> dict[str, Any] | None:
    files = {
        "modsecurity_includes.conf": includes,
        "modsecurity.conf": RECOMMENDED.replace("apache2", "nginx"),
        "owasp-crs.load": f"Include {tmp_path}/rules/*.conf\n",
    }
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "rules").mkdir(exist_ok=True)
    (tmp_path / "rules" / "REQUEST-949-BLOCKING-EVALUATION.conf").write_text(VERDICT)
    first = "load_module modules/ngx_http_modsecurity_module.so;\n" if module else ""
    main = first + "events {}\nhttp {\n" + WORDPRESS.replace("root", inside + " root", 1) + "}\n"
    main = main.replace("include snippets/fastcgi-php.conf;", "")
    config = load_nginx_config(
        str(tmp_path / "nginx.conf"), {str(tmp_path / "nginx.conf"): main}.get, lambda _pattern: []
    )
    told: dict[str, Any] = nginx_area.describe_nginx_configuration(config, {}, "1.26.3", on_disk=False)["vhosts"][0]
    found: dict[str, Any] | None = told["request_filter"]
    return found


@pytest.mark.parametrize(
    ("inside", "includes", "engine", "core_rules"),
    [
        ("modsecurity on; modsecurity_rules_file {0}/modsecurity_includes.conf;", "both", "detectiononly", True),
        ("modsecurity on; modsecurity_rules_file modsecurity_includes.conf;", "first", "detectiononly", False),
        ("modsecurity_rules_file {0}/modsecurity_includes.conf;", "both", "off", True),
        ("modsecurity on;", "both", "off", False),
        (
            "modsecurity on; modsecurity_rules_file {0}/modsecurity_includes.conf; modsecurity_rules 'SecRuleEngine On';",
            "both", "on", True,
        ),
    ],
)  # fmt: skip
def test_nginx(tmp_path: Path, inside: str, includes: str, engine: str, core_rules: bool) -> None:
    first = "include modsecurity.conf\n"
    text = first + ("include {0}/owasp-crs.load\n" if includes == "both" else "#include {0}/owasp-crs.load\n")
    found = in_nginx(tmp_path, inside.format(tmp_path), text.format(tmp_path))
    assert found is not None
    assert (found["engine"], found["core_rules"]) == (engine, core_rules)


def test_nginx_without_its_module(tmp_path: Path) -> None:
    assert in_nginx(tmp_path, "modsecurity on;", "", module=False) is None


def test_files_that_include_each_other_end(tmp_path: Path) -> None:
    inside = f"modsecurity on; modsecurity_rules_file {tmp_path}/modsecurity_includes.conf;"
    found = in_nginx(tmp_path, inside, "include modsecurity_includes.conf\nSecRuleEngine On\n")
    assert found is not None and found["engine"] == "on"


@pytest.mark.parametrize(
    ("settings", "core_rules", "filtered", "log"),
    [
        (RECOMMENDED, True, Status.PASS, Status.PASS),
        (RECOMMENDED.replace("DetectionOnly", "On"), True, Status.PASS, Status.PASS),
        (RECOMMENDED.replace("DetectionOnly", "Off"), True, Status.FAIL, Status.PASS),
        (RECOMMENDED, False, Status.FAIL, Status.PASS),
        (RECOMMENDED.replace("/var/log/apache2/", "/srv/"), True, Status.PASS, Status.FAIL),
        ("", False, Status.FAIL, Status.NOT_APPLICABLE),
        (None, False, Status.FAIL, Status.NOT_APPLICABLE),
    ],
)  # fmt: skip
def test_controls(etc: Path, settings: str | None, core_rules: bool, filtered: Status, log: Status) -> None:
    if settings is not None:
        installed(etc, settings, core_rules=core_rules)
    data = {
        "apache": load_fact_area_models()["apache"].model_validate({**apache_area.ABSENT, **read(etc)}),
        "nginx": load_fact_area_models()["nginx"].model_validate(nginx_area.ABSENT),
    }
    host = Host(name="h", address="192.0.2.1", sites=(Site(domain="bennua.test", host="h"),))
    found = {one.control: one.status for one in evaluate_host(CATALOGUE, host, HostFacts(1, data, {}, {}))}
    assert found == {"web.request_filter": filtered, "web.request_filter_log": log}


def test_a_path_that_is_none_is_no_audit_log() -> None:
    assert modsecurity._describe_modsecurity("On", True, "|/usr/bin/mlogc /etc/mlogc.conf")["audit_log"] is None
