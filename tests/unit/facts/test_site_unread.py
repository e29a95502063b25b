"""A site as its host sees it, where not everything could be read."""

from __future__ import annotations

from typing import Any

from ansible.module_utils.luytre.web import apache, nginx

from auditor.audit import controls
from auditor.audit.assessors.facts import evaluate_host
from auditor.facts import HostFacts, load_fact_area_models
from auditor.models import Finding, Host, Site, Status
from tests.unit.areas import NOW, facts

ELSEWHERE = dict.fromkeys(("nginx", "apache"), "/www/server/x runs, which is not where a package puts it")
CATALOGUE = controls.load_catalogue()


def findings(changed: dict[str, Any], errors: dict[str, str], **site: Any) -> dict[str, Finding]:
    """Each control on the site."""
    data = {
        name: load_fact_area_models()[name].model_validate(value)
        for name, value in changed.items()
        if name not in errors
    }
    one = Site(domain="bennua.test", host="web2", **site)
    host = Host(name="web2", address="192.0.2.1", sites=(one,))
    found = evaluate_host(CATALOGUE, host, HostFacts(NOW, data, errors, {}))
    return {finding.control: finding for finding in found if finding.subject.kind == "site"}


DUMP = {
    "path": "a.sql",
    "owner": "root",
    "group": "root",
    "mode": 0o644,
    "kind": "file",
    "others_read": True,
    "web_reads": True,
    "web_writes": False,
}


def test_what_is_declared_is_looked_at_whatever_serves_it() -> None:
    changed = facts()
    changed["files"]["roots"][0]["dumps"] = [DUMP]
    found = findings(changed, ELSEWHERE, document_root=changed["files"]["roots"][0]["path"], application="own")
    assert found["web.dumps_in_root"].status is Status.FAIL
    assert found["web.vcs_exposed"].status is Status.PASS
    assert found["joomla.debug"].status is Status.NOT_APPLICABLE
    assert found["web.site_served"].status is Status.NOT_EVALUATED
    assert found["tls.protocols"].status is Status.NOT_EVALUATED


def test_a_site_without_a_folder_is_what_it_is_declared_to_be() -> None:
    found = findings(facts(), ELSEWHERE, application="wordpress")
    assert found["joomla.debug"].status is found["nukeviet.supported"].status is Status.NOT_APPLICABLE
    assert found["wordpress.debug"].status is found["web.dumps_in_root"].status is Status.NOT_EVALUATED
    undeclared = findings(facts(), ELSEWHERE)
    assert undeclared["joomla.debug"].status is undeclared["wordpress.debug"].status is Status.NOT_EVALUATED
    assert (
        findings(facts(), {**ELSEWHERE, "applications": "late"}, application="own")["joomla.debug"].status
        is Status.NOT_EVALUATED
    )


def test_a_site_of_a_server_that_is_not_read_is_not_said_to_be_gone() -> None:
    changed = {**facts(), "nginx": dict(nginx.ABSENT), "apache": dict(apache.ABSENT), "php_fpm": EMPTY_PHP}
    changed["services"]["untold"] = {"all_web_read": "caddy answers on port 80, and what it serves is not read"}
    path = changed["files"]["roots"][0]["path"]
    found = findings(changed, {}, document_root=path, application="own")
    assert found["web.site_served"].status is Status.NOT_EVALUATED
    assert "caddy" in found["web.site_served"].reason.en  # type: ignore[union-attr]
    assert found["web.vcs_exposed"].status is Status.PASS
    del changed["services"]["untold"]
    assert findings(changed, {}, document_root=path, application="own")["web.site_served"].status is Status.FAIL


EMPTY_PHP = {"installed": False, "versions": [], "pools": [], "shell_functions": [], "user_ini": []}


def test_no_control_shows_what_python_says() -> None:
    """A configuration that is not understood leaves its virtual hosts unknown: each control gives a reason that a person can read."""
    changed = {**facts(), "nginx": dict(nginx.ABSENT), "apache": dict(apache.ABSENT)}
    changed["nginx"].update(installed=True, vhosts=None, config_ok=None)
    host = Host(name="web2", address="192.0.2.1", sites=(Site(domain="bennua.test", host="web2"),))
    data = {name: load_fact_area_models()[name].model_validate(value) for name, value in changed.items()}
    told = {one.control: one for one in evaluate_host(CATALOGUE, host, HostFacts(NOW, data, {}, {}))}
    assert told["web.undeclared_vhost"].status is Status.NOT_EVALUATED
    said = [one.reason.en for one in told.values() if one.status is Status.NOT_EVALUATED and one.reason is not None]
    assert [reason for reason in said if "could not be worked out" in reason or "NoneType" in reason] == []
